using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Maps: PNG of 8 or 16 bits or .npy of bytes or 16-bit words, 0..max for 0..1; or .npy of floating-point values in
/// [0, 1], NaN for "none". Resized bilinearly with antialiasing.
/// </summary>
internal static class MapLabels
{
    public static PackedLabel Read(LabelSource source, MapTask task)
    {
        int channels = task.LabelChannels;
        if (!source.IsNpy) return FromRaster(source, source.ReadPng(channels));
        (NpyArray array, bool planar) = source.ReadNpy(channels);
        if (LabelSource.AsRaster(array, planar, source.ImageHeight, source.ImageWidth, channels) is { } raster) return FromRaster(source, raster);
        if (array.IsInteger && array.Type != NpyType.Boolean)
            throw new JtrFormatException(source.Path, $"a map of the type {array.Type}; floating-point, Boolean, UInt8 and UInt16 are read");

        float[] values = LabelSource.Interleaved(array, planar, source.ImageHeight, source.ImageWidth, channels);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is < 0 or > 1) throw source.Fault(i / channels, $"value {values[i]}, which is not in [0, 1],");
        }
        float[] resized = source.Bilinear(values, channels);
        // A mean of ones may be rounded to a little more.
        for (int i = 0; i < resized.Length; i++) resized[i] = Math.Min(resized[i], 1);
        return new PackedFloats(LabelSource.Planar(resized, channels));
    }

    private static PackedUnits FromRaster(LabelSource source, Raster raster)
    {
        ushort[] words;
        if (source.KeepsSize)
        {
            words = raster.Maximum == byte.MaxValue ? [.. raster.Bytes.Select(b => (ushort)(b * 257))] : raster.Words;
        }
        else
        {
            int row = raster.Width * raster.Channels;
            float[] resized = Resampler.Bilinear(raster.Height, raster.Width, raster.Channels, source.Height, source.Width, (y, weight, sums) =>
            {
                if (raster.Maximum == byte.MaxValue) Resampler.Add(raster.Bytes.AsSpan(y * row, row), weight, sums);
                else Resampler.Add(raster.Words.AsSpan(y * row, row), weight, sums);
            });
            float unit = 65535f / raster.Maximum;
            words = [.. resized.Select(v => (ushort)Math.Min(v * unit + 0.5f, 65535f))];
        }
        return new PackedUnits(LabelSource.Planar(words, raster.Channels));
    }
}
