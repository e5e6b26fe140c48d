namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Normals: RGB PNG of 8 or 16 bits or .npy of bytes or 16-bit words, 0..max for -1..1 (all 0, or all mid-grey, says
/// "none"); or .npy of floating-point vectors ((0, 0, 0) or NaN says "none"). Brought to unit length. Resized
/// bilinearly and brought to unit length again.
/// </summary>
internal static class NormalsLabels
{
    public static PackedLabel Read(LabelSource source)
    {
        using Pooled<float> vectors = source.IsNpy ? FromNpy(source) : FromPng(source);
        Normalize(vectors.Span, none: float.NaN);
        using Pooled<float> resized = source.Bilinear(vectors, 3);
        Normalize(resized.Span, none: 0);
        return new PackedFloats(LabelSource.Planar<float>(resized.Span, 3));
    }

    private static Pooled<float> FromPng(LabelSource source)
    {
        using Raster raster = source.ReadPng(3);
        return FromRaster(raster);
    }

    private static Pooled<float> FromNpy(LabelSource source)
    {
        (NpyArray read, bool planar) = source.ReadNpy(3);
        using NpyArray array = read;
        using Raster? raster = LabelSource.AsRaster(array, planar, source.ImageHeight, source.ImageWidth, 3);
        if (raster is not null)
            return FromRaster(raster);
        if (array.IsInteger)
            throw new JtrFormatException(source.Path, $"normals of the type {array.Type}; floating-point, UInt8 and UInt16 are read");
        return LabelSource.Interleaved(array, planar, 3);
    }

    private static Pooled<float> FromRaster(Raster raster)
    {
        Pooled<float> pooled = new(raster.Length);
        Span<float> vectors = pooled.Span;
        ReadOnlySpan<byte> bytes = raster.Bytes;
        ReadOnlySpan<ushort> words = raster.Words;
        int maximum = raster.Maximum;
        int below = maximum / 2;
        for (int i = 0; i < vectors.Length; i += 3)
        {
            int x = bytes.IsEmpty ? words[i] : bytes[i];
            int y = bytes.IsEmpty ? words[i + 1] : bytes[i + 1];
            int z = bytes.IsEmpty ? words[i + 2] : bytes[i + 2];
            bool none = (x | y | z) == 0 || (IsGrey(x) && IsGrey(y) && IsGrey(z));
            vectors[i] = none ? 0 : Decode(x);
            vectors[i + 1] = none ? 0 : Decode(y);
            vectors[i + 2] = none ? 0 : Decode(z);
        }
        return pooled;

        // The maximum is odd, so two values are next to the middle.
        bool IsGrey(int value) => value == below || value == below + 1;

        float Decode(int value) => (float)(2.0 * value / maximum - 1);
    }

    /// <summary>Brings vectors to unit length; those that have no direction become (none, none, none).</summary>
    private static void Normalize(Span<float> vectors, float none)
    {
        for (int i = 0; i < vectors.Length; i += 3)
        {
            Span<float> v = vectors.Slice(i, 3);
            double length = Math.Sqrt((double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2]);
            if (double.IsFinite(length) && length > 1e-6)
            {
                for (int c = 0; c < 3; c++)
                    v[c] = (float)(v[c] / length);
            }
            else
            {
                v.Fill(none);
            }
        }
    }
}
