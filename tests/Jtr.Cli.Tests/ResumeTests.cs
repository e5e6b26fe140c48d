using System.Text.Json.Nodes;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>A run goes on with what it began with, and one that fails says where it can.</summary>
public sealed class ResumeTests
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
    ];

    private int _threads;

    [SetUp]
    public void RememberThreads() => _threads = JtrRuntime.Threads;

    [TearDown]
    public void RestoreThreads()
    {
        JtrRuntime.Threads = _threads;
        JtrRuntime.SetChunkBytes(0);
        JtrRuntime.SetDeterministic(false);
    }

    [Test]
    public void A_resumed_run_computes_with_the_threads_chunks_workers_and_device_that_it_began_with()
    {
        using TemporaryFolder folder = new();
        CliRun begun = CliRun.Of([
            "train",
            "--steps",
            "1",
            "--output",
            folder["run"],
            "--threads",
            "1",
            "--workers",
            "2",
            "--chunk-bytes",
            "65536",
            "--deterministic",
            "--device",
            "cpu",
            .. _small,
        ]);
        Assert.That(begun.ExitCode, Is.EqualTo(ExitCode.Success), begun.Error);
        JsonNode machine = Machine();

        // As in a new process.
        JtrRuntime.Threads = 2;
        CliRun resumed = CliRun.Of("train", "--resume", folder["run"], "--steps", "2");
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        Assert.That(JtrRuntime.Threads, Is.EqualTo(1));
        Assert.That(Machine().ToJsonString(), Is.EqualTo(machine.ToJsonString()));
        Assert.That((string)machine["device"]!, Is.EqualTo("cpu"));
        if (Environment.ProcessorCount != 1)
            Assert.That(resumed.Output, Does.Contain("It goes on with --threads 1, as it began"));

        CliRun other = CliRun.Of("train", "--resume", folder["run"], "--steps", "3", "--threads", "2");
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Success), other.Error);
        Assert.That((int)Machine()["threads"]!, Is.EqualTo(2));
        Assert.That(other.Output, Does.Contain("The run began with --threads 1: with 2 sums are rounded otherwise"));

        JsonNode Machine() => JsonNode.Parse(File.ReadAllText(folder["run", "config.json"]))!["machine"]!;
    }

    [Test]
    public void A_run_whose_number_of_threads_was_not_said_goes_on_with_as_many_as_there_were()
    {
        using TemporaryFolder folder = new();
        JtrRuntime.Threads = 1;
        CliRun begun = CliRun.Of(["train", "--steps", "1", "--output", folder["run"], .. _small]);
        Assert.That(begun.ExitCode, Is.EqualTo(ExitCode.Success), begun.Error);
        JtrRuntime.Threads = 2;
        CliRun resumed = CliRun.Of("train", "--resume", folder["run"], "--steps", "2");
        Assert.That((resumed.ExitCode, JtrRuntime.Threads), Is.EqualTo((ExitCode.Success, 1)), resumed.Error);
    }

    [Test]
    public void A_run_that_fails_says_that_it_is_saved_and_how_it_goes_on()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 3);
        PhotoFolder.Write(folder["photos", "test"], 2);
        File.WriteAllText(folder["photos", "test", "image", "photo1.png"], "no picture");
        CliRun run = CliRun.Of(
            "train",
            "--data",
            folder["photos"],
            "--size",
            "32x32",
            "--steps",
            "4",
            "--eval-every",
            "2",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--workers",
            "1",
            "--threads",
            "1",
            "--output",
            folder["run"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain("photo1.png"));
        Assert.That(
            run.Output,
            Does.Contain($"What was trained up to step 2 is saved. To go on: jtr train --resume {folder["run", "checkpoint.safetensors"]}")
        );
    }

    [Test]
    public void A_run_that_fails_before_its_first_step_can_be_started_again()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 2);
        byte[] picture = File.ReadAllBytes(folder["photos", "image", "photo0.png"]);
        foreach (string name in new[] { "photo0.png", "photo1.png" })
            File.WriteAllText(folder["photos", "image", name], "no picture");
        string[] command =
        [
            "train",
            "--data",
            folder["photos"],
            "--size",
            "32x32",
            "--steps",
            "1",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--workers",
            "1",
            "--threads",
            "1",
            "--output",
            folder["run"],
        ];
        CliRun run = CliRun.Of(command);
        Assert.That((run.ExitCode, run.Output.Contains("is saved", StringComparison.Ordinal)), Is.EqualTo((ExitCode.Failure, false)));
        foreach (string name in new[] { "photo0.png", "photo1.png" })
            File.WriteAllBytes(folder["photos", "image", name], picture);
        Assert.That(CliRun.Of(command).ExitCode, Is.EqualTo(ExitCode.Success));
    }
}
