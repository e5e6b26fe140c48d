using System.Text.Json.Nodes;

namespace Jtr.Cli.Tests;

/// <summary>`jtr compare --jobs`.</summary>
[NonParallelizable]
public sealed class ParallelRunsTests
{
    private static readonly string[] _compare =
    [
        "compare",
        "--methods",
        "supervised,consistency",
        "--seeds",
        "2",
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
        "--steps",
        "3",
        "--threads",
        "1",
        "--workers",
        "1",
    ];

    [Test]
    public void Runs_at_once_give_what_runs_one_after_the_other_give()
    {
        using TemporaryFolder folder = new();
        CliRun one = CliRun.Of([.. _compare, "--output", folder["one"]]);
        Assert.That(one.ExitCode, Is.Zero, one.Error);
        CliRun two = CliRun.Of([.. _compare, "--output", folder["two"], "--jobs", "2"]);
        Assert.That(two.ExitCode, Is.Zero, two.Error);
        Assert.That(two.Output, Does.Contain("4 runs, 2 at once with 1 threads each"));
        foreach (string method in (string[])["supervised", "consistency"])
        {
            foreach (string seed in (string[])["seed-1", "seed-2"])
            {
                string run = Path.Combine(method, seed);
                Assert.That(
                    File.ReadAllText(Path.Combine(folder["two"], run, "results.json")),
                    Is.EqualTo(File.ReadAllText(Path.Combine(folder["one"], run, "results.json"))),
                    run
                );
                Assert.That(File.Exists(Path.Combine(folder["two"], run, "process.txt")), run);
            }
        }
        Assert.That(JsonNode.Parse(File.ReadAllText(folder["two", "comparison.json"])), Is.Not.Null);

        // What is finished is kept, and what is not is done, by as many as there are.
        File.Delete(folder["two", "consistency/seed-2/results.json"]);
        CliRun again = CliRun.Of([.. _compare, "--output", folder["two"], "--jobs", "3"]);
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(again.Output, Does.Contain("1 runs, 3 at once"));
        Assert.That(
            File.ReadAllText(folder["two", "consistency/seed-2/results.json"]),
            Is.EqualTo(File.ReadAllText(folder["one", "consistency/seed-2/results.json"]))
        );
    }

    [Test]
    public void A_run_that_fails_is_told_with_its_last_words()
    {
        using TemporaryFolder folder = new();
        // No checkpoint can be written where there is a folder of its name.
        Directory.CreateDirectory(folder["bad", "supervised/seed-1/checkpoint.safetensors"]);
        CliRun run = CliRun.Of([.. _compare, "--output", folder["bad"], "--jobs", "2"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain("supervised, seed 1' ended with code"));
    }
}
