using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using NUnit.Framework.Constraints;

namespace Jtr.Interop.Tests.Datasets.Layouts;

/// <summary>Samples of any data set as arrays, and what is expected of errors.</summary>
internal static class LayoutReader
{
    /// <summary>Reads one sample; the labels that were not written are -77.</summary>
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

    /// <summary>[H, W, C] bytes as [C, H, W] in [0, 1].</summary>
    public static float[] Planar(int pixels, int channels, Func<int, float> value) =>
        [.. Enumerable.Range(0, pixels * channels).Select(i => value(i % pixels * channels + i / pixels))];

    /// <summary>A format error that names a file and says something.</summary>
    public static IResolveConstraint Fault(string path, string message) =>
        Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(path).And.Message.Contains(message);
}
