using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Export;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Labels;

/// <summary>A kind of task that users write: this file is all of it.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OwnKindTests : IDisposable
{
    private const int Size = 32;
    private readonly TemporaryFolder _folder = new();

    static OwnKindTests()
    {
        TaskKind.Register(HeatKind.Instance);
        LabelFormat.Register(new HeatFormat());
        LabelPainter.Register(new HeatPainter());
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Four photographs, three with a label: 0 to 255 quarters of a degree; 255 quarters are none.</summary>
    private FolderDataset Data()
    {
        for (int n = 0; n < 4; n++)
        {
            _folder.Image($"image/{n}.png", Size, Size, 3, i => (i + 10 * n) % 256);
            if (n < 3)
                _folder.Image($"warm/{n}.png", Size, Size, 1, i => (i + n) % 256);
        }
        _folder.Write("tasks.json", """{"tasks": [{"name": "warm", "kind": "heat", "hottest": 80, "step": 0.25}]}""");
        return new FolderDataset(_folder.Root, new FolderOptions { Height = Size, Width = Size });
    }

    [Test]
    public void It_is_read_from_a_folder_and_keeps_its_settings()
    {
        FolderDataset data = Data();
        Assert.That(data.Tasks, Is.EqualTo(new TaskSet(new HeatTask("warm") { Hottest = 80 })));
        Assert.That(data.Problems, Is.Empty);
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 1);
        Assert.That(written, Is.EqualTo(data.Tasks.All));
        Assert.That(labels[0][..3], Is.EqualTo(new[] { 0.25f / 80, 0.5f / 80, 0.75f / 80 }));
        Assert.That(labels[0][254], Is.NaN);
        Assert.That(data.GetLabeled(3), Is.EqualTo(TaskMask.None));

        PackedDataset.Write(data, _folder["heat.jtrpack"]);
        using PackedDataset packed = new(_folder["heat.jtrpack"]);
        Assert.That(packed.Tasks, Is.EqualTo(data.Tasks));
        Assert.That(SampleArrays.Read(packed, 1).Labels[0], Is.EqualTo(labels[0]));

        LabelStatistics statistics = data.Tasks[0].Kind.CreateStatistics(data.Tasks[0]);
        statistics.Add(labels[0]);
        Assert.That((statistics.Pixels, statistics.Invalid, statistics.Lowest), Is.EqualTo((Size * Size, 4, 0f)));
    }

    [Test]
    public async Task It_is_trained_scored_predicted_painted_exported_and_loaded()
    {
        FolderDataset data = Data();
        string checkpoint = _folder["heat.safetensors"];
        using (
            Trainer trainer = new(
                new TrainerOptions
                {
                    Tasks = data.Tasks,
                    Width = 2,
                    Device = DeviceKind.Cpu,
                }
            )
        )
        {
            await trainer.FitAsync(data, new FitOptions { Steps = 2, BatchSize = 2 });
            trainer.Save(checkpoint);
        }
        using Trainer loaded = Trainer.Load(checkpoint);
        Assert.That(loaded.StepCount, Is.EqualTo(2));
        Assert.That(loaded.Tasks, Is.EqualTo(data.Tasks));
        Assert.That(((HeatTask)loaded.Tasks[0]).Hottest, Is.EqualTo(80));

        EvaluationResult result = loaded.Evaluate(data);
        float[] image = new float[3 * Size * Size],
            prediction = new float[Size * Size];
        double sum = 0;
        long count = 0;
        for (int n = 0; n < 3; n++)
        {
            (image, float[][] labels, _) = SampleArrays.Read(data, n);
            loaded.Predict(image, 1, Size, Size, prediction);
            foreach ((float p, float y) in prediction.Zip(labels[0]).Where(pair => !float.IsNaN(pair.Second)))
                (sum, count) = (sum + 80.0 * Math.Abs((double)p - y), count + 1);
        }
        MetricValue error = result["warm"].Headline;
        Assert.That((error.Name, error.Unit), Is.EqualTo(("error", "deg C")));
        Assert.That(result["warm"].ValidCount, Is.EqualTo(count));
        // The same sum, in batches of another size: float32 predictions may differ in their last digits.
        Assert.That(error.Value, Is.EqualTo(sum / count).Within(1e-4));
        EvaluationResult back = EvaluationResult.FromJson(result.ToJson());
        Assert.That(back["warm"].Kind, Is.EqualTo(HeatKind.Instance));
        Assert.That(result.ToCsv(), Does.Contain("\nwarm,heat,error,"));

        RgbImage picture = TaskPainter.PaintPrediction(data.Tasks[0], prediction, Size, Size);
        Assert.That(picture[2, 3], Is.EqualTo(HeatPainter.Color(prediction[2 * Size + 3])));

        OnnxExport.Save(loaded, _folder["heat.onnx"]);
        Assert.That(
            System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(_folder["heat.onnx"])),
            Does.Contain("task.warm").And.Contain("Heat")
        );
    }

    [Test]
    public void A_kind_without_painter_and_format_has_those_of_its_native_kind()
    {
        PlainTask task = new("plain");
        Assert.That(LabelFormat.Of(task.Kind).Kind, Is.EqualTo("map"));
        float[] label = [.. Enumerable.Range(0, 6).Select(i => i / 5f)];
        Assert.That(
            TaskPainter.PaintLabel(task, label, 2, 3).Data.ToArray(),
            Is.EqualTo(TaskPainter.PaintLabel(new MapTask("map"), label, 2, 3).Data.ToArray())
        );
    }

    [Test]
    public void A_kind_that_overrides_little_has_files_and_settings_of_the_one_that_it_derives_from()
    {
        TaskKind.Register(LuxKind.Instance);
        _folder.Image("image/a.png", Size, Size, 3, i => i % 256);
        _folder.Image("light/a.png", Size, Size, 1, i => i % 7);
        _folder.Write("tasks.json", """{"tasks": [{"name": "light", "kind": "lux", "scale": 0.5, "unit": "lx", "mean": 3}]}""");
        FolderDataset data = new(_folder.Root, new FolderOptions { Height = Size, Width = Size });
        LuxTask expected = new("light") { Unit = "lx", Mean = 3 };
        Assert.That(data.Tasks[0], Is.EqualTo(expected).And.TypeOf<LuxTask>());
        Assert.That(SampleArrays.Read(data, 0).Labels[0][..3], Is.EqualTo(new[] { 0, 0.5f, 1 }));
        TrainerOptions options = new() { Tasks = data.Tasks };
        Assert.That(OptionsDocument.Read(OptionsDocument.Write(options), "run.safetensors").Tasks, Is.EqualTo(data.Tasks));
        Assert.That(expected.WithName("dark"), Is.EqualTo(new LuxTask("dark") { Unit = "lx", Mean = 3 }).And.TypeOf<LuxTask>());
        _folder.Write("tasks.json", """{"tasks": [{"name": "light", "kind": "lux", "classes": ["a", "b"]}]}""");
        Assert.That(
            () => new FolderDataset(_folder.Root, new FolderOptions { Height = Size, Width = Size }),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("are for segmentation")
        );
    }

    [Test]
    public void A_word_belongs_to_one_kind()
    {
        int before = TaskKind.All.Count;
        TaskKind.Register(HeatKind.Instance);
        Assert.That(TaskKind.All, Has.Count.EqualTo(before), "the same again does nothing");
        Assert.That(
            () => TaskKind.Register(new PlainKind("heat")),
            Throws.ArgumentException.With.Message.Contains("there is another kind of task with the word 'heat'")
        );
        Assert.That(() => new PlainKind("Two words"), Throws.ArgumentException.With.Message.Contains("'Two words'"));
        Assert.That(() => LabelFormat.Register(new HeatFormat("map")), Throws.ArgumentException.With.Message.Contains("'map'"));
    }

    [Test]
    public void A_document_of_an_unknown_kind_names_the_known_ones()
    {
        PlainTask task = new("plain");
        string options = OptionsDocument.Write(new TrainerOptions { Tasks = new TaskSet(task) });
        Assert.That(
            () => OptionsDocument.Read(options, "run.safetensors"),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo("run.safetensors")
                .And.Message.Contains("task 'plain' is of the kind 'Plain'")
                .And.Message.Contains("segmentation, depth, normals, map")
                .And.Message.Contains("TaskKind.Register")
        );
    }

    [Test]
    public void A_kind_that_makes_tasks_of_another_is_told_what_it_lacks()
    {
        TaskKind.Register(ForgetfulKind.Instance);
        string options = OptionsDocument
            .Write(new TrainerOptions { Tasks = new TaskSet(new HeatTask("warm")) })
            .Replace("\"Heat\"", "\"Forgetful\"", StringComparison.Ordinal);
        Assert.That(
            () => OptionsDocument.Read(options, "run.safetensors"),
            Throws.InvalidOperationException.With.Message.Contains("has to override Create")
        );
    }

    [Test]
    public void Settings_of_a_wrong_type_are_told()
    {
        Data();
        string path = _folder.Write("tasks.json", """{"tasks": [{"name": "warm", "kind": "heat", "hottest": "80"}]}""");
        Assert.That(
            () => new FolderDataset(_folder.Root, new FolderOptions { Height = Size, Width = Size }),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Message.Contains("tasks[0] ('warm'): 'hottest' has to be a number")
        );
    }

    // A kind of whole photographs has no head in libjtr yet. What is registered does not need planes.
    [Test]
    public void A_registration_does_not_ask_for_planes()
    {
        PitchTask task = new("pitch");
        Assert.That(task.Kind.Places(480, 640), Is.EqualTo(1));
        TaskMetrics metrics = TaskMetrics.Create(task);
        metrics.Update([3f, 1f], [1f, float.NaN], 480, 640);
        Assert.That((metrics.Samples, metrics.ValidCount, metrics.Compute()[0].Value), Is.EqualTo((1, 1, 2.0)));
        Assert.That(() => metrics.Update([3f, 1f], [1f], 480, 640), Throws.ArgumentException);
        LabelStatistics statistics = task.Kind.CreateStatistics(task);
        statistics.Add([4f, 8f]);
        statistics.Add([4f, float.NaN]);
        Assert.That((statistics.Read, statistics.Pixels, statistics.Invalid, statistics.Highest), Is.EqualTo((2, 2, 1, 8f)));
        Assert.That(
            () => TaskPainter.PaintLabel(task, [1f], 4, 4),
            Throws.ArgumentException.With.Message.Contains("2 channels of a photograph as a whole are 2 values, not 1")
        );
    }
}

