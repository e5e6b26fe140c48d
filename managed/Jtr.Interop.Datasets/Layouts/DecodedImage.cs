using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Layouts;

/// <summary>A photograph at the training size, and the size that it had before, which its labels have to have, too.</summary>
/// <param name="SourceHeight">Rows of the file's image.</param>
/// <param name="SourceWidth">Columns of the file's image.</param>
/// <param name="Values">[C, H, W], expanded to [0, 1].</param>
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

    /// <summary>Reads a photograph of any channels.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or of another number of channels.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DecodedImage ReadPhotograph(string path, FolderImage image, int height, int width) =>
        image.IsRgb ? ReadPhotograph(path, height, width) : ChannelPhotograph.Read(path, image, height, width);

    /// <summary>Gives the values' memory back; the sizes stay.</summary>
    public void Dispose() => Values.Dispose();
}
