using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>Scores and checkpoints on the way, dry runs and the search for a rate.</summary>
public sealed class TrainOnTheWayTests
{
    private static readonly string[] _small =
    [
        "--scenes",
        "4",
        "--test-scenes",
        "2",
        "--size",
        "32x32",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--method",
        "supervised",
        "--workers",
        "1",
        "--threads",
        "1",
    ];

    [Test]
    public void A_run_ends_when_its_scores_do_not_improve_and_keeps_the_best_and_the_last_checkpoints()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of([
            "train",
            "--steps",
            "50",
            "--eval-every",
            "1",
            "--early-stopping",
            "2",
            "--min-improvement",
            "100000",
            "--save-every",
            "1",
            "--keep",
            "2",
            "--output",
            folder["run"],
            .. _small,
        ]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("Stopped early at step 3: 2 times no better than at step 1.")
                .And.Contain("The best scores were those at step 1: " + folder["run", "best.safetensors"])
        );
        Assert.That(CheckpointInfo.Read(folder["run", "best.safetensors"]).Step, Is.EqualTo(1));
        Assert.That(CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Step, Is.EqualTo(3));
        Assert.That(
            Directory.GetFiles(folder["run"], "checkpoint-*").Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "checkpoint-00000002.safetensors", "checkpoint-00000003.safetensors" })
        );

        // It stays at its end, and goes on where it is told to be more patient; the settings are those of the run.
        CliRun again = CliRun.Of("train", "--resume", folder["run", "checkpoint.safetensors"], "--threads", "1");
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(again.Output, Does.Contain("Stopped early at step 3"));
        CliRun patient = CliRun.Of("train", "--resume", folder["run", "checkpoint.safetensors"], "--threads", "1", "--early-stopping", "4");
        Assert.That(patient.Output, Does.Contain("Stopped early at step 5: 4 times no better than at step 1."), patient.Error);
    }

    [Test]
    public void A_run_without_data_to_score_on_has_a_report_too()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 2);
        CliRun run = CliRun.Of(
            "train",
            "--data",
            folder["photos"],
            "--size",
            "32x32",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--steps",
            "2",
            "--method",
            "supervised",
            "--workers",
            "1",
            "--threads",
            "1",
            "--output",
            folder["run"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("There is nothing to score on").And.Contain($"The curves of its losses: {folder["run", "report.html"]}")
        );
        Assert.That(
            File.ReadAllText(folder["run", "report.html"]),
            Does.Contain("<figcaption>Loss</figcaption>").And.Contain("<th>training.method</th><td>supervised</td>")
        );
    }

    [Test]
    public void A_dry_run_tells_what_the_run_needs_and_writes_nothing()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", "--dry-run", "--steps", "1000", "--output", folder["run"], .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Match(@"parameters +[\d,]+ of the network")
                .And.Match(@"memory +[\d,]+ MiB")
                .And.Match(@"step +[\d.]+ ms")
                .And.Contain("1000 steps: about")
                .And.Contain("Nothing was written.")
        );
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void A_search_for_a_rate_shows_a_table_and_a_plot_and_writes_nothing()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", "--find-lr", "--output", folder["run"], .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("smoothed").And.Contain("*").And.Contain("1e-6").And.Contain("Nothing was written."));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [TestCase("--early-stopping 3", "--early-stopping needs --eval-every")]
    [TestCase(
        "--lr-schedule cosine --warmup 5 --steps 5",
        "the rate rises for 5 steps (--warmup) before it falls by a cosine, and the run has 5"
    )]
    [TestCase("--lr-schedule cosine --lr-decay-every 5", "--lr-decay-every is for --lr-schedule step")]
    [TestCase("--lr-final 0.1 --lr-schedule step", "--lr-final is for --lr-schedule cosine")]
    [TestCase("--dry-run --find-lr", "give one of them")]
    [TestCase("--resume x --dry-run", "for new runs")]
    [TestCase("--resume x --set training.seed=1", "for new runs")]
    public void Options_that_do_not_go_together_are_refused(string options, string words)
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", .. options.Split(' '), "--output", folder["run"], .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Error);
        Assert.That(run.Error, Does.Contain(words));
    }

    [Test]
    public void A_cosine_that_is_resumed_for_longer_ends_with_the_run()
    {
        using TemporaryFolder folder = new();
        Assert.That(
            CliRun.Of(["train", "--steps", "2", "--lr-schedule", "cosine", "--output", folder["run"], .. _small]).ExitCode,
            Is.EqualTo(ExitCode.Success)
        );
        string checkpoint = folder["run", "checkpoint.safetensors"];
        Assert.That(CheckpointInfo.Read(checkpoint).Options.Optimizer.DecaySteps, Is.EqualTo(2));
        CliRun longer = CliRun.Of("train", "--resume", checkpoint, "--steps", "4", "--threads", "1");
        Assert.That(longer.ExitCode, Is.EqualTo(ExitCode.Success), longer.Error);
        Assert.That(CheckpointInfo.Read(checkpoint).Options.Optimizer.DecaySteps, Is.EqualTo(4));
    }

    [Test]
    public void A_plot_marks_the_rate_and_spans_the_losses()
    {
        (double, double)[] points =
        [
            .. Enumerable.Range(0, 31).Select(i => (Math.Pow(10, -6 + i / 5.0), i < 15 ? 10.0 - i / 2.0 : 3 + (i - 15) * 5.0)),
        ];
        IReadOnlyList<string> lines = LossPlot.Draw(points, 1e-3);
        Assert.That(lines, Has.Count.EqualTo(15));
        Assert.That(lines[^1], Does.Contain("1e-6").And.EndsWith("1e+0"));
        Assert.That(lines.Take(14).Sum(l => l.Count(c => c == '|')), Is.GreaterThan(10));
        Assert.That(lines[13], Does.Contain("3 ").And.Contain("*"), "the smallest loss is on the last line");
        Assert.That(LossPlot.Draw([(1e-3, 1)], null), Is.Empty);
    }
}