/// <summary>Temperature: [0, 1] stands for 0 to <see cref="Hottest"/> degrees.</summary>
internal sealed record HeatTask : MapTask
{
    public HeatTask(string name)
        : base(name, 1, HeatKind.Instance) { }

    public double Hottest { get; init; } = 100;
}

internal sealed class HeatKind : MapKind
{
    private HeatKind()
        : base("heat") { }

    public static HeatKind Instance { get; } = new();

    public override ChannelChoice Channels => ChannelChoice.Fixed;

    public override IReadOnlyList<string> SettingKeys => ["hottest"];

    public override VisionTask Create(string name, int? channels = null) => new HeatTask(name);

    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings) =>
        new HeatTask(name) { Hottest = settings.Number("hottest") ?? throw new ArgumentException("'hottest' is missing") };

    public override void WriteSettings(VisionTask task, JsonObject settings) => settings["hottest"] = ((HeatTask)task).Hottest;

    public override TaskMetrics CreateMetrics(VisionTask task) => new HeatMetrics((HeatTask)task);

    public override string Unit(VisionTask task) => "deg C";
}

internal sealed class HeatMetrics(HeatTask task) : TaskMetrics(task)
{
    private double _sum;
    private long _count;

    public override long ValidCount => _count;

    public override IReadOnlyList<MetricValue> Compute() =>
        [new("error", Mean(_sum, _count), "deg C", HigherIsBetter: false, IsHeadline: true)];

    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < pixels; i++)
        {
            if (!float.IsNaN(label[i]))
                (_sum, _count) = (_sum + task.Hottest * Math.Abs((double)prediction[i] - label[i]), _count + 1);
        }
    }

    protected override double[] Gathered() => [_sum, _count];

    protected override void AddGathered(ReadOnlySpan<double> state) => (_sum, _count) = (_sum + state[0], _count + (long)state[1]);
}

