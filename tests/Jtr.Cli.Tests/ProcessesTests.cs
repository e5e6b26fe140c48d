using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Jtr.Cli.Parallel;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Tests;

/// <summary>`jtr train` in several processes: started by itself, by hand, by a launcher; signals; processes that are killed.</summary>
[Platform("Linux")]
public sealed class ProcessesTests
{
    /// <summary>In double, with SGD, of a number's size if above 1: sums in another order, over a few steps.</summary>
    private const double Tolerance = 1e-8;

    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(3);

    // Five scenes in batches of three: shares differ, and the last batch has a sample for each of two.
    private static readonly string[] _small =
    [
        "--scenes",
        "5",
        "--test-scenes",
        "3",
        "--size",
        "32x32",
        "--width",
        "2",
        "--batch-size",
        "3",
        "--method",
        "supervised",
        "--precision",
        "float64",
        "--optimizer",
        "sgd",
        "--workers",
        "1",
        "--threads",
        "1",
        "--no-tensorboard",
        "--no-check",
    ];

    [Test]
    public void Processes_that_it_starts_train_as_one_and_one_goes_on()
    {
        using TemporaryFolder folder = new();
        CliRun one = CliRun.Of(["train", .. _small, "--steps", "3", "--output", folder["one"]]);
        Assert.That(one.ExitCode, Is.EqualTo(ExitCode.Success), one.Error);
        CliRun two = CliRun.Of(["train", "--processes", "2", .. _small, "--steps", "3", "--output", folder["two"]]);
        Assert.That(two.ExitCode, Is.EqualTo(ExitCode.Success), two.Error + two.Output);
        Assert.That(two.Output, Does.Contain("processes").And.Contain("2, which meet at 127.0.0.1:").And.Contain("step 3/3"));
        Assert.That(Count(two.Output, "step 3/3"), Is.EqualTo(1), "rank 0 alone tells");
        AssertClose(folder["two"], folder["one"]);
        Assert.That(Files(folder["two"]), Is.EqualTo(Files(folder["one"])));

        // A checkpoint of two, and one process.
        CliRun longer = CliRun.Of(["train", "--resume", folder["one"], "--steps", "5"]),
            alone = CliRun.Of(["train", "--resume", folder["two"], "--steps", "5"]);
        Assert.That((longer.ExitCode, alone.ExitCode), Is.EqualTo((ExitCode.Success, ExitCode.Success)), alone.Error);
        AssertClose(folder["two"], folder["one"]);
    }

