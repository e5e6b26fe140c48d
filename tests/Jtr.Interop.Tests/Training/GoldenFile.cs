using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>A golden file: what to compute, and what the published code computed.</summary>
internal sealed class GoldenFile : IDisposable
{
    public const int Views = 3;

    // The order of the tasks in the files: pred_task1, 2, 3.
    private static readonly string[] Arrays = ["seg", "depth", "normal"];

    private readonly string[] _arrays;

    public GoldenFile(string path)
    {
        Data = new NpzFile(path);
        _arrays = [.. Arrays.Where(a => Data.Contains($"step0/view0/{a}"))];
        int[] image = Data.Read("step0/view0/image").Shape;
        (Samples, Height, Width) = (image[0], image[2], image[3]);
        int classes = Data.Read("step0/gumbel_exponential").Shape[2];
        Tasks = new TaskSet(
            _arrays.Select<string, VisionTask>(a =>
                a switch
                {
                    "seg" => new SegmentationTask(a, classes),
                    "depth" => new DepthTask(a) { Mean = 2.3618, StandardDeviation = 1.5876 },
                    _ => new NormalsTask(a),
                }
            )
        );
        Labeled = Data.Values("labeled");
        Assert.That(Labeled, Has.Length.EqualTo(Samples * Tasks.Count), "labeled");
        Assert.That(
            Data.Read("step0/prediction").Shape,
            Is.EqualTo(new[] { Views * Samples, Tasks.TotalChannels, Height, Width }),
            "prediction"
        );
    }

    public NpzFile Data { get; }
    public TaskSet Tasks { get; }
    public int Samples { get; }
    public int Height { get; }
    public int Width { get; }
    public double[] Labeled { get; }

    /// <summary>The .npz files directly in tests/golden and directly in the folder that JTR_GOLDEN names.</summary>
    public static IEnumerable<string> Paths()
    {
        List<string> paths = [.. Files(Path.Combine(Repository.Root, "tests", "golden"))];
        if (Environment.GetEnvironmentVariable("JTR_GOLDEN") is { Length: > 0 } folder)
            paths.AddRange(Files(Path.GetFullPath(folder)));
        return paths.Distinct();
    }

    public Trainer CreateTrainer(Precision precision, Recomputation recomputation = Recomputation.Norms)
    {
        Trainer trainer = new(
            new TrainerOptions
            {
                Tasks = Tasks,
                Width = Data.Read("model/encoder_block.0.0.weight").Shape[0],
                JointTask = new JointTaskOptions { Width = Data.Read("jtr/encoder_block.0.0.weight").Shape[0] },
                Precision = precision,
                Recomputation = recomputation,
                Device = DeviceKind.Cpu,
            }
        );
        WriteState(trainer.State);
        return trainer;
    }

    /// <summary>
    /// Writes the initial state of the file to the tensors of a trainer or regularizer. The norms' counters are left at 0: the files
    /// hold their initial values as they were after the two steps.
    /// </summary>
    public void WriteState(TensorCollection state)
    {
        foreach (TensorInfo info in state)
        {
            if (info.Name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                continue;
            NpyArray initial = Data.Read(info.Name);
            Assert.That(info.Shape, Is.EqualTo(initial.Shape), info.Name);
            state.Write(info.Name, initial.Values);
        }
    }

    /// <summary>Names of the file's weights that nothing uses: they have no gradient there.</summary>
    public IEnumerable<string> UnusedWeights() =>
        Data.Keys.Where(n =>
            (n.StartsWith("model/", StringComparison.Ordinal) || n.StartsWith("jtr/", StringComparison.Ordinal))
            && !IsStatistic(n)
            && !Data.Contains($"step0/grad/{n}")
        );

    public static bool IsStatistic(string name) =>
        name.EndsWith(".running_mean", StringComparison.Ordinal)
        || name.EndsWith(".running_var", StringComparison.Ordinal)
        || name.EndsWith(".num_batches_tracked", StringComparison.Ordinal);

    /// <summary>Whether a tensor is the bias of a convolution in front of a norm, whose true gradient is zero.</summary>
    public static bool IsBiasBeforeNorm(string name) =>
        name.Contains("_block", StringComparison.Ordinal) && name.EndsWith(".0.bias", StringComparison.Ordinal);

    public Batch CreateBatch(int step)
    {
        Batch batch = new(Tasks, Views, Samples, Height, Width);
        int plane = Height * Width;
        for (int b = 0; b < Samples; b++)
        {
            TaskMask mask = TaskMask.None;
            for (int t = 0; t < Tasks.Count; t++)
                mask = Labeled[b * Tasks.Count + t] != 0 ? mask.With(t) : mask;
            batch.SetLabeled(b, mask);
        }
        for (int v = 0; v < Views; v++)
        {
            double[] images = Data.Values($"step{step}/view{v}/image");
            double[][] labels = [.. _arrays.Select(a => Data.Values($"step{step}/view{v}/{a}"))];
            for (int b = 0; b < Samples; b++)
            {
                SampleBuffer sample = batch.GetSample(v, b);
                Copy(images, b * 3 * plane, sample.Image);
                for (int t = 0; t < Tasks.Count; t++)
                    Copy(labels[t], b * Tasks[t].LabelChannels * plane, sample.Label(t));
            }
        }
        return batch;
    }

    public double[] Noise(int step) => Data.Values($"step{step}/gumbel_exponential");

    public void Dispose() => Data.Dispose();

    private static string[] Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder {folder} with golden files");
        string[] files = Directory.GetFiles(folder, "*.npz");
        if (files.Length == 0)
            throw new FileNotFoundException($"{folder} holds no .npz file");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private static void Copy(double[] from, int start, Span<float> to)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = (float)from[start + i];
    }
}
