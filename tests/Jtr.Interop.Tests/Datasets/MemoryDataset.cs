using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>A small data set whose every value says where it is: sample, channel and pixel.</summary>
internal sealed class MemoryDataset : IMultiTaskDataset
{
    public static readonly TaskSet AllKinds = new(
        new SegmentationTask("seg", 5),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("map", 2)
    );

    /// <summary>Pixels beside what is said of the photograph as a whole.</summary>
    public static readonly TaskSet WithImageTasks = new(
        new SegmentationTask("seg", 5),
        new ClassificationTask("room", 4),
        new DepthTask(),
        new TagsTask("tags", 3),
        new RegressionTask("pose", 2) { Means = [2, 12], Deviations = [1.5, 2] }
    );

    private readonly TaskMask[] _labeled;

    public MemoryDataset(int count, int height = 32, int width = 64, TaskSet? tasks = null, Func<int, TaskMask>? labeled = null)
    {
        Tasks = tasks ?? AllKinds;
        Height = height;
        Width = width;
        _labeled = [.. Enumerable.Range(0, count).Select(labeled ?? (_ => Tasks.All))];
    }

    public TaskSet Tasks { get; }
    public int Count => _labeled.Length;
    public int Height { get; }
    public int Width { get; }

    /// <summary>Called by every read with the sample's index, on the reading thread.</summary>
    public Action<int>? OnRead { get; set; }

    public SampleInfo GetSampleInfo(int index) => new($"sample-{index}", _labeled[index]);

    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        OnRead?.Invoke(index);
        for (int i = 0; i < destination.Image.Length; i++)
            destination.Image[i] = ImageValue(index, i);
        TaskMask written = wanted & _labeled[index];
        for (int t = 0; t < Tasks.Count; t++)
        {
            if (!written[t])
                continue;
            Span<float> label = destination.Label(t);
            for (int i = 0; i < label.Length; i++)
                label[i] = LabelValue(index, t, i);
        }
        return written;
    }

    public static float ImageValue(int index, int i) => (float)((index * 7919L + i * 31L) % 1009) / 1009f;

    public float LabelValue(int index, int task, int i) =>
        Tasks[task] switch
        {
            SegmentationTask => (index + i) % (Tasks[task].Channels + 1) - 1,
            DepthTask => (index * 13 + i) % 97 * 0.125f,
            ClassificationTask => index % Tasks[task].Channels,
            TagsTask => (index + i) % 3 - 1 is int tag and >= 0 ? tag : float.NaN,
            RegressionTask => 10 * i + index % 5,
            NormalsTask => (index + i * 5) % 41 / 20f - 1f,
            _ => (index * 3 + i) % 101 / 100f,
        };
}