internal sealed class HeatFormat(string kind = "heat") : LabelFormat(kind)
{
    public override IReadOnlyList<string> Keys => ["step"];

    protected override void Read(LabelFile file, VisionTask task, Span<float> destination)
    {
        file.ReadNumbers(destination);
        double step = file.Settings.Number("step") ?? 1;
        foreach (ref float value in destination)
            value = value == 255 ? float.NaN : (float)(value * step / ((HeatTask)task).Hottest);
    }
}

internal sealed class HeatPainter() : LabelPainter("heat")
{
    public static Rgb Color(float value) => new((byte)(255 * value), 0, (byte)(255 * (1 - value)));

    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range)
    {
        for (int i = 0; i < label.Length; i++)
            picture[i / picture.Width, i % picture.Width] = Color(label[i]);
    }

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range) =>
        PaintLabel(task, prediction, picture, range);
}

internal sealed class ForgetfulKind : MapKind
{
    private ForgetfulKind()
        : base("forgetful") { }

    public static ForgetfulKind Instance { get; } = new();
}

/// <summary>Light, as positive a measure as depth.</summary>
internal sealed record LuxTask : DepthTask
{
    public LuxTask(string name)
        : base(name, LuxKind.Instance) { }
}

internal sealed class LuxKind : DepthKind
{
    private LuxKind()
        : base("lux") { }

