using System.Diagnostics;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>A training process that is killed again and again.</summary>
public sealed class KillTests
{
    private const int Kills = 20;

    private static readonly string[] _settings =
    [
        "--scenes", "3", "--test-scenes", "1", "--size", "32x32", "--width", "2", "--batch-size", "2", "--seed", "5", "--clip", "1", "--ema", "0.9", "--warmup", "5", "--balance", "uncertainty", "--save-every", "1",
    ];

    private static readonly string[] _machine = ["--workers", "1", "--threads", "1"];

    [Test]
    public void A_run_that_is_killed_twenty_times_ends_bit_for_bit_where_an_uninterrupted_one_does()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder["killed", "checkpoint.safetensors"];
        // The moments are random, but the same for every run of the test.
        Random random = new(1);
        long step = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            string[] arguments = step == 0
                ? ["train", "--output", folder["killed"], "--overwrite", "--steps", "1000000", .. _settings, .. _machine]
                : ["train", "--resume", checkpoint, .. _machine];
            using Process process = Start(arguments, folder["log"]);
            // Every third one at any moment of its start; the others once they have saved something, so that the run gets on.
            bool early = step > 0 && kill % 3 == 2;
            DateTime saved = File.Exists(checkpoint) ? File.GetLastWriteTimeUtc(checkpoint) : default;
            if (!early && !SpinWait.SpinUntil(() => process.HasExited || (File.Exists(checkpoint) && File.GetLastWriteTimeUtc(checkpoint) != saved), TimeSpan.FromMinutes(5)))
                Assert.Fail("the process saved nothing");
            Assert.That(process.HasExited, Is.False, () => File.ReadAllText(folder["log"]));
            Thread.Sleep(random.Next(early ? 400 : 40));
            process.Kill();
            process.WaitForExit();

            long now = CheckpointInfo.Read(checkpoint).Step;
            Assert.That(now, Is.GreaterThanOrEqualTo(step), "the last good checkpoint survives");
            step = now;
        }

        string total = (step + 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
        CliRun resumed = CliRun.Of(["train", "--resume", checkpoint, "--steps", total, .. _machine]);
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        CliRun whole = CliRun.Of(["train", "--output", folder["whole"], "--steps", total, .. _settings[..^1], "1000000", .. _machine]);
        Assert.That(whole.ExitCode, Is.EqualTo(ExitCode.Success), whole.Error);

        TensorBytes expected = TensorBytes.Read(folder["whole", "checkpoint.safetensors"]), actual = TensorBytes.Read(checkpoint);
        Assert.That(actual.Names, Is.EqualTo(expected.Names));
        // Weights of both networks, norms' statistics, the average, balancing and Adam's moments.
        foreach (string prefix in new[] { "model/", "jtr/", "ema/model/", "balancing/", "adam.exp_avg/model/", "adam.exp_avg_sq/jtr/" }) Assert.That(expected.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)), prefix);
        Assert.That(actual.Data.AsSpan().SequenceEqual(expected.Data), "the tensors, bit for bit");
        Assert.That(File.ReadAllText(folder["killed", "results.json"]), Is.EqualTo(File.ReadAllText(folder["whole", "results.json"])));
        Assert.That(Directory.GetFiles(folder["killed"]).Where(f => Path.GetFileName(f).StartsWith("checkpoint.safetensors.", StringComparison.Ordinal)), Is.Empty, "what killed processes left is gone");
        TestContext.Out.WriteLine($"{Kills} kills within {step} steps");
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
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
