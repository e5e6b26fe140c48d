using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Networks, batches and data sets that are quick to train.</summary>
internal static class SmallModel
{
    public const int Size = 32;

    public static readonly TaskSet Tasks = new(new SegmentationTask("seg", 4), new DepthTask());

    public static readonly TrainerOptions Options = new()
    {
        Tasks = Tasks,
        Width = 4,
        Seed = 7,
        Device = DeviceKind.Cpu,
    };

    public static Trainer Create(Func<TrainerOptions, TrainerOptions>? change = null) => new(change?.Invoke(Options) ?? Options);

    /// <summary>Samples that are labelled for one task or the other, in turn.</summary>
    public static MemoryDataset Data(int count = 10) => new(count, Size, Size, Tasks, i => TaskMask.None.With(i % 2));

    /// <summary>Three views of samples that are labelled for one task or the other, in turn.</summary>
    public static Batch CreateBatch(int samples = 2, int height = Size, int width = Size, int views = 3, TaskSet? tasks = null)
    {
        tasks ??= Tasks;
        Batch batch = new(tasks, views, samples, height, width);
        MemoryDataset data = new(views * samples, height, width, tasks);
        for (int b = 0; b < samples; b++)
        {
            batch.SetLabeled(b, TaskMask.None.With(b % tasks.Count));
            for (int v = 0; v < views; v++)
                data.Read(v * samples + b, tasks.All, batch.GetSample(v, b));
        }
        return batch;
    }

    /// <summary>Every tensor of a trainer.</summary>
    public static Dictionary<string, double[]> Snapshot(Trainer trainer) =>
        trainer.State.ToDictionary(i => i.Name, i => trainer.State.Read(i.Name));

    /// <summary>Asserts that two trainers, or one at two times, are the same bit for bit.</summary>
    public static void AssertSame(Dictionary<string, double[]> actual, Dictionary<string, double[]> expected)
    {
        Assert.That(actual.Keys, Is.EquivalentTo(expected.Keys));
        foreach ((string name, double[] values) in expected)
            Assert.That(actual[name], Is.EqualTo(values), name);
    }
}
