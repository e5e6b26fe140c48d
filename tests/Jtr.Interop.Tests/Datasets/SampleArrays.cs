using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Samples of any data set as arrays.</summary>
internal static class SampleArrays
{
    /// <summary>Reads one sample; the labels that were not written are -77.</summary>
    public static (float[] Image, float[][] Labels, TaskMask Written) Read(IMultiTaskDataset data, int index, TaskMask? wanted = null)
    {
        float[] image = new float[data.Inputs.ImageValues(data.Height, data.Width)];
        float[] labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];
        labels.AsSpan().Fill(-77);
        SampleBuffer buffer = new(data.Tasks, data.Inputs.ImageAlone, data.Height, data.Width, image, labels, [], []);
        TaskMask written = data.Read(index, wanted ?? data.Tasks.All, buffer);
        float[][] split = new float[data.Tasks.Count][];
        for (int t = 0; t < split.Length; t++)
            split[t] = buffer.Label(t).ToArray();
        return (image, split, written);
    }
}
