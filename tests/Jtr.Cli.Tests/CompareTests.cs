using System.Diagnostics;
using System.Text.Json;
using Jtr.Cli.Comparison;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Tests;

/// <summary>Comparisons, as small as they get.</summary>
public sealed class CompareTests
{
    private static readonly string[] _small =
    [
        "--scenes",
        "6",
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
        "--tasks",
        "segmentation,depth",
    ];

    [Test]
    public void All_methods_are_trained_scored_tabled_and_drawn_and_more_seeds_can_be_added()
    {
        using TemporaryFolder folder = new();
        string[] command = ["compare", "--steps", "3", "--eval-every", "2", "--output", folder["c"], .. _small];
        CliRun first = CliRun.Of([.. command, "--seeds", "1"]);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Success), first.Error);
        // Scenes have no files that labels could lie beside.
        string[] methods = [.. ComparedMethod.All.Where(m => !m.HasSpecialists).Select(m => m.Name)];
        Assert.That(methods, Has.Length.EqualTo(12));
        string table = File.ReadAllText(folder["c", "comparison.md"]);
        foreach (string method in methods)
        {
            Assert.That(table, Does.Contain($"| {method} |"));
            EvaluationResult result = EvaluationResult.LoadJson(folder["c", method, "seed-1", "results.json"]);
            Assert.That(table, Does.Contain($"| {MetricFormat.Value(result["depth"].Headline)} |"), method);
            Assert.That(
                RunRecord.Read(folder["c", method, "seed-1", "record.json"]).Scores.Select(s => s.Step),
                Is.EqualTo(new[] { 2L, 3L }),
                method
            );
            Assert.That(
                File.ReadAllText(folder["c", method, "seed-1", "labels.json"])
                    == File.ReadAllText(folder["c", "supervised", "seed-1", "labels.json"]),
                Is.EqualTo(method != ComparedMethod.Ceiling),
                "all see the same labels, but for the ceiling"
            );
        }
        foreach (string file in new[] { "scores.png", "delta.png", "pictures.png" })
            Assert.That(
                File.ReadAllBytes(folder["c", file]).AsSpan(0, 4).ToArray(),
                Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47 }),
                file
            );
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["c", "comparison.json"]));
        Assert.That(json.RootElement.GetProperty("Methods").GetArrayLength(), Is.EqualTo(methods.Length));

        DateTime written = File.GetLastWriteTimeUtc(folder["c", "jtr", "seed-1", "results.json"]);
        CliRun second = CliRun.Of([.. command, "--seeds", "2", "--methods", "jtr,supervised"]);
        Assert.That(second.ExitCode, Is.EqualTo(ExitCode.Success), second.Error);
        Assert.That(File.GetLastWriteTimeUtc(folder["c", "jtr", "seed-1", "results.json"]), Is.EqualTo(written), "a finished run is kept");
        Assert.That(second.Output, Does.Contain("2 of them finished").And.Contain("±"));
        string[] rows = File.ReadAllLines(folder["c", "scores.csv"]);
        Assert.That(rows.Skip(1).Select(r => r.Split(',')[0]).Distinct(), Is.EqualTo(new[] { "supervised", "jtr" }));
        double[] depths =
        [
            .. new[] { 1, 2 }.Select(s =>
                EvaluationResult.LoadJson(folder["c", "jtr", $"seed-{s}", "results.json"])["depth"].Headline.Value
            ),
        ];
        string mean = rows.First(r => r.StartsWith("jtr,depth", StringComparison.Ordinal)).Split(',')[5];
        Assert.That(
            double.Parse(mean, System.Globalization.CultureInfo.InvariantCulture),
            Is.EqualTo((depths[0] + depths[1]) / 2).Within(1e-12),
            "rounding of a sum"
        );
    }

    [Test]
    public void A_comparison_that_is_killed_and_started_again_ends_like_one_that_was_not()
    {
        using TemporaryFolder folder = new();
        string[] Command(string output) =>
            [
                "compare",
                "--methods",
                "supervised,mtpsl,jtr",
                "--seeds",
                "1",
                "--steps",
                "40",
                "--eval-every",
                "10",
                "--save-every",
                "3",
                "--output",
                folder[output],
                .. _small,
            ];
        CliRun whole = CliRun.Of(Command("whole"));
        Assert.That(whole.ExitCode, Is.EqualTo(ExitCode.Success), whole.Error);

        ProcessStartInfo start = new("dotnet", [typeof(JtrCommandLine).Assembly.Location, .. Command("killed")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using (Process process = Process.Start(start)!)
        {
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            // In the middle of the second method: a checkpoint is there, scores are not.
            while (!File.Exists(folder["killed", "mtpsl", "seed-1", "checkpoint.safetensors"]) && !process.HasExited)
                Thread.Sleep(5);
            process.Kill();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.EqualTo(128 + 9), process.StandardError.ReadToEnd());
        }
        Assert.That(File.Exists(folder["killed", "supervised", "seed-1", "results.json"]), "finished before");
        Assert.That(File.Exists(folder["killed", "jtr", "seed-1", "results.json"]), Is.False, "killed in the middle");

        CliRun again = CliRun.Of(Command("killed"));
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(again.Output, Does.Match("[12] of them finished"), "a slow machine may kill late");
        Assert.That(File.ReadAllText(folder["killed", "scores.csv"]), Is.EqualTo(File.ReadAllText(folder["whole", "scores.csv"])));
        Assert.That(ScoreTable("killed"), Is.EqualTo(ScoreTable("whole")));
        foreach (string method in new[] { "supervised", "mtpsl", "jtr" })
        {
            (RunRecord actual, RunRecord expected) = (Record("killed"), Record("whole"));
            Assert.That(actual.Scores.Select(s => s.Step), Is.EqualTo(new[] { 10L, 20, 30, 40 }), method);
            Assert.That(actual.Scores.SelectMany(s => s.Headlines), Is.EqualTo(expected.Scores.SelectMany(s => s.Headlines)), method);
            RunRecord Record(string output) => RunRecord.Read(folder[output, method, "seed-1", "record.json"]);
        }

        // The first table; the second one is what training cost, which no two runs share.
        string[] ScoreTable(string output) => [.. File.ReadAllLines(folder[output, "comparison.md"]).TakeWhile(l => l.Length > 0)];
    }

    [Test]
    public void A_folder_with_another_comparison_is_left_alone()
    {
        using TemporaryFolder folder = new();
        string[] command = ["compare", "--methods", "supervised", "--seeds", "1", "--output", folder["c"], .. _small];
        Assert.That(CliRun.Of([.. command, "--steps", "2"]).ExitCode, Is.EqualTo(ExitCode.Success));
        CliRun other = CliRun.Of([.. command, "--steps", "3"]);
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("other settings").And.Contain("--output"));
    }

    [Test]
    public void Methods_that_are_not_defined_on_the_data_are_refused_or_left_out()
    {
        using TemporaryFolder folder = new();
        string[] one =
        [
            "--scenes",
            "2",
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
            "--tasks",
            "depth",
            "--steps",
            "1",
            "--seeds",
            "1",
            "--scenario",
            "full",
        ];
        CliRun named = CliRun.Of(["compare", "--methods", "mtpsl,jtr", "--output", folder["a"], .. one]);
        Assert.That(named.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(named.Error, Does.Contain("mtpsl: defined on 2 tasks or more"));
        CliRun all = CliRun.Of(["compare", "--output", folder["b"], .. one]);
        Assert.That(all.ExitCode, Is.EqualTo(ExitCode.Success), all.Error);
        Assert.That(all.Output, Does.Contain("left out are direct_map, perceptual_map, mtpsl"));
        CliRun unknown = CliRun.Of("compare", "--methods", "alchemy");
        Assert.That(unknown.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(unknown.Error, Does.Contain("'alchemy'").And.Contain("jtr_corrected"));
    }

    [Test]
    public void The_cost_of_a_step_is_measured_for_each_number_of_tasks()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(
            "compare",
            "--cost",
            "--methods",
            "mtpsl,jtr",
            "--cost-steps",
            "1",
            "--max-tasks",
            "5",
            "--size",
            "32x32",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--threads",
            "1",
            "--output",
            folder["cost"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("power of K").And.Contain("K^2"));
        string[][] rows = [.. File.ReadAllLines(folder["cost", "cost.csv"]).Skip(1).Select(r => r.Split(','))];
        Assert.That(
            rows.Select(r => r[0] + r[1]),
            Is.EqualTo(new[] { "mtpsl2", "mtpsl3", "mtpsl4", "mtpsl5", "jtr2", "jtr3", "jtr4", "jtr5" })
        );
        foreach (string file in new[] { "cost.md", "cost.json", "cost.png" })
            Assert.That(File.Exists(folder["cost", file]), file);
    }

    [Test]
    public void The_exponent_of_a_power_law_is_found()
    {
        Assert.That(TaskCost.Exponent(Enumerable.Range(2, 11).Select(k => ((double)k, 3.0 * k * k))), Is.EqualTo(2).Within(1e-12));
        Assert.That(TaskCost.Exponent([(2, 1)]), Is.NaN);
    }

    [Test]
    public void A_parabola_is_found_and_a_line_through_it_explains_less()
    {
        (double, double)[] points = [.. Enumerable.Range(2, 11).Select(k => ((double)k, 7 - 2.0 * k + 0.5 * k * k))];
        PolynomialFit parabola = PolynomialFit.Of(2, points)!,
            line = PolynomialFit.Of(1, points)!;
        Assert.That(
            parabola.Coefficients,
            Is.EqualTo(new[] { 7, -2, 0.5 }).Within(1e-9),
            "rounding of normal equations with sums of K^4 up to 12"
        );
        Assert.That(parabola.RSquared, Is.EqualTo(1).Within(1e-12));
        // Of K^2 on 2..12 a line leaves sum((x^2 - 10)^2) = 858, x = K - 7, and the line's slope is -2 + 0.5 * 14.
        Assert.That(line.Coefficients[1], Is.EqualTo(5).Within(1e-9));
        Assert.That(line.RSquared, Is.EqualTo(1 - 0.25 * 858 / (25 * 110 + 0.25 * 858)).Within(1e-9));
        Assert.That(PolynomialFit.Of(2, [(1, 1), (2, 2)]), Is.Null);
        Assert.That(PolynomialFit.Of(1, [(3, 1), (3, 2)]), Is.Null, "one K");
    }

    [Test]
    public void Several_scenarios_have_a_folder_each_and_a_table_together()
    {
        using TemporaryFolder folder = new();
        string[] command =
        [
            "compare",
            "--methods",
            "supervised,jtr-corrected",
            "--seeds",
            "1",
            "--steps",
            "1",
            "--output",
            folder["c"],
            .. _small,
        ];
        CliRun run = CliRun.Of([.. command, "--scenarios", "onelabel,full"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        string[] lines = File.ReadAllLines(folder["c", "comparison.md"]);
        Assert.That(lines[0], Is.EqualTo("| Delta % | onelabel | full |"));
        Assert.That(lines[2], Is.EqualTo("| supervised | 0.00 | 0.00 |"));
        string full = File.ReadAllText(folder["c", "full", "comparison.md"]);
        Assert.That(
            full,
            Does.Contain($"| {lines[3].Split(" | ")[^1].TrimEnd(' ', '|')} | 1 |"),
            "the same Delta % as in the scenario's own table"
        );
        Assert.That(
            File.ReadAllText(folder["c", "full", "supervised", "seed-1", "labels.json"]),
            Is.Not.EqualTo(File.ReadAllText(folder["c", "onelabel", "supervised", "seed-1", "labels.json"]))
        );
        Assert.That(
            CliRun.Of([.. command, "--scenarios", "onelabel,none"]).Error,
            Does.Contain("no scenario 'none'").And.Contain("halflabels")
        );
        Assert.That(CliRun.Of([.. command, "--scenarios", "full", "--scenario", "full"]).Error, Does.Contain("give one of them"));
    }

    [Test]
    public void Tables_hold_means_deviations_and_the_improvement_over_the_same_seed()
    {
        ComparisonTable table = new([new("supervised", [Run(1, 2.0), Run(2, 4.0)]), new("jtr", [Run(1, 1.0), Run(2, 3.0), Run(3, 5.0)])]);
        // Depth errors: lower is better. Deltas of jtr: (2 - 1) / 2 and (4 - 3) / 4; seed 3 has nothing to compare with.
        Assert.That(table.ScoreCells()[2], Is.EqualTo(new[] { "jtr", "3.0000 ± 2.0000", "+37.50 ± 17.68", "3" }));
        Assert.That(table.ScoreCells()[1], Is.EqualTo(new[] { "supervised", "3.0000 ± 1.4142", "0.00 ± 0.00", "2" }));
        Assert.That(table.CostCells()[2], Is.EqualTo(new[] { "jtr", "5.00 ± 0.00", "300.0 ± 0.0", "100 ± 0", "40 ± 0" }));
        Assert.That(
            table.ToMarkdown(),
            Does.StartWith(Conclusion.Of(table))
                .And.Contain("\n\n| method | depth absolute error m (lower) | Delta % | seeds |\n| --- | ---: | ---: | ---: |\n")
                .And.Contain("| better than supervised by | depth absolute error m | Delta % | p (t) | p (signs) | pairs |")
        );
        Assert.That(table.ToCsv().Split('\n')[4], Is.EqualTo($"jtr,,Delta,%,higher,37.5,{Math.Sqrt(312.5):R},2"));

        static (ulong, EvaluationResult, RunRecord) Run(ulong seed, double error) =>
            (
                seed,
                new EvaluationResult(
                    1,
                    new TaskResult(
                        "depth",
                        Jtr.Interop.Tasks.TaskKind.Depth,
                        1,
                        1,
                        [new MetricValue("absolute error", error, "m", HigherIsBetter: false, IsHeadline: true)]
                    )
                ),
                new RunRecord
                {
                    TimedSteps = 10,
                    Seconds = 2,
                    ProcessorSeconds = 3,
                    PeakMebibytes = 100,
                    AddedMebibytes = 40,
                }
            );
    }

    [Test]
    public void Scores_of_a_step_that_is_done_again_replace_those_of_the_first_time()
    {
        RunRecord record = new RunRecord()
            .With(new ScorePoint { Step = 2, Headlines = [1.0] })
            .With(new ScorePoint { Step = 4, Headlines = [2.0] })
            .With(new ScorePoint { Step = 4, Headlines = [3.0] });
        Assert.That(record.Scores.Select(s => (s.Step, s.Headlines[0])), Is.EqualTo(new[] { (2L, (double?)1.0), (4L, 3.0) }));
    }

    [TestCase(
        "--method",
        "mtpsl",
        "--con-weight",
        "1",
        "--reg-weight",
        "0.1",
        "--ramp-up",
        "5",
        "--film-learning-rate",
        "1e-5",
        "--film-lr-decay-every",
        "9"
    )]
    [TestCase("--method", "consistency", "--method-weight", "0.5", "--temperature", "2", "--balance", "uncertainty")]
    [TestCase("--method", "direct_map", "--map-width", "3", "--balance", "fixed", "--task-weights", "1,0.5")]
    [TestCase("--method", "single_task", "--balance", "dwa", "--dwa-temperature", "1")]
    [TestCase(
        "--method",
        "consistency+teacher",
        "--teacher-weight",
        "0.5",
        "--teacher-value-weight",
        "0.1",
        "--teacher-ramp-up",
        "3",
        "--teacher-target",
        "hard",
        "--teacher-selection",
        "fixed",
        "--teacher-threshold",
        "0.5",
        "--teacher-color",
        "0.2",
        "--cut-out",
        "0.5",
        "--cut-mix",
        "0"
    )]
    public void Every_method_and_rule_can_be_trained_with_its_options(params string[] options)
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", "--steps", "1", "--output", folder["run"], .. options, .. _small]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        CliRun resumed = CliRun.Of("train", "--resume", folder["run", "checkpoint.safetensors"], "--steps", "2", "--threads", "1");
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        CliRun changed = CliRun.Of("train", "--resume", folder["run", "checkpoint.safetensors"], "--balance", "random");
        Assert.That(changed.Error, Does.Contain("--balance was"));
    }

    [TestCase("--balance must be one of equal", "--balance", "loud")]
    [TestCase("--task-weights", "--balance", "fixed")]
    [TestCase("belong together", "--task-weights", "1,2")]
    [TestCase("'x'", "--balance", "fixed", "--task-weights", "1,x")]
    [TestCase("2 tasks", "--balance", "fixed", "--task-weights", "1,2,3")]
    [TestCase("--temperature must be", "--temperature", "0")]
    public void A_wrong_rule_or_weight_is_named(string expected, params string[] options)
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", "--steps", "1", "--output", folder["run"], .. options, .. _small]);
        Assert.That(run.ExitCode, Is.Not.EqualTo(ExitCode.Success));
        Assert.That(run.Error, Does.Contain(expected));
    }
}
