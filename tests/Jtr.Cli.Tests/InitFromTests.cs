using System.Text.Json.Nodes;
using Jtr.Cli.Output;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>`jtr train --init-from`: weights of another run to begin with.</summary>
public sealed class InitFromTests
{
    private static readonly string[] _small =
    [
        "--preset",
        "none",
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
        "--threads",
        "1",
        "--workers",
        "1",
    ];

    [Test]
    public void A_run_begins_with_what_fits_of_another_run_and_says_what_did()
    {
        using TemporaryFolder folder = new();
        Train("--output", folder["first"], "--tasks", "segmentation,depth", "--steps", "2");
        CliRun run = Train(
            "--output",
            folder["second"],
            "--tasks",
            "depth,normals",
            "--steps",
            "1",
            "--learning-rate",
            "1e-12",
            "--init-from",
            folder["first"]
        );
        string checkpoint = folder["first", "checkpoint.safetensors"];
        Assert.That(
            run.Output,
            Does.Contain($"Begins with the weights of {checkpoint}: ").And.Contain("heads of depth; fresh heads for normals")
        );

        // At a rate of nearly nothing the weights stay.
        using (
            Trainer before = Trainer.Load(checkpoint),
                after = Trainer.Load(folder["second", "checkpoint.safetensors"])
        )
        {
            string stage = before
                .State.First(i => i.Name.StartsWith("model/encoder_block", StringComparison.Ordinal) && i.Shape.Count == 4)
                .Name;
            Assert.That(after.State.Read(stage), Is.EqualTo(before.State.Read(stage)).Within(1e-9));
            string head = before.State.First(i => i.Name.StartsWith("model/pred_task2", StringComparison.Ordinal)).Name;
            Assert.That(
                after.State.Read(head.Replace("task2", "task1", StringComparison.Ordinal)),
                Is.EqualTo(before.State.Read(head)).Within(1e-9)
            );
        }
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder["second", "config.json"]))!;
        Assert.That((string)config["training"]!["initFrom"]!, Is.EqualTo(checkpoint));

        CliRun resumed = CliRun.Of("train", "--resume", folder["second"], "--steps", "2", "--init-from", folder["second"]);
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(resumed.Error, Does.Contain($"--init-from was {checkpoint} when the run began"));
    }

    [Test]
    public void What_it_cannot_begin_with_is_told() =>
        Assert.Multiple(() =>
        {
            using TemporaryFolder folder = new();
            CliRun none = CliRun.Of(["train", "--output", folder["run"], "--init-from", folder["nowhere"], .. _small]);
            Assert.That(
                (none.ExitCode, none.Error.Contains($"{folder["nowhere"]}: there is no such file or folder", StringComparison.Ordinal)),
                Is.EqualTo((ExitCode.Failure, true)),
                none.Error
            );
            Train("--output", folder["wide"], "--steps", "1", "--width", "3");
            CliRun other = CliRun.Of(["train", "--output", folder["run"], "--init-from", folder["wide"], .. _small]);
            Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
            Assert.That(
                other.Error,
                Does.Contain("--init-from: ").And.Contain("has no weight that fits the network").And.Not.Contain("Parameter")
            );
        });

    private static CliRun Train(params string[] arguments)
    {
        List<string> line = ["train", .. arguments];
        foreach (string[] pair in _small.Chunk(2))
        {
            if (!arguments.Contains(pair[0]))
                line.AddRange(pair);
        }
        CliRun run = CliRun.Of([.. line]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        return run;
    }
}
