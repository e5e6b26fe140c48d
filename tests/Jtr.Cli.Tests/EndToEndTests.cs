using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Tests;

/// <summary>Whole runs, as small as they get: these go down to the native library.</summary>
public sealed class EndToEndTests
{
    // A cosine would end with each part of a run.
    private static readonly string[] _small =
    [
        "--preset",
        "none",
        "--scenes",
        "4",
        "--test-scenes",
        "3",
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
    ];

    [Test]
    public void A_run_is_trained_scored_resumed_and_shown()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder["run", "checkpoint.safetensors"];
        CliRun train = CliRun.Of(["train", "--steps", "3", "--eval-every", "2", "--output", folder["run"], .. _small]);
        Assert.That(train.ExitCode, Is.EqualTo(ExitCode.Success), train.Error);
        Assert.That(train.Output, Does.Contain("jtr: step 3/3, epoch 2/2, loss ").And.Contain("scores at step 2:").And.Contain("mIoU"));
        foreach (
            string file in new[]
            {
                "checkpoint.safetensors",
                "results.json",
                "results.csv",
                "labels.json",
                "predictions.png",
                "history.csv",
            }
        )
            Assert.That(File.Exists(folder["run", file]), file);

        CliRun again = CliRun.Of(["train", "--output", folder["run"], .. _small]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(again.Error, Does.Contain("--resume").And.Contain("--overwrite"));

        CliRun changed = CliRun.Of("train", "--resume", checkpoint, "--seed", "5");
        Assert.That(changed.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(changed.Error, Does.Contain("--seed was 1 when the run began"));

        CliRun resumed = CliRun.Of(
            "train",
            "--resume",
            checkpoint,
            "--steps",
            "5",
            "--threads",
            "1",
            "--baseline",
            folder["run", "results.json"]
        );
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        Assert.That(resumed.Output, Does.Contain("goes on at step 3").And.Contain("step 5/5").And.Contain("Delta % over the baseline"));

        CliRun evaluate = CliRun.Of(
            "evaluate",
            checkpoint,
            "--threads",
            "1",
            "--json",
            folder["scores.json"],
            "--csv",
            folder["scores.csv"]
        );
        Assert.That(evaluate.ExitCode, Is.EqualTo(ExitCode.Success), evaluate.Error);
        Assert.That(
            File.ReadAllText(folder["scores.json"]),
            Is.EqualTo(File.ReadAllText(folder["run", "results.json"])),
            "the same network on the same data has the same scores"
        );
        Assert.That(File.ReadAllText(folder["scores.csv"]), Does.StartWith("task,kind,metric"));

        CliRun predict = CliRun.Of("predict", checkpoint, "--count", "2", "--output", folder["pictures"]);
        Assert.That(predict.ExitCode, Is.EqualTo(ExitCode.Success), predict.Error);
        Assert.That(File.Exists(folder["pictures", "predictions.png"]));

        // Any picture is a photograph to a network.
        CliRun photograph = CliRun.Of("predict", checkpoint, folder["run", "predictions.png"], "--output", folder["photographs"]);
        Assert.That(photograph.ExitCode, Is.EqualTo(ExitCode.Success), photograph.Error);
        Assert.That(
            Directory.GetFiles(folder["photographs"]).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "predictions.png", "predictions.segmentation.png", "predictions.depth.png", "predictions.normals.png" })
        );
    }

    [Test]
    public void A_run_that_is_interrupted_and_resumed_ends_where_an_uninterrupted_one_does()
    {
        using TemporaryFolder folder = new();
        string[] settings = ["--method", "supervised", .. _small];
        Assert.That(CliRun.Of(["train", "--steps", "6", "--output", folder["whole"], .. settings]).ExitCode, Is.EqualTo(ExitCode.Success));
        Assert.That(CliRun.Of(["train", "--steps", "2", "--output", folder["parts"], .. settings]).ExitCode, Is.EqualTo(ExitCode.Success));
        // What is computed again may change on the way, and changes nothing.
        Assert.That(
            CliRun
                .Of(
                    "train",
                    "--resume",
                    folder["parts", "checkpoint.safetensors"],
                    "--steps",
                    "6",
                    "--recomputation",
                    "stages",
                    "--threads",
                    "1",
                    "--workers",
                    "1"
                )
                .ExitCode,
            Is.EqualTo(ExitCode.Success)
        );
        Assert.That(File.ReadAllText(folder["parts", "config.json"]), Does.Contain("\"recomputation\": \"stages\""));
        Assert.That(File.ReadAllText(folder["parts", "results.json"]), Is.EqualTo(File.ReadAllText(folder["whole", "results.json"])));
    }

    [Test]
    public void Verbose_shows_the_librarys_messages_on_standard_error()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", "--steps", "1", "--method", "supervised", "--verbose", "--output", folder["run"], .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Error, Does.Contain("[Information] Saved " + folder["run", "checkpoint.safetensors"]));
        Assert.That(run.Output, Does.Not.Contain("[Information]"));
    }

    [Test]
    public void Cancelling_saves_says_how_to_go_on_and_exits_with_130()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        Task<CliRun> run = Task.Run(() =>
            CliRun.Of(
                stop.Token,
                ["train", "--steps", "1000000", "--method", "supervised", "--save-every", "1", "--output", folder["run"], .. _small]
            )
        );
        string checkpoint = folder["run", "checkpoint.safetensors"];
        // The first checkpoint tells that training is under way.
        SpinWait.SpinUntil(() => File.Exists(checkpoint) || run.IsCompleted, TimeSpan.FromMinutes(2));
        stop.Cancel();
        CliRun ended = run.GetAwaiter().GetResult();

        Assert.That(ended.ExitCode, Is.EqualTo(ExitCode.Canceled), ended.Error);
        Assert.That(ended.Output, Does.Contain("and saved. To go on: jtr train --resume " + checkpoint));
        Assert.That(CliRun.Of("evaluate", checkpoint).ExitCode, Is.EqualTo(ExitCode.Success));
    }

    [Test]
    public void The_demo_compares_supervised_training_with_jtr()
    {
        using TemporaryFolder folder = new();
        CliRun demo = CliRun.Of("demo", "--steps", "2", "--output", folder["demo"]);
        Assert.That(demo.ExitCode, Is.EqualTo(ExitCode.Success), demo.Error);
        Assert.That(demo.Output, Does.Contain("Delta %").And.Contain("One training of each"));
        foreach (string file in new[] { "comparison.png", "comparison.txt" })
            Assert.That(File.Exists(folder["demo", file]), file);
        EvaluationResult supervised = EvaluationResult.LoadJson(folder["demo", "supervised", "results.json"]),
            jtr = EvaluationResult.LoadJson(folder["demo", "jtr", "results.json"]);
        Assert.That(File.ReadAllText(folder["demo", "comparison.txt"]), Does.Contain(MetricFormat.Delta(jtr.DeltaPercent(supervised))));
        Assert.That(
            File.ReadAllText(folder["demo", "supervised", "labels.json"]),
            Is.EqualTo(File.ReadAllText(folder["demo", "jtr", "labels.json"])),
            "both see the same labels"
        );
    }

    [Test]
    public void A_checkpoint_that_is_damaged_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["bad.safetensors"], [1, 2, 3]);
        CliRun run = CliRun.Of("evaluate", folder["bad.safetensors"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain(folder["bad.safetensors"]));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public void An_output_that_cannot_be_written_shows_before_training()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["file"], "");
        CliRun run = CliRun.Of(["train", "--steps", "2", "--output", folder["file"], .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain(folder["file"]));
        Assert.That(run.Output, Does.Not.Contain("step"));
    }
}
