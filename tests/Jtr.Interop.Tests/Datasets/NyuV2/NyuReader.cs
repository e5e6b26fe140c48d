using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

/// <summary>Planes to compare samples of NYU-v2 with.</summary>
internal static class NyuReader
{
    /// <summary>[C, H, W] of a function of channel, row and column.</summary>
    public static float[] Plane(int channels, int height, int width, Func<int, int, int, float> value) =>
        [
            .. from c in Enumerable.Range(0, channels)
            from y in Enumerable.Range(0, height)
            from x in Enumerable.Range(0, width)
            select value(c, y, x),
        ];
}
