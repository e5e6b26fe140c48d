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
        float[] vectors = source.IsNpy ? FromNpy(source) : FromRaster(source.ReadPng(3));
        Normalise(vectors, none: float.NaN);
        float[] resized = source.Bilinear(vectors, 3);
        Normalise(resized, none: 0);
        return new PackedFloats(LabelSource.Planar(resized, 3));
    }

    private static float[] FromNpy(LabelSource source)
    {
        (NpyArray array, bool planar) = source.ReadNpy(3);
        if (LabelSource.AsRaster(array, planar, source.ImageHeight, source.ImageWidth, 3) is { } raster) return FromRaster(raster);
        if (array.IsInteger) throw new JtrFormatException(source.Path, $"normals of the type {array.Type}; floating-point, UInt8 and UInt16 are read");
        return LabelSource.Interleaved(array, planar, source.ImageHeight, source.ImageWidth, 3);
    }

    private static float[] FromRaster(Raster raster)
    {
        float[] vectors = new float[raster.Length];
        int below = raster.Maximum / 2;
        for (int i = 0; i < vectors.Length; i += 3)
        {
            int x = raster[i];
            int y = raster[i + 1];
            int z = raster[i + 2];
            bool none = (x | y | z) == 0 || (IsGrey(x) && IsGrey(y) && IsGrey(z));
            vectors[i] = none ? 0 : Decode(x);
            vectors[i + 1] = none ? 0 : Decode(y);
            vectors[i + 2] = none ? 0 : Decode(z);
        }
        return vectors;

        // The maximum is odd, so two values are next to the middle.
        bool IsGrey(int value) => value == below || value == below + 1;

        float Decode(int value) => (float)(2.0 * value / raster.Maximum - 1);
    }

    /// <summary>Brings vectors to unit length; those that have no direction become (none, none, none).</summary>
    private static void Normalise(float[] vectors, float none)
    {
        for (int i = 0; i < vectors.Length; i += 3)
        {
            Span<float> v = vectors.AsSpan(i, 3);
            double length = Math.Sqrt((double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2]);
            if (double.IsFinite(length) && length > 1e-6)
            {
                for (int c = 0; c < 3; c++) v[c] = (float)(v[c] / length);
            }
            else
            {
                v.Fill(none);
            }
        }
    }
}
