using System.Globalization;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Maps: PNG of 8 or 16 bits or .npy of bytes or 16-bit words, 0..max for 0..1; or .npy of floating-point values in
/// [0, 1], NaN for "none". Resized bilinearly with antialiasing.
/// </summary>
internal static class MapLabels
{
    public static PackedLabel Read(LabelSource source, int channels)
    {
        if (!source.IsNpy)
        {
            using Raster png = source.ReadPng(channels);
            return FromRaster(source, png);
        }
        (NpyArray read, bool planar) = source.ReadNpy(channels);
        using NpyArray array = read;
        using Raster? raster = LabelSource.AsRaster(array, planar, source.ImageHeight, source.ImageWidth, channels);
        if (raster is not null)
            return FromRaster(source, raster);
        if (array.IsInteger && array.Type != NpyType.Boolean)
            throw new JtrFormatException(
                source.Path,
                $"a map of the type {array.Type}; floating-point, Boolean, UInt8 and UInt16 are read"
            );

        using Pooled<float> pooled = LabelSource.Interleaved(array, planar, channels);
        Span<float> values = pooled.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is < 0 or > 1)
                throw source.Fault(
                    i / channels,
                    string.Create(CultureInfo.InvariantCulture, $"value {values[i]}, which is not in [0, 1],")
                );
        }
        using Pooled<float> resized = source.Bilinear(pooled, channels);
        // A mean of ones may be rounded to a little more.
        foreach (ref float value in resized.Span)
            value = Math.Min(value, 1);
        return new PackedFloats(LabelSource.Planar<float>(resized.Span, channels));
    }

    private static PackedUnits FromRaster(LabelSource source, Raster raster)
    {
        int unit = ushort.MaxValue / raster.Maximum;
        if (source.KeepsSize)
        {
            using Pooled<ushort> same = raster.ToWords(unit);
            return new PackedUnits(LabelSource.Planar<ushort>(same.Span, raster.Channels));
        }
        using Pooled<float> resized = Resampler.Bilinear(
            raster.Height,
            raster.Width,
            raster.Channels,
            source.Height,
            source.Width,
            raster.AddRow
        );
        using Pooled<ushort> words = new(resized.Length);
        Span<float> from = resized.Span;
        Span<ushort> to = words.Span;
        for (int i = 0; i < to.Length; i++)
            to[i] = (ushort)Math.Min(from[i] * unit + 0.5f, 65535f);
        return new PackedUnits(LabelSource.Planar<ushort>(to, raster.Channels));
    }
}
