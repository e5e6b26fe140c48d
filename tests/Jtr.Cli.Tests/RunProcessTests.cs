using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>Training as a process: signals, a terminal, a folder in use, the log.</summary>
public sealed partial class RunProcessTests
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(3);

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
        "--threads",
        "1",
        "--workers",
        "1",
        "--no-tensorboard",
    ];

    [TestCase("HUP")]
    [TestCase("TERM")]
    [TestCase("INT")]
    [Platform("Linux")]
    public void A_signal_is_answered_at_once_and_the_run_is_saved(string signal)
    {
        using TemporaryFolder folder = new();
        using Process process = Start(folder, ["train", .. _small, "--steps", "1000000", "--output", folder["run"]]);
        Wait(process, folder, () => Log(folder).Contains("step 1/", StringComparison.Ordinal));
        using (Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]))
            kill.WaitForExit();
        Assert.That(process.WaitForExit(_longest), Is.True);
        Assert.That(process.ExitCode, Is.EqualTo(ExitCode.Canceled), Log(folder));
        Assert.That(CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Step, Is.GreaterThan(0));
        string said = Log(folder);
        Assert.That(said, Does.Contain("Stopping after this step, then saving").And.Contain("Stopped at step"));
        Assert.That(
            said.IndexOf("Stopping after", StringComparison.Ordinal),
            Is.LessThan(said.IndexOf("Stopped at step", StringComparison.Ordinal))
        );
        Assert.That(File.ReadAllText(folder["run", "log.txt"]), Does.Contain("Stopping after").And.Contain("Stopped at step"));
    }

    [Test]
    [Platform("Linux")]
    public void A_second_run_into_a_folder_in_use_is_refused_and_one_after_a_crash_is_not()
    {
        using TemporaryFolder folder = new();
        using Process process = Start(folder, ["train", .. _small, "--steps", "1000000", "--output", folder["run"]]);
        Wait(process, folder, () => Log(folder).Contains("step 1/", StringComparison.Ordinal));
        CliRun second = CliRun.Of(["train", .. _small, "--steps", "1", "--overwrite", "--output", folder["run"]]);
        Assert.That(second.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(second.Error, Does.Contain($"{folder["run"]} is in use"));
        process.Kill();
        process.WaitForExit();
        Assert.That(File.Exists(folder["run", ".jtr-lock"]), "what a killed process leaves");
        CliRun third = CliRun.Of(["train", .. _small, "--steps", "1", "--overwrite", "--output", folder["run"]]);
        Assert.That(third.ExitCode, Is.EqualTo(ExitCode.Success), third.Error);
        Assert.That(File.Exists(folder["run", ".jtr-lock"]), Is.False);
    }

    [Test]
    public void A_quiet_run_says_nothing_and_its_log_everything()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of([
            "train",
            .. _small,
            "--scenario",
            "full",
            "--steps",
            "3",
            "--eval-every",
            "2",
            "--quiet",
            "--output",
            folder["run"],
        ]);
        Assert.That((run.ExitCode, run.Output, run.Error), Is.EqualTo((ExitCode.Success, "", "")));
        string[] log = File.ReadAllLines(folder["run", "log.txt"]);
        Assert.That(log, Has.All.Match(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  "));
        string text = string.Join('\n', log);
        Assert.That(text, Does.Contain("Training").And.Contain("supervised: step 3/3").And.Contain("scores at step 2").And.Contain("mIoU"));
        Assert.That(
            LogSteps().Matches(text).Select(m => m.Value),
            Is.EqualTo(new[] { "step 1/3", "step 3/3" }),
            "one row of the whole run"
        );
    }

    [Test]
    public void A_run_may_be_scored_as_JSON_on_standard_output()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of([
            "train",
            .. _small,
            "--lr",
            "1e-3",
            "--epoch",
            "1",
            "--scenario",
            "full",
            "--quiet",
            "--output",
            folder["run"],
        ]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(CheckpointInfo.Read(folder["run"]).TrainingSize, Is.EqualTo((32, 32)));
        CliRun scored = CliRun.Of("evaluate", folder["run"], "--json", "-");
        Assert.That(scored.ExitCode, Is.EqualTo(ExitCode.Success), scored.Error);
        Assert.That(scored.Output, Does.StartWith("{").And.EndWith("}\n"));
        Assert.That(scored.Error, Does.Contain("Scores on 2 samples"));
    }

    /// <summary>Drives the program in a pseudo-terminal, and looks at what stands on it at the end.</summary>
    [TestCase("train")]
    [TestCase("compare")]
    [Platform("Linux")]
    public void On_a_terminal_there_is_one_bar_over_the_whole_run(string command)
    {
        if (!File.Exists("/usr/bin/script"))
            Assert.Ignore("there is no /usr/bin/script, of util-linux, which makes a pseudo-terminal");
        using TemporaryFolder folder = new();
        string[] own = command == "train" ? ["--eval-every", "2"] : ["--methods", "supervised,jtr", "--seeds", "1", "--eval-every", "2"];
        string line = string.Join(
            ' ',
            [
                "stty cols 100 rows 60; exec dotnet",
                Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll"),
                command,
                .. command == "train" ? _small : _small[..^1],
                .. own,
                "--steps",
                "6",
                "--output",
                folder["run"],
            ]
        );
        ProcessStartInfo start = new("/usr/bin/script", ["-qec", line, "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment.Remove("CI");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string written = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, written);

        string[] screen = Screen.Of(written, 100);
        string shown = string.Join('\n', screen);
        string name = command == "train" ? "supervised" : "jtr, seed 1";
        string[] bars = [.. screen.Where(l => l.Contains('%') && l.Contains('━'))];
        TestContext.Out.WriteLine(shown);
        Assert.That(bars, Has.Length.EqualTo(command == "train" ? 1 : 2), shown);
        Assert.That(bars[^1], Does.Contain($"{name} step 6/6, epoch 3/3").And.Contain("loss ").And.Contain("100%"));
        if (command == "compare")
            Assert.That(bars[0], Does.Contain("run 2 of 2").And.Contain("100%"));
        Assert.That(
            shown,
            command == "train" ? Does.Contain("scores at step 2").And.Contain("scores at step 4") : Does.Contain("run 2 of 2")
        );
    }

    [GeneratedRegex(@"step \d+/3")]
    private static partial Regex LogSteps();

    private static string Log(TemporaryFolder folder)
    {
        if (!File.Exists(folder["log"]))
            return "";
        using FileStream stream = new(folder["log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static void Wait(Process process, TemporaryFolder folder, Func<bool> isReached)
    {
        bool isThere = SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(20);
                return process.HasExited || isReached();
            },
            _longest
        );
        Assert.That(isThere && !process.HasExited, () => Log(folder));
    }

    private static Process Start(TemporaryFolder folder, string[] arguments)
    {
        // The shell becomes the program, so that it is the program that gets the signal.
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" > \"$0\" 2>&1");
        start.ArgumentList.Add(folder["log"]);
        // Under nohup, or in the background of a script, signals are ignored, and a program inherits that.
        start.ArgumentList.Add("env");
        start.ArgumentList.Add("--default-signal=HUP,INT,TERM");
        start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Jtr.Cli.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
