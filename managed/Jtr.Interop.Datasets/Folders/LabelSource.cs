using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>A label file and the sizes that it is read for. Checks what all kinds of label have in common.</summary>
/// <param name="Path">The file.</param>
/// <param name="ImageHeight">Rows of the photograph, and so of the label.</param>
/// <param name="ImageWidth">Columns of the photograph.</param>
/// <param name="Height">Rows of the training size.</param>
/// <param name="Width">Columns of the training size.</param>
internal sealed record LabelSource(string Path, int ImageHeight, int ImageWidth, int Height, int Width)
{
    /// <summary>What would be in the file, where there is none; null: it is read.</summary>
    public byte[]? Content { get; init; }

    public bool IsNpy => Content is null ? FolderIndex.IsNpy(Path) : NpyReader.Begins(Content);

    /// <summary>Whether the label is used at the size that it has.</summary>
    public bool KeepsSize => ImageHeight == Height && ImageWidth == Width;

    /// <summary>Reads a PNG of the photograph's size.</summary>
    /// <exception cref="JtrFormatException">Its size or number of channels is another, or it is damaged.</exception>
    public Raster ReadPng(int channels, bool ids = false, string? hint = null) =>
        Check(Content is null ? ImageFiles.ReadLabel(Path, ids) : ImageFiles.ReadLabel(Content, Path, ids), channels, hint);

    /// <summary>Checks what a PNG of this file holds.</summary>
    /// <param name="raster">What it holds.</param>
    /// <param name="channels">Channels that it has to have.</param>
    /// <param name="hint">What to know where it has others, or null.</param>
    /// <exception cref="JtrFormatException">Its size or number of channels is another.</exception>
    public Raster Check(Raster raster, int channels, string? hint)
    {
        if (raster.Height != ImageHeight || raster.Width != ImageWidth)
            throw new JtrFormatException(Path, $"a label of {raster.Height} x {raster.Width} for an image of {ImageHeight} x {ImageWidth}");
        if (raster.Channels != channels)
            throw new JtrFormatException(
                Path,
                $"{raster.Channels} channels, where the task has {channels}{(hint is null ? "" : $" ({hint})")}"
            );
        return raster;
    }

    /// <summary>Reads a .npy array of the photograph's size.</summary>
    /// <returns>The array, to be disposed, and whether its channels are outermost ([C, H, W] instead of [H, W, C]).</returns>
    /// <exception cref="JtrFormatException">Its shape is another, or it is damaged.</exception>
    public (NpyArray Array, bool Planar) ReadNpy(int channels)
    {
        NpyArray array = Content is null ? NpyReader.Read(Path) : NpyReader.Read(Content, Path);
        ReadOnlySpan<int> shape = array.Shape;
        if (channels == 1 && shape.SequenceEqual([ImageHeight, ImageWidth]))
            return (array, false);
        if (shape.SequenceEqual([ImageHeight, ImageWidth, channels]))
            return (array, false);
        if (shape.SequenceEqual([channels, ImageHeight, ImageWidth]))
            return (array, true);
        string expected =
            channels == 1
                ? $"({ImageHeight}, {ImageWidth})"
                : $"({ImageHeight}, {ImageWidth}, {channels}) or ({channels}, {ImageHeight}, {ImageWidth})";
        throw new JtrFormatException(Path, $"an array of shape {array.ShapeText}, where the image asks for {expected}");
    }

    /// <summary>
    /// Reads a .npy array of bytes or 16-bit words as an image; null if its elements are others. The array is not disposed.
    /// </summary>
    public static Raster? AsRaster(NpyArray array, bool planar, int height, int width, int channels)
    {
        if (array.Type == NpyType.UInt8)
        {
            Pooled<byte> bytes = new(array.Count);
            Interleave(array.Data, bytes.Span, planar ? channels : 1);
            return Raster.Of8Bits(height, width, channels, bytes);
        }
        if (array.Type != NpyType.UInt16)
            return null;
        Pooled<ushort> words = new(array.Count);
        Interleave(MemoryMarshal.Cast<byte, ushort>(array.Data), words.Span, planar ? channels : 1);
        return Raster.Of16Bits(height, width, channels, words);
    }

