using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Layouts;

/// <summary>A photograph at the training size, and the size that it had before, which its labels have to have, too.</summary>
/// <param name="SourceHeight">Rows of the file's image.</param>
/// <param name="SourceWidth">Columns of the file's image.</param>
/// <param name="Values">[3, H, W] RGB, expanded to [0, 1].</param>
internal sealed record DecodedImage(int SourceHeight, int SourceWidth, PackedLabel Values) : IDisposable
{
    /// <summary>Reads a JPEG or PNG file.</summary>
    /// <exception cref="JtrFormatException">It is neither, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DecodedImage ReadPhotograph(string path, int height, int width)
    {
        Photograph photograph = Photograph.Read(path, height, width);
        return new DecodedImage(photograph.SourceHeight, photograph.SourceWidth, new PackedBytes(photograph.Values));
    }

    /// <summary>Gives the values' memory back; the sizes stay.</summary>
    public void Dispose() => Values.Dispose();
}
