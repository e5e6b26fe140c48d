using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Tests;

/// <summary>What counts where nothing is said.</summary>
[NonParallelizable]
public sealed class PresetTests
{
    private const int Samples = 400;

    private static readonly Command _train = TrainCommand.Make(new CliConsole(TextWriter.Null, TextWriter.Null));

    [TestCase("", "supervised 16 0.002 cosine 166 5 0.998 width 16")]
    [TestCase("--steps 400", "supervised 16 0.002 cosine 33 5 0.99 width 16")]
    [TestCase("--steps 24", "supervised 16 0.002 cosine 2 5 0.9 width 16")]
    [TestCase("--epochs 40", "supervised 16 0.002 cosine 83 5 0.996 width 16")]
    [TestCase("--steps 60000", "supervised 16 0.002 cosine 1000 5 0.999 width 16")]
    [TestCase("--size 96x128 --width 8", "supervised 8 0.002 cosine 166 5 0.998 width 8")]
    [TestCase("--size 288x384 --width 8", "supervised 4 0.002 cosine 166 5 0.998 width 8")]
    [TestCase("--size 1024x2048 --width 8", "supervised 2 0.002 cosine 166 5 0.998 width 8")]
    [TestCase("--clip 0 --ema 0 --warmup 0 --method jtr --batch 3", "jtr 3 0.002 cosine 0 off off width 16")]
    [TestCase("--lr-decay-every 100", "supervised 16 0.002 step 166 5 0.998 width 16")]
    [TestCase("--preset published", "jtr 4 0.0001 step 0 off off width 64 epochs 400 halved every 20000")]
    [TestCase("--preset published --steps 100 --width 8", "jtr 4 0.0001 step 0 off off width 8 halved every 50")]
    [TestCase("--preset none", "jtr 8 0.002 step 0 off off width 16")]
    public void It_says_method_batch_rate_and_what_follows_from_the_length(string said, string expected) =>
        Assert.That(Words(Settings(said)), Is.EqualTo(expected));

