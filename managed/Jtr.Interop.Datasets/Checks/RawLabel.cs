using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>The numbers of a label's file as it has them, before any meaning. In memory that <see cref="Dispose"/> gives back.</summary>
internal sealed class RawLabel : IDisposable
{
    private readonly Pooled<float> _values;

    private RawLabel(Pooled<float> values) => _values = values;

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>Columns.</summary>
    public required int Width { get; init; }

    /// <summary>Channels.</summary>
    public required int Channels { get; init; }

    /// <summary>Bits of a whole number; 0 for floating-point numbers and truth values.</summary>
    public required int Bits { get; init; }

    /// <summary>Whether it is a picture of a palette, whose numbers are places in it.</summary>
    public bool IsPalette { get; init; }

    /// <summary>[H, W, C].</summary>
    public ReadOnlySpan<float> Values => _values.Span;

    /// <summary>Whether the numbers are whole ones.</summary>
    public bool IsWhole => Bits > 0;

    /// <summary>Reads a PNG or .npy file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">Whether grey numbers of fewer than 8 bits stand for themselves, instead of for a part of white.</param>
    /// <exception cref="JtrFormatException">It is damaged, or no image.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RawLabel Read(string path, bool ids) => FolderIndex.IsNpy(path) ? ReadNpy(path) : ReadPng(path, ids);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _values.Dispose();

    private static RawLabel ReadPng(string path, bool ids)
    {
        bool isPalette = ImageFiles.IsPalette(path);
        using Raster raster = ImageFiles.ReadLabel(path, ids || isPalette);
        Pooled<float> values = new(raster.Length);
        Span<float> to = values.Span;
        ReadOnlySpan<byte> bytes = raster.Bytes;
        ReadOnlySpan<ushort> words = raster.Words;
        for (int i = 0; i < bytes.Length; i++)
            to[i] = bytes[i];
        for (int i = 0; i < words.Length; i++)
            to[i] = words[i];
        return new RawLabel(values)
        {
            Height = raster.Height,
            Width = raster.Width,
            Channels = raster.Channels,
            Bits = words.IsEmpty ? 8 : 16,
            IsPalette = isPalette,
        };
    }

    private static RawLabel ReadNpy(string path)
    {
        using NpyArray array = NpyReader.Read(path);
        (int height, int width, int channels, bool isPlanar) = array.Shape switch
        {
            [int h, int w] => (h, w, 1, false),
            // The channels are the shortest of the three, as where maps are counted.
            [int a, int b, int c] when c <= a && c <= b => (a, b, c, false),
            [int a, int b, int c] => (b, c, a, true),
            _ => throw new JtrFormatException(path, $"an array of shape {array.ShapeText}, which is no image"),
        };
        return new RawLabel(LabelSource.Interleaved(array, isPlanar, channels))
        {
            Height = height,
            Width = width,
            Channels = channels,
            Bits = array.IsInteger && array.Type != NpyType.Boolean ? 8 * NpyArray.SizeOf(array.Type) : 0,
        };
    }
}
