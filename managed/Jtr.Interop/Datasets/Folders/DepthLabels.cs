namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Depths: grey PNG of up to 16 bits or .npy of whole numbers, times a scale; or .npy of floating-point metres. 0 says
/// "none", and so do NaN and infinity. Resized by picking, for a mean of near and far is a depth that is not there.
/// </summary>
internal static class DepthLabels
{
    public static PackedLabel Read(LabelSource source, double scale)
    {
        if (!source.IsNpy)
        {
            Raster raster = source.ReadPng(1, ids: true);
            ushort[] words = raster.Maximum == byte.MaxValue ? [.. raster.Bytes.Select(b => (ushort)b)] : raster.Words;
            return new PackedDepth(source.Nearest<ushort>(words), scale);
        }
        NpyArray array = source.ReadNpy(1).Array;
        double[] values = new double[array.Count];
        array.CopyTo(values);
        double unit = array.IsInteger ? scale : 1;
        float[] depths = new float[values.Length];
        for (int i = 0; i < depths.Length; i++)
        {
            if (values[i] < 0) throw source.Fault(i, $"depth {values[i]}, which is below 0,");
            float depth = (float)(values[i] * unit);
            depths[i] = float.IsFinite(depth) ? depth : 0;
        }
        return new PackedFloats(source.Nearest<float>(depths));
    }
}
