using Jtr.Cli.Comparison;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>Choices before the runs of a comparison, on training data alone.</summary>
public sealed class TuningTests
{
    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 3), new DepthTask());

    private static string[] Command(string output, params string[] more) =>
        [
            "compare",
            "--methods",
            "supervised,jtr+prototypes",
            "--scenes",
            "8",
            "--test-scenes",
            "2",
            "--size",
            "32x32",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--workers",
            "1",
            "--threads",
            "1",
            "--tasks",
            "segmentation,depth",
            "--seeds",
            "1",
            "--steps",
            "3",
            "--output",
            output,
            .. more,
        ];

    [Test]
    public void Trials_choose_settings_by_training_data_and_runs_train_with_them()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(Command(folder["c"], "--tune", "3", "--tune-steps", "2"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("by 3 trials of each method, 2 steps each, scored on 25 % of the labelled training samples"));
        string table = File.ReadAllText(folder["c", "comparison.md"]);
        Assert.That(table, Does.Contain("Chosen: the rate").And.Contain("| jtr+prototypes |"));
        foreach (string method in (string[])["supervised", "jtr+prototypes"])
        {
            EvaluationResult[] trials =
            [
                .. Enumerable
                    .Range(0, 3)
                    .Select(k => EvaluationResult.LoadJson(folder["c", "tuning", method, $"trial-{k}", "results.json"])),
            ];
            int best = Enumerable.Range(0, 3).MaxBy(k => (k == 0 ? 0 : trials[k].DeltaPercent(trials[0]), -k));
            TrainerOptions first = Options(folder["c", "tuning", method, "trial-0", "checkpoint.safetensors"]),
                chosen = Options(folder["c", "tuning", method, $"trial-{best}", "checkpoint.safetensors"]),
                trained = Options(folder["c", method, "seed-1", "checkpoint.safetensors"]);
            Assert.That(trained.Optimizer.LearningRate, Is.EqualTo(chosen.Optimizer.LearningRate).Within(1e-12), method);
            Assert.That(
                chosen.Optimizer.LearningRate / first.Optimizer.LearningRate,
                Is.EqualTo(TuningFactors.Of(best).Rate).Within(1e-9),
                method
            );
            Assert.That(
                Options(folder["c", "tuning", method, "trial-1", "checkpoint.safetensors"]).NativeOptions ?? "",
                method == "supervised" ? Is.Empty : Does.Contain("lambda_dist").And.Contain("lambda_recon").And.Contain("\"weight\"")
            );
            // What a trial was scored on it had no label of.
            LabelAssignment labels = LabelAssignment.Load(folder["c", "tuning", method, "trial-1", "labels.json"], first.Tasks);
            Assert.That(Enumerable.Range(0, labels.Count).Count(i => labels[i] == TaskMask.None), Is.InRange(1, 4), method);
        }
        DateTime written = File.GetLastWriteTimeUtc(folder["c", "tuning", "supervised", "trial-1", "results.json"]);
        CliRun again = CliRun.Of(Command(folder["c"], "--tune", "3", "--tune-steps", "2"));
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(File.GetLastWriteTimeUtc(folder["c", "tuning", "supervised", "trial-1", "results.json"]), Is.EqualTo(written));
        CliRun other = CliRun.Of(Command(folder["c"], "--tune", "2"));
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("other settings"));
        CliRun lonely = CliRun.Of(Command(folder["d"], "--tune-part", "0.5"));
        Assert.That(lonely.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(lonely.Error, Does.Contain("for --tune"));
    }

    [Test]
    public void Trials_spread_over_four_times_less_and_more()
    {
        Assert.That(TuningFactors.Of(0), Is.EqualTo(new TuningFactors(1, 1)));
        TuningFactors[] all = [.. Enumerable.Range(1, 30).Select(TuningFactors.Of)];
        // 2 and 3 in turned binary digits are 1/4 and 3/4, in ternary ones 2/3 and 1/9.
        Assert.That(all[0].Rate, Is.EqualTo(0.5).Within(1e-12));
        Assert.That(all[0].Strength, Is.EqualTo(Math.Pow(2, 4 * (2.0 / 3 - 0.5))).Within(1e-12));
        Assert.That(all[1].Rate, Is.EqualTo(2).Within(1e-12));
        Assert.That(all[1].Strength, Is.EqualTo(Math.Pow(2, 4 * (1.0 / 9 - 0.5))).Within(1e-12));
        Assert.That(all.Select(f => f.Rate).Concat(all.Select(f => f.Strength)), Is.All.GreaterThan(0.25).And.All.LessThan(4));
        Assert.That(all.Distinct().Count(), Is.EqualTo(30));
    }

    [Test]
    public void Every_task_has_its_part_held_out_and_something_left()
    {
        // 40 samples with depth, 5 of them with classes too.
        TaskMask[] masks = [.. Enumerable.Range(0, 40).Select(i => i % 8 == 0 ? _tasks.All : TaskMask.None.With(1))];
        LabelAssignment visible = new(_tasks, masks);
        HeldOut held = new(visible, 0.25);
        LabelAssignment left = held.Without(visible);
        Assert.That(left.LabeledCount(0), Is.EqualTo(4), "of 5");
        Assert.That(left.LabeledCount(1), Is.EqualTo(30), "of 40");
        Assert.That(new HeldOut(visible, 0.25).Without(visible).LabeledCount(1), Is.EqualTo(30), "the same each time");
        // What another method sees more is held out too.
        LabelAssignment all = new(_tasks, [.. Enumerable.Repeat(_tasks.All, 40)]);
        LabelAssignment more = held.Without(all);
        Assert.That(
            Enumerable.Range(0, 40).Select(i => more[i] == TaskMask.None),
            Is.EqualTo(Enumerable.Range(0, 40).Select(i => left[i] == TaskMask.None))
        );
        LabelAssignment few = new(_tasks, TaskMask.None.With(0), TaskMask.None.With(1));
        Assert.That(() => new HeldOut(few, 0.25), Throws.TypeOf<UsageException>());
    }

    private static TrainerOptions Options(string checkpoint) => Jtr.Interop.Checkpoints.CheckpointInfo.Read(checkpoint).Options;
}
