using System.Globalization;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Depths: grey PNG of up to 16 bits or .npy of whole numbers, times a scale; or .npy of floating-point metres. 0 says
/// "none", and so do NaN, infinity and, where there is one, a further number. Resized by picking, for a
/// mean of near and far is a depth that is not there.
/// </summary>
internal static class DepthLabels
{
    private const string Colors = "a picture of a depth in colours is not read; write the depth itself, in one channel";

    public static PackedLabel Read(LabelSource source, double scale, double? none = null)
    {
        if (!source.IsNpy)
        {
            using Raster raster = source.ReadPng(1, ids: true, Colors);
            using Pooled<ushort> words = raster.ToWords();
            if (none is double number)
            {
                foreach (ref ushort word in words.Span)
                    word = word == number ? (ushort)0 : word;
            }
            return new PackedDepth(source.Nearest<ushort>(words.Span), scale);
        }
        using NpyArray array = source.ReadNpy(1).Array;
        double unit = array.IsInteger ? scale : 1;
        using Pooled<float> depths = new(array.Count);
        Span<double> block = stackalloc double[512];
        for (int start = 0; start < depths.Length; start += block.Length)
        {
            Span<float> to = depths.Span[start..];
            Span<double> values = block[..Math.Min(block.Length, to.Length)];
            array.CopyTo(values, start);
            for (int i = 0; i < values.Length; i++)
            {
                if (values[i] == none)
                {
                    to[i] = 0;
                    continue;
                }
                if (values[i] < 0)
                    throw source.Fault(start + i, string.Create(CultureInfo.InvariantCulture, $"depth {values[i]}, which is below 0,"));
                float depth = (float)(values[i] * unit);
                to[i] = float.IsFinite(depth) ? depth : 0;
            }
        }
        return new PackedFloats(source.Nearest<float>(depths.Span));
    }
}
