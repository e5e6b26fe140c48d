namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// An image as it was decoded: whole numbers, channels side by side, before any resizing. In memory that <see cref="Dispose"/> gives back.
/// </summary>
internal sealed class Raster : IDisposable
{
    private readonly Pooled<byte>? _bytes;
    private readonly Pooled<ushort>? _words;

    private Raster(int height, int width, int channels, Pooled<byte>? bytes, Pooled<ushort>? words)
    {
        Height = height;
        Width = width;
        Channels = channels;
        _bytes = bytes;
        _words = words;
    }

    /// <summary>H.</summary>
    public int Height { get; }

    /// <summary>W.</summary>
    public int Width { get; }

    /// <summary>C, transparency left out.</summary>
    public int Channels { get; }

    /// <summary>What stands for 1: 255 or 65,535.</summary>
    public int Maximum => _bytes is not null ? byte.MaxValue : ushort.MaxValue;

    /// <summary>[H, W, C] of an 8-bit image, else empty.</summary>
    public Span<byte> Bytes => _bytes is null ? [] : _bytes.Span;

    /// <summary>[H, W, C] of a 16-bit image, else empty.</summary>
    public Span<ushort> Words => _words is null ? [] : _words.Span;

    /// <summary>Number of values.</summary>
    public int Length => Height * Width * Channels;

    /// <summary>Takes over [H, W, C] bytes.</summary>
    public static Raster Of8Bits(int height, int width, int channels, Pooled<byte> values) => new(height, width, channels, values, null);

    /// <summary>Takes over [H, W, C] words.</summary>
    public static Raster Of16Bits(int height, int width, int channels, Pooled<ushort> values) => new(height, width, channels, null, values);

    /// <summary>All values times a factor, 1 by default, in words.</summary>
    public Pooled<ushort> ToWords(int factor = 1)
    {
        Pooled<ushort> words = new(Length);
        Span<ushort> to = words.Span;
        ReadOnlySpan<byte> bytes = Bytes;
        ReadOnlySpan<ushort> stored = Words;
        for (int i = 0; i < bytes.Length; i++)
            to[i] = (ushort)(bytes[i] * factor);
        for (int i = 0; i < stored.Length; i++)
            to[i] = (ushort)(stored[i] * factor);
        return words;
    }

    /// <summary>Adds a row, times a weight, to sums.</summary>
    public void AddRow(int row, float weight, Span<float> sums)
    {
        int values = Width * Channels;
        if (_bytes is not null)
            Resampler.Add(Bytes.Slice(row * values, values), weight, sums);
        else
            Resampler.Add(Words.Slice(row * values, values), weight, sums);
    }

    /// <summary>Gives the memory back. Harmless when repeated.</summary>
    public void Dispose()
    {
        _bytes?.Dispose();
        _words?.Dispose();
    }
}