    [Test]
    public void Processes_that_are_started_by_hand_find_each_other_and_the_first_one_speaks()
    {
        using TemporaryFolder folder = new();
        string port = LocalProcesses.FreePort().ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["train", .. _small, "--steps", "2", "--output", folder["run"]];
        StartedTool[] ranks =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(r => new StartedTool(
                    arguments,
                    ("RANK", $"{r}"),
                    ("WORLD_SIZE", "2"),
                    ("MASTER_ADDR", "127.0.0.1"),
                    ("MASTER_PORT", port)
                )),
        ];
        foreach (StartedTool rank in ranks)
            Assert.That(rank.Wait(), Is.EqualTo(ExitCode.Success), rank.Said);
        Assert.That(ranks[0].Said, Does.Contain("2, started by torchrun, which meet at 127.0.0.1:" + port));
        Assert.That(ranks[1].Said, Is.Empty);
        Assert.That(CheckpointInfo.Read(folder["run"]).Step, Is.EqualTo(2));
    }

    [TestCase("mpirun", "mpich", "-n 2", "(mpiexec|Open MPI)", "29500")]
    [TestCase("torchrun", "python3-torch", "--no_python --nproc_per_node 2 --redirects 1 --tee 1", "torchrun", @"\d+")]
    [TestCase("torchrun", "python3-torch", "--standalone --no_python --nproc_per_node 2 --redirects 1 --tee 1", "torchrun", @"\d+")]
    public void A_launcher_starts_them(string program, string package, string options, string name, string port)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, program))))
            Assert.Ignore($"{program} is not installed (Debian: apt-get install {package})");
        using TemporaryFolder folder = new();
        // torchrun 1.13 finds no names for what is not redirected, where Python is 3.11: so it writes to files as well.
        string[] own = name == "torchrun" ? ["--log_dir", folder["logs"], "--master_port", $"{LocalProcesses.FreePort()}"] : [];
        using StartedTool run = new(
            ["train", .. _small, "--steps", "2", "--output", folder["run"]],
            launcher: [program, .. options.Split(' '), .. own],
            ("OMP_NUM_THREADS", "1")
        );
        Assert.That(run.Wait(), Is.EqualTo(ExitCode.Success), run.Said);
        Assert.That(run.Said, Does.Match($@"2, started by {name}, which meet at [\w.-]+:{port}"));
        Assert.That(Count(run.Said, "step 2/2"), Is.EqualTo(1), "rank 0 alone tells");
        Assert.That(CheckpointInfo.Read(folder["run"]).Step, Is.EqualTo(2));
    }

    [Test]
    public void A_signal_stops_all_and_the_run_is_saved()
    {
        using TemporaryFolder folder = new();
        using StartedTool run = new(["train", "--processes", "2", .. _small, "--steps", "1000000", "--output", folder["run"]]);
        run.WaitFor("step 1/");
        Assert.That(Kill(run.Id, SigTerm), Is.Zero);
        Assert.That(run.Wait(), Is.EqualTo(ExitCode.Canceled), run.Said);
        Assert.That(run.Said, Does.Contain("Stopped at step"));
        Assert.That(CheckpointInfo.Read(folder["run"]).Step, Is.GreaterThan(0));
    }

    [Test]
    public void Killed_again_and_again_a_run_ends_to_the_bit_where_an_uninterrupted_one_does()
    {
        int kills = int.TryParse(Environment.GetEnvironmentVariable("JTR_KILLS"), CultureInfo.InvariantCulture, out int said) ? said : 2;
        using TemporaryFolder folder = new();
        string checkpoint = folder["killed", "checkpoint.safetensors"];
        // Without a preset, whose cosine would end with the million steps.
        string[] settings = [.. _small, "--preset", "none", "--save-every", "2", "--steps", "1000000"];
        Random random = new(1);
        long step = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            string[] arguments = step == 0 ? [.. settings, "--output", folder["killed"], "--overwrite"] : ["--resume", checkpoint];
            using StartedTool run = new(["train", "--processes", "2", .. arguments]);
            run.WaitUntil(() => File.Exists(checkpoint) && CheckpointInfo.Read(checkpoint).Step > step);
            Thread.Sleep(random.Next(250));
            int rank = random.Next(2);
            Assert.That(Kill(run.ChildOf(rank), SigKill), Is.Zero);
            Stopwatch watch = Stopwatch.StartNew();
            Assert.That(run.Wait(), Is.EqualTo(128 + SigKill), run.Said);
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)));
            Assert.That(run.Said, Does.Contain($"rank {rank} was ended by signal 9; the others end too"));
            // The other one noticed by itself who is missing.
            Assert.That(run.Said, Does.Match($"jtr: rank {1 - rank} of 2 .*rank {rank}"));
            long now = CheckpointInfo.Read(checkpoint).Step;
            Assert.That(now, Is.GreaterThan(step), "the last good checkpoint survives");
            step = now;
        }
        TestContext.Out.WriteLine($"{kills} kills; the last checkpoint was that of step {step}");
        string total = (step + 2).ToString(CultureInfo.InvariantCulture);
        CliRun resumed = CliRun.Of(["train", "--processes", "2", "--resume", checkpoint, "--steps", total]);
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        CliRun whole = CliRun.Of(["train", "--processes", "2", .. settings[..^1], total, "--output", folder["whole"]]);
        Assert.That(whole.ExitCode, Is.EqualTo(ExitCode.Success), whole.Error);
        TensorBytes expected = TensorBytes.Read(folder["whole", "checkpoint.safetensors"]),
            actual = TensorBytes.Read(checkpoint);
        Assert.That(actual.Names, Is.EqualTo(expected.Names));
        Assert.That(actual.Data.AsSpan().SequenceEqual(expected.Data), "the tensors, bit for bit");
    }

    [Test]
    public void What_launchers_leave_half_said_is_an_error_that_names_the_variable()
    {
        using TemporaryFolder folder = new();
        string[] arguments = ["train", .. _small, "--steps", "1", "--output", folder["run"]];
        using StartedTool half = new(arguments, ("RANK", "0")),
            both = new([.. arguments, "--processes", "2"], ("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "h"), ("MASTER_PORT", "1"));
        Assert.That(half.Wait(), Is.EqualTo(ExitCode.Usage));
        Assert.That(half.Said, Does.Contain("The environment variable WORLD_SIZE is not set, though RANK is."));
        Assert.That(both.Wait(), Is.EqualTo(ExitCode.Usage));
        Assert.That(both.Said, Does.Contain("--processes 2 starts processes, but this one was started as rank 0 of 2 by torchrun"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void The_doctor_tells_what_a_launcher_says()
    {
        using StartedTool good = new(["doctor"], ("PMI_RANK", "1"), ("PMI_SIZE", "4"), ("MASTER_ADDR", "10.0.0.9")),
            wrong = new(["doctor"], ("PMI_RANK", "1"));
        Assert.That(good.Wait(), Is.EqualTo(ExitCode.Success), good.Said);
        Assert.That(good.Said, Does.Contain("rank 1 of 4 by mpiexec").And.Contain("10.0.0.9:29500 (c10d works)"));
        Assert.That(wrong.Wait(), Is.EqualTo(ExitCode.Failure));
        Assert.That(wrong.Said, Does.Contain("wrong  processes").And.Contain("PMI_SIZE is not set"));
    }

    private const int SigKill = 9,
        SigTerm = 15;

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static string[] Files(string folder) => [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)).Order()];

    private static void AssertClose(string folder, string expectedFolder)
    {
        (TensorBytes actual, TensorBytes expected) = (Tensors(folder), Tensors(expectedFolder));
        Assert.That(actual.Names, Is.EqualTo(expected.Names));
        double[] a = [.. MemoryMarshal.Cast<byte, double>(actual.Data)],
            b = [.. MemoryMarshal.Cast<byte, double>(expected.Data)];
        Assert.That(a, Has.Length.EqualTo(b.Length));
        for (int i = 0; i < a.Length; i++)
        {
            // Whole numbers among them are not read as such, but are the same.
            if (!a[i].Equals(b[i]))
                Assert.That(a[i], Is.EqualTo(b[i]).Within(Tolerance * Math.Max(1, Math.Abs(b[i]))), $"element {i}");
        }
        EvaluationResult mine = EvaluationResult.LoadJson(Path.Combine(folder, "results.json")),
            theirs = EvaluationResult.LoadJson(Path.Combine(expectedFolder, "results.json"));
        Assert.That(mine.Samples, Is.EqualTo(theirs.Samples));
        foreach ((TaskResult x, TaskResult y) in mine.Tasks.Zip(theirs.Tasks))
            Assert.That(x.Metrics.Select(m => m.Value), Is.EqualTo(y.Metrics.Select(m => m.Value)).Within(1e-3));
    }

    private static TensorBytes Tensors(string folder) => TensorBytes.Read(Path.Combine(folder, "checkpoint.safetensors"));
}
