using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

/// <summary>Samples of NYU-v2 as arrays.</summary>
internal static class NyuReader
{
    /// <summary>Reads one sample; labels that were not written are -77.</summary>
    public static (float[] Image, float[][] Labels, TaskMask Written) Read(IMultiTaskDataset data, int index, TaskMask? wanted = null)
    {
        float[] image = new float[3 * data.Height * data.Width];
        float[] labels = new float[data.Tasks.TotalLabelChannels * data.Height * data.Width];
        labels.AsSpan().Fill(-77);
        SampleBuffer buffer = new(data.Tasks, data.Height, data.Width, image, labels);
        TaskMask written = data.Read(index, wanted ?? data.Tasks.All, buffer);
        float[][] split = new float[data.Tasks.Count][];
        for (int t = 0; t < split.Length; t++) split[t] = buffer.Label(t).ToArray();
        return (image, split, written);
    }

    /// <summary>[C, H, W] of a function of channel, row and column.</summary>
    public static float[] Plane(int channels, int height, int width, Func<int, int, int, float> value) =>
        [.. from c in Enumerable.Range(0, channels) from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) select value(c, y, x)];
}
