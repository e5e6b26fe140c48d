using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>Samples of a folder as arrays.</summary>
internal static class FolderReader
{
    /// <summary>Reads one sample; the labels that were not written are -77.</summary>
    public static (float[] Image, float[][] Labels, TaskMask Written) Read(FolderDataset data, int index, TaskMask? wanted = null)
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

    /// <summary>The label of the only sample and task of a folder.</summary>
    public static float[] Label(TemporaryFolder folder, VisionTask task, FolderOptions? options = null) =>
        Read(new FolderDataset(folder.Root, (options ?? Size32) with { Tasks = [task] }), 0).Labels[0];

    /// <summary>The smallest training size, without a cache.</summary>
    public static FolderOptions Size32 { get; } = new() { Height = 32, Width = 32, CacheInMemory = false };
}