    [Test]
    public void Balanced_classes_are_those_of_the_labels_that_training_sees()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 8,
                Height = 32,
                Width = 32,
            }
        );
        TaskMask seg = TaskMask.None.With(0);
        LabelAssignment labels = new(scenes.Tasks, [.. Enumerable.Range(0, 8).Select(i => i < 2 ? seg : TaskMask.None)]);
        TrainSettings settings = Settings("--size 32x32 --class-balance 0.25");
        SegmentationTask task = (SegmentationTask)settings.ToTrainerOptions(scenes, labels, new DeviceChoice(DeviceKind.Cpu, 0)).Tasks[0];
        Assert.That(task, Is.EqualTo(ClassBalance.Weigh(scenes, labels, 0.25)[0]));
        Assert.That(task.ClassWeights, Is.Not.EqualTo(((SegmentationTask)ClassBalance.Weigh(scenes, null, 0.25)[0]).ClassWeights));
        TrainSettings alike = Settings("--size 32x32");
        Assert.That(alike.ToTrainerOptions(scenes, labels, new DeviceChoice(DeviceKind.Cpu, 0)).Tasks, Is.EqualTo(scenes.Tasks));
    }

    [Test]
    public void A_configuration_that_says_all_as_those_of_earlier_versions_do_has_no_preset()
    {
        TrainSettings settings = Settings("--method jtr --batch-size 4 --learning-rate 1e-3 --seed 1 --precision float32");
        Assert.That(settings.Configuration.Training.Preset, Is.Null);
        Assert.That(Words(settings), Is.EqualTo("jtr 4 0.001 step 0 off off width 16"));
    }

    [Test]
    public void A_backbone_that_has_seen_photographs_is_taken_where_its_weights_are_there()
    {
        if (PretrainedWeights.Find("resnet18-imagenet")!.Locate() is null)
            Assert.Ignore("the weights' package is not on this machine");
        Assert.That(
            Words(Settings("--size 96x128")),
            Is.EqualTo("supervised 8 0.0005 cosine 166 5 0.998 resnet18-cntk from resnet18-imagenet")
        );
        Assert.That(Settings("--size 96x128").Configuration.Balancing.ClassBalance, Is.EqualTo(0.5));
        Assert.That(Settings("--size 96x128 --class-balance 0").Configuration.Balancing.ClassBalance, Is.Zero);
        // Not where something is said of the network, nor for small photographs.
        foreach (
            string other in (string[])
                ["--size 32x96", "--size 96x128 --width 16", "--size 96x128 --backbone segnet", "--size 96x128 --preset none"]
        )
            Assert.That(Words(Settings(other)), Does.Contain(" width 16"), other);
        Assert.That(Settings("--size 96x128 --backbone resnet18").Configuration.Network.Weights, Is.Null);
    }

    [Test]
    public void Where_the_weights_are_not_there_the_run_says_how_to_have_them()
    {
        using TemporaryFolder folder = new();
        (string Name, string? Value)[] before =
        [
            .. ((string[])["NUGET_PACKAGES", "JTR_WEIGHTS"]).Select(n => (n, Environment.GetEnvironmentVariable(n))),
        ];
        try
        {
            foreach ((string name, _) in before)
                Environment.SetEnvironmentVariable(name, folder["nothing"]);
            CliRun run = Run(folder, "--size", "64x64", "--batch-size", "1", "--scenes", "2", "--test-scenes", "1");
            Assert.That(
                run.Output,
                Does.Contain("SegNet of width 16").And.Contain("'jtr weights get resnet18-imagenet' restores a backbone")
            );
        }
        finally
        {
            foreach ((string name, string? value) in before)
                Environment.SetEnvironmentVariable(name, value);
        }
    }

    [Test]
    public void A_run_says_its_preset_in_a_line_and_that_no_method_was_shown_to_gain()
    {
        using TemporaryFolder folder = new();
        CliRun run = Run(
            folder,
            "--size",
            "32x32",
            "--width",
            "2",
            "--scenes",
            "8",
            "--test-scenes",
            "1",
            "--scenario",
            "full",
            "--limit-labels",
            "depth=1"
        );
        Assert.That(
            run.Output,
            Does.Match("preset +recommended: rate up over 0 steps, then by cosine, clipping 5, average of weights 0.9")
        );
        Assert.That(run.Output, Does.Contain("note: labels are missing; no method was shown to learn more"));
        Assert.That(run.Output, Does.Contain("note: depth has few labels (1 of 8); --balance labels lifts its scores"));
        TrainerOptions options = CheckpointInfo.Read(folder["run"]).Options;
        Assert.That((options.Method, options.MaxGradientNorm, options.EmaDecay), Is.EqualTo(("supervised", (double?)5, (double?)0.9)));

        CliRun full = Run(
            folder,
            "--overwrite",
            "--size",
            "32x32",
            "--width",
            "2",
            "--scenes",
            "4",
            "--test-scenes",
            "1",
            "--scenario",
            "full"
        );
        Assert.That(full.Output, Does.Contain("recommended:").And.Not.Contain("note:"));
        CliRun none = Run(
            folder,
            "--overwrite",
            "--size",
            "32x32",
            "--width",
            "2",
            "--scenes",
            "4",
            "--test-scenes",
            "1",
            "--preset",
            "none"
        );
        Assert.That(none.Output, Does.Match("preset +none").And.Not.Contain("note:"));
        Assert.That(CheckpointInfo.Read(folder["run"]).Options.MaxGradientNorm, Is.Null);
    }

    [Test]
    public void Fresh_heads_of_a_backbone_begin_at_the_means_of_the_labels_that_are_seen()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        CliRun run = Run(
            folder,
            "--data",
            folder["photos"],
            "--size",
            "32x32",
            "--backbone",
            "resnet18",
            "--decoder-width",
            "4",
            "--batch-size",
            "1"
        );
        NetworkOptions network = CheckpointInfo.Read(folder["run"]).Options.Network!;
        // A line of 3 of 50 columns, resized; three classes before it.
        Assert.That(network.HeadBias.Take(3), Is.All.Zero, run.Output);
        Assert.That(network.HeadBias, Has.Count.EqualTo(4));
        Assert.That(network.HeadBias[3], Is.EqualTo(3.0 / 50).Within(0.005));
    }

    private static CliRun Run(TemporaryFolder folder, params string[] arguments)
    {
        CliRun run = CliRun.Of(["train", .. arguments, "--steps", "1", "--threads", "1", "--workers", "1", "--output", folder["run"]]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run;
    }

    private static TrainSettings Settings(string said)
    {
        ParseResult parsed = _train.Parse(said.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(parsed.Errors, Is.Empty);
        return TrainOptions.Settings(RunConfigurationReader.Read(parsed), saved: null).Completed(Samples);
    }

    private static string Words(TrainSettings settings)
    {
        RunConfiguration run = settings.Configuration;
        string network = NetworkSettings.IsSegNet(run.Network)
                ? $"width {run.Training.Width}"
                : $"{run.Network.Backbone} from {run.Network.Weights}",
            epochs = run.Training.Epochs is { } n ? $" epochs {n}" : "",
            halved = run.Training.Preset == "published" ? $" halved every {run.Optimizer.DecayEvery}" : "";
        epochs = run.Training.Preset == "published" ? epochs : "";
        string schedule = SettingsTable.InUse(run, "schedule")[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Training.Method} {run.Training.BatchSize} {run.Optimizer.LearningRate} {schedule} "
                + $"{run.Optimizer.Warmup} {Off(run.Optimizer.Clip)} {Off(run.Optimizer.Ema)} {network}{epochs}{halved}"
        );

        static string Off(double? value) => value is > 0 and var number ? FormattableString.Invariant($"{number}") : "off";
    }
}