    public static LuxKind Instance { get; } = new();

    // What is nearer is not darker.
    public override ViewRule Views { get; } = new(ViewSampling.Nearest);

    public override VisionTask Create(string name, int? channels = null) => new LuxTask(name);
}

internal sealed record PlainTask : MapTask
{
    public PlainTask(string name)
        : base(name, 1, new PlainKind("plain")) { }
}

internal sealed class PlainKind(string word) : MapKind(word);

/// <summary>Two numbers for a photograph, of which each may be missing.</summary>
internal sealed record PitchTask : VisionTask
{
    public PitchTask(string name)
        : base(name, PitchKind.Instance, 2, 2) { }

    public override float InvalidLabel => float.NaN;
}

internal sealed class PitchKind : TaskKind
{
    private PitchKind()
        : base("pitch") { }

    public static PitchKind Instance { get; } = new();

    public override TaskExtent Extent => TaskExtent.Image;

    public override ViewRule Views { get; } = new(ViewSampling.Whole) { NegatedByMirror = [1] };

    public override VisionTask Create(string name, int? channels = null) => new PitchTask(name);

    public override TaskMetrics CreateMetrics(VisionTask task) => new PitchMetrics(task);

    public override LabelStatistics CreateStatistics(VisionTask task) => new PitchStatistics(task);

    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => !label.Contains(float.NaN);
}

internal sealed class PitchMetrics(VisionTask task) : TaskMetrics(task)
{
    private double _sum;
    private long _count;

    public override long ValidCount => _count;

    public override IReadOnlyList<MetricValue> Compute() =>
        [new("MAE", Mean(_sum, _count), "deg", HigherIsBetter: false, IsHeadline: true)];

    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (!float.IsNaN(label[i]))
                (_sum, _count) = (_sum + Math.Abs((double)prediction[i] - label[i]), _count + 1);
        }
    }

    protected override double[] Gathered() => [_sum, _count];

    protected override void AddGathered(ReadOnlySpan<double> state) => (_sum, _count) = (_sum + state[0], _count + (long)state[1]);
}

internal sealed class PitchStatistics(VisionTask task) : LabelStatistics(task)
{
    private float? _highest;

    public override float? Highest => _highest;

    protected override void AddValue(ReadOnlySpan<float> label, int place, int places) =>
        _highest = Math.Max(_highest ?? label[0], Math.Max(label[0], label[1]));
}
