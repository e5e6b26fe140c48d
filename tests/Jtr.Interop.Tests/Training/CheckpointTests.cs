using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _path;

    public CheckpointTests() => _path = _folder.File("a trainer é.safetensors");

    public void Dispose() => _folder.Dispose();

    [TestCase(Precision.Float32)]
    [TestCase(Precision.Float64)]
    [TestCase(Precision.BFloat16)]
    public void A_loaded_trainer_goes_on_exactly_where_the_saved_one_was(Precision precision)
    {
        using Trainer trainer = SmallModel.Create(o => o with { Precision = precision });
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 3; i++)
            trainer.Step(batch);
        trainer.Save(_path);
        using Trainer loaded = Trainer.Load(_path);
        Assert.That(loaded.StepCount, Is.EqualTo(3));
        SmallModel.AssertSame(SmallModel.Snapshot(loaded), SmallModel.Snapshot(trainer));
        // Weights, moments, step (bias correction) and noise (seed and step) all enter the next steps.
        for (int i = 0; i < 2; i++)
            Assert.That(loaded.Step(batch), Is.EqualTo(trainer.Step(batch)));
        SmallModel.AssertSame(SmallModel.Snapshot(loaded), SmallModel.Snapshot(trainer));
    }

    [Test]
    public void All_options_come_back()
    {
        TrainerOptions options = new()
        {
            Tasks = new TaskSet(
                new SegmentationTask("seg \"quoted\"", 3, ["wall", "böden", "ceiling"]),
                new DepthTask("z") { Mean = 1.25, StandardDeviation = 0.1 },
                new NormalsTask("n"),
                new MapTask("edges", 2)
            ),
            Method = "jtr",
            Width = 3,
            JointTask = new JointTaskOptions
            {
                Mode = JointTaskMode.Corrected,
                Width = 2,
                LambdaDist = 0.1,
                LambdaRecon = 0,
                MicroBatch = 3,
            },
            Optimizer = new AdamOptions
            {
                LearningRate = 0.3,
                Beta1 = 0.1,
                Beta2 = 0.2,
                Epsilon = 1e-300,
                DecaySteps = long.MaxValue,
                DecayFactor = 1,
            },
            Seed = ulong.MaxValue,
            Precision = Precision.Float64,
            Recomputation = Recomputation.Stages,
            Device = DeviceKind.Cpu,
        };
        using (Trainer trainer = new(options))
            trainer.Save(_path);
        using Trainer loaded = Trainer.Load(_path);
        Assert.That(loaded.Options, Is.EqualTo(options));
        Assert.That(CheckpointInfo.Read(_path).Options, Is.EqualTo(options));
        Assert.That(((SegmentationTask)loaded.Tasks[0]).ClassNames, Is.EqualTo(new[] { "wall", "böden", "ceiling" }));
    }

    [Test]
    public void Metadata_of_the_caller_come_back()
    {
        Dictionary<string, string> metadata = new()
        {
            ["data"] = "/photos/ü",
            ["empty"] = "",
            ["lines"] = "a\n\"b\"\t\\",
        };
        using (Trainer trainer = SmallModel.Create())
            trainer.Save(_path, metadata);
        IReadOnlyDictionary<string, string> read = CheckpointInfo.Read(_path).Metadata;
        Assert.That(metadata, Is.SubsetOf(read));
    }

    [TestCase("")]
    [TestCase("jtr.step")]
    [TestCase("jtr-interop.options")]
    public void Reserved_metadata_keys_are_refused(string key)
    {
        using Trainer trainer = SmallModel.Create();
        Assert.That(
            () => trainer.Save(_path, new Dictionary<string, string> { [key] = "x" }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("metadata")
        );
        Assert.That(File.Exists(_path), Is.False);
    }

    [Test]
    public void A_trainer_can_be_loaded_in_another_precision()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        trainer.Save(_path);
        using Trainer loaded = Trainer.Load(_path, new LoadOptions { Precision = Precision.Float64, Device = DeviceKind.Cpu });
        Assert.That(loaded.Options.Precision, Is.EqualTo(Precision.Float64));
        SmallModel.AssertSame(SmallModel.Snapshot(loaded), SmallModel.Snapshot(trainer));
    }

    [Test]
    public void What_backward_passes_compute_again_may_change_and_the_run_goes_on_the_same()
    {
        using Trainer trainer = SmallModel.Create(o => o with { Recomputation = Recomputation.None });
        using Batch batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        trainer.Save(_path);
        using Trainer loaded = Trainer.Load(_path, new LoadOptions { Recomputation = Recomputation.Stages });
        Assert.That(loaded.Options, Is.EqualTo(trainer.Options with { Recomputation = Recomputation.Stages }));
        for (int i = 0; i < 2; i++)
            Assert.That(loaded.Step(batch), Is.EqualTo(trainer.Step(batch)));
        SmallModel.AssertSame(SmallModel.Snapshot(loaded), SmallModel.Snapshot(trainer));
    }

    [Test]
    public void A_checkpoint_from_before_recomputation_could_be_chosen_has_the_default()
    {
        JsonObject document = JsonNode
            .Parse(OptionsDocument.Write(SmallModel.Options with { Recomputation = Recomputation.None }))!
            .AsObject();
        Assert.That(document.Remove("recomputation"));
        Assert.That(OptionsDocument.Read(document.ToJsonString(), "p"), Is.EqualTo(SmallModel.Options));
    }

    [Test]
    public void A_folder_that_is_not_there_is_told()
    {
        using Trainer trainer = SmallModel.Create();
        string path = Path.Combine(_folder.File("nowhere"), "x.safetensors");
        Assert.That(() => trainer.Save(path), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains(path));
    }

    [Test]
    public void An_output_that_cannot_be_written_is_told_and_leaves_nothing_behind()
    {
        using Trainer trainer = SmallModel.Create();
        Directory.CreateDirectory(_path);
        Assert.That(() => trainer.Save(_path), Throws.InstanceOf<IOException>().With.Message.Contains(_path));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.EqualTo(new[] { _path }));

        // A file where a folder should be: nobody, not even root, can write below it.
        string file = _folder.File("file");
        File.WriteAllText(file, "");
        Assert.That(() => trainer.Save(Path.Combine(file, "x")), Throws.InstanceOf<IOException>().With.Message.Contains(file));
    }

    [Test]
    public void A_checkpoint_that_is_not_there_is_told() =>
        Assert.That(() => Trainer.Load(_path), Throws.TypeOf<FileNotFoundException>().With.Property("FileName").EqualTo(_path));

    [Test]
    public void A_truncated_checkpoint_is_told_with_its_path([Values(0, 4, 8, 100, -1000, -1)] int length)
    {
        using (Trainer trainer = SmallModel.Create())
            trainer.Save(_path);
        using (FileStream file = File.OpenWrite(_path))
            file.SetLength(length >= 0 ? length : file.Length + length);
        Assert.That(() => Trainer.Load(_path), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_path));
        Assert.That(() => CheckpointInfo.Read(_path), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_path));
    }

    [Test]
    public void A_file_of_something_else_is_told_with_its_path()
    {
        File.WriteAllText(_path, "not a checkpoint, but long enough to hold the length of a header");
        Assert.That(() => Trainer.Load(_path), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_path));
    }

    [Test]
    public void The_file_of_a_regularizer_is_not_one_of_a_trainer()
    {
        using (
            JointTaskRegularizer loss = new(
                new JointTaskRegularizerOptions
                {
                    Tasks = SmallModel.Tasks,
                    JointTask = new JointTaskOptions { Width = 2 },
                }
            )
        )
            loss.Save(_path);
        Assert.That(
            () => Trainer.Load(_path),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_path).And.Message.Contains("trainer")
        );
    }

    [Test]
    public void Damaged_options_are_told_with_the_path_and_the_property()
    {
        string good = OptionsDocument.Write(SmallModel.Options);
        Assert.Multiple(() =>
        {
            Assert.That(OptionsDocument.Read(good, "p"), Is.EqualTo(SmallModel.Options));
            Bad(good.Replace("\"width\":4", "\"width\":0", StringComparison.Ordinal), "Width");
            Bad(good.Replace("\"width\":4", "\"wide\":4", StringComparison.Ordinal), "width");
            Bad(good.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal), "format 2");
            Bad(good.Replace("Segmentation", "Sculpture", StringComparison.Ordinal), "kind");
            Bad(good.Replace("\"mean\":2.3618,", "", StringComparison.Ordinal), "Mean");
            Bad("null", "null");
            Bad(good[..^1], "damaged");
        });

        void Bad(string json, string words)
        {
            Assert.That(json, Is.Not.EqualTo(good));
            Assert.That(
                () => OptionsDocument.Read(json, "some.safetensors"),
                Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo("some.safetensors").And.Message.Contains(words)
            );
        }
    }
}