    /// <summary>All elements as float32, [H, W, C], to be disposed. The array is not.</summary>
    public static Pooled<float> Interleaved(NpyArray array, bool planar, int channels)
    {
        Pooled<float> values = new(array.Count);
        if (!planar || channels == 1)
        {
            array.CopyTo(values.Span);
            return values;
        }
        using Pooled<float> planes = new(array.Count);
        array.CopyTo(planes.Span);
        Interleave<float>(planes.Span, values.Span, channels);
        return values;
    }

    /// <summary>An error about one pixel of this file.</summary>
    public JtrFormatException Fault(int pixel, string message) =>
        new(Path, $"{message} at row {pixel / ImageWidth}, column {pixel % ImageWidth}");

    /// <summary>Picks the source pixels under the centres of the target pixels; one channel.</summary>
    /// <returns>[H, W], to be disposed.</returns>
    public Pooled<T> Nearest<T>(ReadOnlySpan<T> source)
        where T : unmanaged
    {
        Pooled<T> picked = new(Height * Width);
        Nearest(source, picked.Span);
        return picked;
    }

    /// <summary>Picks the source pixels under the centres of the target pixels; one channel.</summary>
    /// <param name="source">The photograph's size.</param>
    /// <param name="destination">The training size.</param>
    public void Nearest<T>(ReadOnlySpan<T> source, Span<T> destination)
        where T : unmanaged
    {
        if (KeepsSize)
        {
            source.CopyTo(destination);
            return;
        }
        using Pooled<int> columns = new(Width);
        Span<int> from = columns.Span;
        Resampler.Nearest(ImageWidth, from);
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<T> row = source.Slice(Resampler.Nearest(ImageHeight, Height, y) * ImageWidth, ImageWidth);
            Span<T> to = destination.Slice(y * Width, Width);
            for (int x = 0; x < to.Length; x++)
                to[x] = row[from[x]];
        }
    }

    /// <summary>
    /// Resizes [H, W, C] bilinearly. NaN takes no part: a target value is the mean of the others, and NaN where
    /// more than half of its weight falls on NaN.
    /// </summary>
    /// <param name="source">The values.</param>
    /// <param name="channels">C.</param>
    /// <returns>The source itself where its size is kept, else other memory; to be disposed, as the source.</returns>
    public Pooled<float> Bilinear(Pooled<float> source, int channels)
    {
        if (KeepsSize)
            return source;
        int width = ImageWidth;
        // Twice the channels: weighted value and weight.
        using Pooled<float> pairs = Resampler.Bilinear(
            ImageHeight,
            ImageWidth,
            2 * channels,
            Height,
            Width,
            (row, weight, to) =>
            {
                ReadOnlySpan<float> from = source.Span.Slice(row * width * channels, width * channels);
                for (int i = 0; i < from.Length; i++)
                {
                    if (float.IsNaN(from[i]))
                        continue;
                    to[2 * i] += weight * from[i];
                    to[2 * i + 1] += weight;
                }
            }
        );
        Pooled<float> resized = new(Height * Width * channels);
        Span<float> result = resized.Span,
            sums = pairs.Span;
        // The weights of all-valid pixels add up to 1 within rounding, so that half is never missed by it.
        for (int i = 0; i < result.Length; i++)
            result[i] = sums[2 * i + 1] < 0.4999f ? float.NaN : sums[2 * i] / sums[2 * i + 1];
        return resized;
    }

    /// <summary>[H, W, C] to [C, H, W].</summary>
    public static void Planar<T>(ReadOnlySpan<T> interleaved, Span<T> planar, int channels)
    {
        int plane = interleaved.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            Span<T> to = planar.Slice(c * plane, plane);
            for (int i = 0, from = c; i < to.Length; i++, from += channels)
                to[i] = interleaved[from];
        }
    }

    /// <summary>[H, W, C] to [C, H, W], to be disposed.</summary>
    public static Pooled<T> Planar<T>(ReadOnlySpan<T> interleaved, int channels)
        where T : unmanaged
    {
        Pooled<T> planar = new(interleaved.Length);
        Planar(interleaved, planar.Span, channels);
        return planar;
    }

    /// <summary>[C, H, W] to [H, W, C].</summary>
    private static void Interleave<T>(ReadOnlySpan<T> planar, Span<T> interleaved, int channels)
    {
        int plane = planar.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<T> from = planar.Slice(c * plane, plane);
            for (int i = 0, to = c; i < from.Length; i++, to += channels)
                interleaved[to] = from[i];
        }
    }
}
