using System.Diagnostics;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>A training process that is killed again and again.</summary>
public sealed class KillTests
{
    private const int Kills = 20;

    // The steps over which the kills are spread: a random one in each twentieth of them.
    private const int Span = 100;

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(5);

    // Saved at every other step, so that a kill may also fall between a step and its checkpoint.
    private static readonly string[] _settings =
    [
        "--preset",
        "none",
        "--scenes",
        "3",
        "--test-scenes",
        "1",
        "--size",
        "32x32",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--seed",
        "5",
        "--clip",
        "1",
        "--ema",
        "0.9",
        "--warmup",
        "5",
        "--balance",
        "uncertainty",
        "--save-every",
        "2",
    ];

    private static readonly string[] _machine = ["--workers", "1", "--threads", "1"];

    [Test]
    public void A_run_that_is_killed_twenty_times_ends_bit_for_bit_where_an_uninterrupted_one_does()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder["killed", "checkpoint.safetensors"];
        // The moments are random, but the same for every run of the test: they are steps and parts of a start, not times.
        Random random = new(1);
        long step = 0;
        TimeSpan start = TimeSpan.Zero;
        List<long> steps = [];
        for (int kill = 0; kill < Kills; kill++)
        {
            string[] arguments =
                step == 0
                    ? ["train", "--output", folder["killed"], "--overwrite", "--steps", "1000000", .. _settings, .. _machine]
                    : ["train", "--resume", checkpoint, .. _machine];
            using Process process = Start(arguments, folder["log"]);
            Stopwatch watch = Stopwatch.StartNew();
            long from = step,
                wanted = Math.Max(step + 1, (long)((kill + random.NextDouble()) * Span / Kills));
            if (step > 0 && kill % 3 == 2)
            {
                // At any moment of its start, which takes about as long as the last one did.
                Thread.Sleep(start * random.NextDouble());
            }
            else
            {
                Wait(process, folder["log"], () => StepOf(checkpoint) > from);
                start = watch.Elapsed;
                Wait(process, folder["log"], () => StepOf(checkpoint) >= wanted);
                // Anywhere within the steps that follow.
                Thread.Sleep(random.Next(30));
            }
            Assert.That(process.HasExited, Is.False, () => File.ReadAllText(folder["log"]));
            process.Kill();
            process.WaitForExit();

            long now = StepOf(checkpoint);
            Assert.That(now, Is.GreaterThanOrEqualTo(step), "the last good checkpoint survives");
            step = now;
            steps.Add(step);
        }
        TestContext.Out.WriteLine($"{Kills} kills; the steps of the checkpoints that survived: {string.Join(", ", steps)}");
        Assert.That(step, Is.GreaterThanOrEqualTo(Span * (Kills - 1) / Kills), "the kills reach over the run");

        string total = (step + 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
        CliRun resumed = CliRun.Of(["train", "--resume", checkpoint, "--steps", total, .. _machine]);
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        CliRun whole = CliRun.Of(["train", "--output", folder["whole"], "--steps", total, .. _settings[..^1], "1000000", .. _machine]);
        Assert.That(whole.ExitCode, Is.EqualTo(ExitCode.Success), whole.Error);

        TensorBytes expected = TensorBytes.Read(folder["whole", "checkpoint.safetensors"]),
            actual = TensorBytes.Read(checkpoint);
        Assert.That(actual.Names, Is.EqualTo(expected.Names));
        // Weights of both networks, norms' statistics, the average, balancing and Adam's moments.
        foreach (string prefix in new[] { "model/", "jtr/", "ema/model/", "balancing/", "adam.exp_avg/model/", "adam.exp_avg_sq/jtr/" })
            Assert.That(expected.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)), prefix);
        Assert.That(actual.Data.AsSpan().SequenceEqual(expected.Data), "the tensors, bit for bit");
        Assert.That(File.ReadAllText(folder["killed", "results.json"]), Is.EqualTo(File.ReadAllText(folder["whole", "results.json"])));
        Assert.That(
            Directory
                .GetFiles(folder["killed"])
                .Where(f => Path.GetFileName(f).StartsWith("checkpoint.safetensors.", StringComparison.Ordinal)),
            Is.Empty,
            "what killed processes left is gone"
        );
    }

    private static long StepOf(string checkpoint) => File.Exists(checkpoint) ? CheckpointInfo.Read(checkpoint).Step : 0;

    private static void Wait(Process process, string log, Func<bool> isReached)
    {
        if (
            !SpinWait.SpinUntil(
                () =>
                {
                    Thread.Sleep(2);
                    return process.HasExited || isReached();
                },
                _longest
            )
        )
            Assert.Fail("the process saved nothing for minutes");
        Assert.That(process.HasExited, Is.False, () => File.ReadAllText(log));
    }

    private static Process Start(string[] arguments, string log)
    {
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        // The shell becomes the program, so that it is the program that is killed.
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" > \"$0\" 2>&1");
        start.ArgumentList.Add(log);
        start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
