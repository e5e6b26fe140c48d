namespace Jtr.Interop.Datasets.Folders;

/// <summary>A label file and the sizes that it is read for. Checks what all kinds of label have in common.</summary>
/// <param name="Path">The file.</param>
/// <param name="ImageHeight">Rows of the photograph, and so of the label.</param>
/// <param name="ImageWidth">Columns of the photograph.</param>
/// <param name="Height">Rows of the training size.</param>
/// <param name="Width">Columns of the training size.</param>
internal sealed record LabelSource(string Path, int ImageHeight, int ImageWidth, int Height, int Width)
{
    public bool IsNpy => FolderIndex.IsNpy(Path);

    /// <summary>Whether the label is used at the size that it has.</summary>
    public bool KeepsSize => ImageHeight == Height && ImageWidth == Width;

    /// <summary>Reads a PNG of the photograph's size.</summary>
    /// <exception cref="JtrFormatException">Its size or number of channels is another, or it is damaged.</exception>
    public Raster ReadPng(int channels, bool ids = false) => Check(ImageFiles.ReadLabel(Path, ids), channels, ids);

    /// <summary>Checks what a PNG of this file holds.</summary>
    /// <exception cref="JtrFormatException">Its size or number of channels is another.</exception>
    public Raster Check(Raster raster, int channels, bool ids)
    {
        if (raster.Height != ImageHeight || raster.Width != ImageWidth)
            throw new JtrFormatException(Path, $"a label of {raster.Height} x {raster.Width} for an image of {ImageHeight} x {ImageWidth}");
        if (raster.Channels != channels)
            throw new JtrFormatException(Path, $"{raster.Channels} channels, where the task has {channels}{(ids ? " (colours that stand for classes are not read; palette images are)" : "")}");
        return raster;
    }

    /// <summary>Reads a .npy array of the photograph's size.</summary>
    /// <returns>The array and whether its channels are outermost ([C, H, W] instead of [H, W, C]).</returns>
    /// <exception cref="JtrFormatException">Its shape is another, or it is damaged.</exception>
    public (NpyArray Array, bool Planar) ReadNpy(int channels)
    {
        NpyArray array = NpyReader.Read(Path);
        ReadOnlySpan<int> shape = array.Shape;
        if (channels == 1 && shape.SequenceEqual([ImageHeight, ImageWidth])) return (array, false);
        if (shape.SequenceEqual([ImageHeight, ImageWidth, channels])) return (array, false);
        if (shape.SequenceEqual([channels, ImageHeight, ImageWidth])) return (array, true);
        string expected = channels == 1 ? $"({ImageHeight}, {ImageWidth})" : $"({ImageHeight}, {ImageWidth}, {channels}) or ({channels}, {ImageHeight}, {ImageWidth})";
        throw new JtrFormatException(Path, $"an array of shape {array.ShapeText}, where the image asks for {expected}");
    }

    /// <summary>Reads a .npy array of bytes or 16-bit words as an image; null if its elements are others.</summary>
    public static Raster? AsRaster(NpyArray array, bool planar, int height, int width, int channels)
    {
        if (array.Type is not (NpyType.UInt8 or NpyType.UInt16)) return null;
        float[] values = Interleaved(array, planar, height, width, channels);
        return array.Type == NpyType.UInt8
            ? Raster.Of8Bits(height, width, channels, [.. values.Select(v => (byte)v)])
            : Raster.Of16Bits(height, width, channels, [.. values.Select(v => (ushort)v)]);
    }

    /// <summary>All elements as float32, [H, W, C].</summary>
    public static float[] Interleaved(NpyArray array, bool planar, int height, int width, int channels)
    {
        float[] values = new float[array.Count];
        array.CopyTo(values);
        if (!planar || channels == 1) return values;
        float[] interleaved = new float[values.Length];
        int plane = height * width;
        for (int i = 0; i < values.Length; i++) interleaved[i % plane * channels + i / plane] = values[i];
        return interleaved;
    }

    /// <summary>An error about one pixel of this file.</summary>
    public JtrFormatException Fault(int pixel, string message) =>
        new(Path, $"{message} at row {pixel / ImageWidth}, column {pixel % ImageWidth}");

    /// <summary>Picks the source pixels under the centres of the target pixels; one channel.</summary>
    public T[] Nearest<T>(ReadOnlySpan<T> source)
    {
        if (KeepsSize) return source.ToArray();
        int[] rows = Resampler.Nearest(ImageHeight, Height);
        int[] columns = Resampler.Nearest(ImageWidth, Width);
        T[] picked = new T[Height * Width];
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<T> row = source.Slice(rows[y] * ImageWidth, ImageWidth);
            for (int x = 0; x < Width; x++) picked[y * Width + x] = row[columns[x]];
        }
        return picked;
    }

    /// <summary>
    /// Resizes [H, W, C] bilinearly. NaN takes no part: a target value is the mean of the others, and NaN where
    /// more than half of its weight falls on NaN.
    /// </summary>
    public float[] Bilinear(float[] source, int channels)
    {
        if (KeepsSize) return source;
        // Twice the channels: weighted value and weight.
        float[] sums = Resampler.Bilinear(ImageHeight, ImageWidth, 2 * channels, Height, Width, (row, weight, to) =>
        {
            ReadOnlySpan<float> from = source.AsSpan(row * ImageWidth * channels, ImageWidth * channels);
            for (int i = 0; i < from.Length; i++)
            {
                if (float.IsNaN(from[i])) continue;
                to[2 * i] += weight * from[i];
                to[2 * i + 1] += weight;
            }
        });
        float[] result = new float[Height * Width * channels];
        // The weights of all-valid pixels add up to 1 within rounding, so that half is never missed by it.
        for (int i = 0; i < result.Length; i++) result[i] = sums[2 * i + 1] < 0.4999f ? float.NaN : sums[2 * i] / sums[2 * i + 1];
        return result;
    }

    /// <summary>[H, W, C] to [C, H, W].</summary>
    public static T[] Planar<T>(T[] interleaved, int channels)
    {
        if (channels == 1) return interleaved;
        T[] planar = new T[interleaved.Length];
        int plane = interleaved.Length / channels;
        for (int i = 0; i < plane; i++)
        {
            for (int c = 0; c < channels; c++) planar[c * plane + i] = interleaved[i * channels + c];
        }
        return planar;
    }
}
