using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets;

/// <summary>Reads photographs that are in no data set, as a network wants them.</summary>
public static class PhotographReader
{
    /// <summary>Rows and columns of a JPEG or PNG file (upright) or of an array [H, W, C] in a .npy file, out of its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JtrFormatException">The file is none of these, or its header is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static (int Height, int Width) ReadSize(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!FolderIndex.IsNpy(path))
            return ImageFiles.ReadSize(path);
        return NpyReader.ReadShape(path) is [int height, int width, ..]
            ? (height, width)
            : throw new JtrFormatException(path, "an array that is no image: it has fewer than two sizes");
    }

    /// <summary>
    /// Reads a JPEG or PNG file as <see cref="FolderDataset"/> does: upright, 8-bit RGB, resized bilinearly with antialiasing.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="image">Receives [3, H, W] RGB in [0, 1].</param>
    /// <exception cref="ArgumentException">The memory is not of that size.</exception>
    /// <exception cref="JtrFormatException">The file is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static void Read(string path, int height, int width, Span<float> image)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Check(height, width, image.Length, nameof(image));
        using Photograph photograph = Photograph.Read(path, height, width);
        PackedLabel.ExpandUnit(photograph.Values.Span, image);
    }

    /// <summary>
    /// Reads a photograph that is in memory, such as one of a database, as <see cref="Read(string, int, int, Span{float})"/> reads a
    /// file.
    /// </summary>
    /// <param name="content">What would be in a JPEG or PNG file.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="image">Receives [3, H, W] RGB in [0, 1].</param>
    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="ArgumentException">The memory is not of that size.</exception>
    /// <exception cref="JtrFormatException">The content is neither JPEG nor PNG, or damaged.</exception>
    public static void Read(ReadOnlySpan<byte> content, int height, int width, Span<float> image, string name = "photograph")
    {
        Check(height, width, image.Length, nameof(image));
        Read(content.ToArray(), name, height, width, image);
    }

    /// <summary>
    /// Reads a photograph from a stream, such as an upload, as <see cref="Read(string, int, int, Span{float})"/> reads a file.
    /// </summary>
    /// <param name="content">What would be in a JPEG or PNG file; read to its end, all of it in memory.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="image">Receives [3, H, W] RGB in [0, 1].</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="ArgumentException">The memory is not of that size.</exception>
    /// <exception cref="JtrFormatException">The content is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task ReadAsync(
        Stream content,
        int height,
        int width,
        Memory<float> image,
        string name = "photograph",
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(content);
        Check(height, width, image.Length, nameof(image));
        using MemoryStream bytes = new();
        await content.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        Read(bytes.ToArray(), name, height, width, image.Span);
    }

    private static void Read(byte[] content, string name, int height, int width, Span<float> image)
    {
        using Photograph photograph = Photograph.Read(content, name, height, width);
        PackedLabel.ExpandUnit(photograph.Values.Span, image);
    }

    private static void Check(int height, int width, int length, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        long expected = 3L * height * width;
        if (length != expected)
            throw new ArgumentException($"an image of {height} x {width} has {expected} values, not {length}", parameter);
    }
}
