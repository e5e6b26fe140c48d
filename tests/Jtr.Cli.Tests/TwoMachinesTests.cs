using System.Diagnostics;
using System.Globalization;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>`jtr train` on two machines: network namespaces with a cable between them.</summary>
[Platform("Linux")]
[NonParallelizable]
public sealed class TwoMachinesTests
{
    /// <summary>Seconds after which a process that does not answer is given up, and what others may need on top of it.</summary>
    private const int Timeout = 5,
        Margin = 30;

    private static readonly string[] _names = [$"jtr-a{Environment.ProcessId}", $"jtr-b{Environment.ProcessId}"];

    // Of the addresses for documentation (RFC 5737): no machine has them.
    private static readonly string[] _addresses = ["192.0.2.1", "192.0.2.2"];

    [OneTimeSetUp]
    public void Connect()
    {
        if (!File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") && !File.Exists("/usr/bin/ip"))
            Assert.Ignore("ip is not installed (Debian: apt-get install iproute2)");
        foreach (string name in _names)
        {
            if (Ip("netns", "add", name) is { Length: > 0 } problem)
                Assert.Ignore($"this user may make no network namespaces: {problem}");
        }
        Must("link", "add", "veth0", "netns", _names[0], "type", "veth", "peer", "name", "veth0", "netns", _names[1]);
        for (int i = 0; i < _names.Length; i++)
        {
            Must("-n", _names[i], "link", "set", "lo", "up");
            Must("-n", _names[i], "address", "add", $"{_addresses[i]}/24", "dev", "veth0");
            Must("-n", _names[i], "link", "set", "veth0", "up");
        }
    }

    [OneTimeTearDown]
    public void Disconnect()
    {
        foreach (string name in _names)
            Ip("netns", "delete", name);
    }

    [Test]
    public void A_cut_cable_ends_all_in_time_and_fewer_go_on()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder["run", "checkpoint.safetensors"];
        string[] arguments =
        [
            "train",
            "--scenes=6",
            "--size=32x32",
            "--width=2",
            "--batch-size=3",
            "--method=supervised",
            "--precision=float64",
            "--preset=none",
            "--workers=1",
            "--threads=1",
            "--no-tensorboard",
            "--no-check",
            "--steps=1000000",
            "--save-every=2",
            $"--process-timeout={Timeout}",
            "--output",
            folder["run"],
        ];
        // Rank 0 on one machine, two more on the other.
        StartedTool[] ranks =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(rank => new StartedTool(
                    arguments,
                    ["ip", "netns", "exec", _names[rank == 0 ? 0 : 1]],
                    ("RANK", $"{rank}"),
                    ("WORLD_SIZE", "3"),
                    ("MASTER_ADDR", _addresses[0]),
                    ("MASTER_PORT", "29500")
                )),
        ];
        try
        {
            ranks[0].WaitUntil(() => File.Exists(checkpoint) && CheckpointInfo.Read(checkpoint).Step >= 4);
            Must("-n", _names[0], "link", "set", "veth0", "down");
            Stopwatch watch = Stopwatch.StartNew();
            int[] codes = [.. ranks.Select(r => r.Wait())];
            TestContext.Out.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"all had ended {watch.Elapsed.TotalSeconds:F1} s after the cut")
            );
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(Timeout + Margin)));
            Assert.That(codes, Has.All.Not.EqualTo(ExitCode.Success));
            Assert.That(
                ranks[0].Said,
                Does.Contain("jtr: rank 0 of 3").And.Contain("ranks 1, 2 did not answer: ended, stopped or cut off")
            );
            foreach (int rank in (int[])[1, 2])
                Assert.That(ranks[rank].Said, Does.Match($"rank {rank} of 3.*rank 0, which keeps the store, did not answer"));
        }
        finally
        {
            foreach (StartedTool rank in ranks)
                rank.Dispose();
        }

        // Rank 0 was alive, and has saved what it had.
        long step = CheckpointInfo.Read(checkpoint).Step;
        Assert.That(step, Is.GreaterThanOrEqualTo(4));
        string more = (step + 2).ToString(CultureInfo.InvariantCulture);
        CliRun two = CliRun.Of(["train", "--resume", checkpoint, "--processes", "2", "--steps", more]);
        Assert.That(two.ExitCode, Is.EqualTo(ExitCode.Success), two.Error);
        Assert.That(CheckpointInfo.Read(checkpoint).Step, Is.EqualTo(step + 2));
        more = (step + 4).ToString(CultureInfo.InvariantCulture);
        CliRun alone = CliRun.Of(["train", "--resume", checkpoint, "--steps", more]);
        Assert.That(alone.ExitCode, Is.EqualTo(ExitCode.Success), alone.Error);
        Assert.That(CheckpointInfo.Read(checkpoint).Step, Is.EqualTo(step + 4));
    }

    private static void Must(params string[] arguments) => Assert.That(Ip(arguments), Is.Empty);

    /// <summary>What `ip` says is wrong; empty for nothing.</summary>
    private static string Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? ""
            : said.Length > 0 ? said.Trim()
            : $"ip ended with {process.ExitCode}";
    }
}
