using Jtr.Cli.Comparison;
using Jtr.Cli.Data;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Tests;

/// <summary>Paired differences against values worked out by hand, what is concluded from them, and limits of labels.</summary>
public sealed class PairedComparisonTests
{
    [Test]
    public void Differences_have_students_interval_and_both_tests() =>
        Assert.Multiple(() =>
        {
            // Mean 2, deviation 1, three pairs: t(0.975, 2) = 4.302653; t = 2 sqrt(3), whose tail with two degrees of freedom is known.
            PairedDifference d = PairedDifference.Of([1, 2, 3]);
            double t = 2 * Math.Sqrt(3);
            Assert.That(d.Mean, Is.EqualTo(2));
            Assert.That(d.Half, Is.EqualTo(4.302653 / Math.Sqrt(3)).Within(1e-5));
            Assert.That(d.P, Is.EqualTo(1 - t / Math.Sqrt(2 + t * t)).Within(1e-9));
            Assert.That(d.SignP, Is.EqualTo(0.25).Within(1e-12));
            Assert.That((d.IsAbove, d.IsBelow), Is.EqualTo((false, false)));

            PairedDifference below = PairedDifference.Of([-1.0, -1.1, -0.9, -1.0, -1.0]);
            Assert.That((below.IsAbove, below.IsBelow), Is.EqualTo((false, true)));
            Assert.That(below.SignP, Is.EqualTo(0.0625).Within(1e-12));

            PairedDifference one = PairedDifference.Of([1]);
            Assert.That((one.Mean, double.IsNaN(one.Half), double.IsNaN(one.P), one.IsAbove), Is.EqualTo((1.0, true, true, false)));
            PairedDifference same = PairedDifference.Of([0, 0]);
            Assert.That((same.P, double.IsNaN(same.SignP), same.IsAbove), Is.EqualTo((1.0, true, false)));
            Assert.That(PairedDifference.Of([]).Mean, Is.NaN);
        });

    [Test]
    public void Methods_are_paired_by_seed_and_better_is_positive_whatever_the_metric()
    {
        ComparisonTable table = new([
            Method("supervised", (1, 2.0, 40), (2, 4.0, 50), (3, 3.0, 60)),
            Method("teacher", (2, 3.0, 52), (1, 1.5, 41), (7, 9.0, 10)),
        ]);
        PairedTable paired = PairedTable.Of(table)!;
        MethodRuns teacher = paired.Others.Single();
        Assert.Multiple(() =>
        {
            Assert.That(paired.Task(teacher, 0).Mean, Is.EqualTo(0.75).Within(1e-12), "an error that falls");
            Assert.That(paired.Task(teacher, 1).Mean, Is.EqualTo(1.5).Within(1e-12), "a score that rises");
            // ((25 + 4) / 2 + (25 + 2.5) / 2) / 2
            Assert.That(paired.Delta(teacher).Mean, Is.EqualTo(14.125).Within(1e-9));
            Assert.That(paired.Cells()[1][^1], Is.EqualTo("2"), "pairs");
            Assert.That(paired.Cells()[1][1], Does.StartWith("+0.7500 ± "));
        });
    }

    [Test]
    public void The_paragraph_says_what_gained_what_lost_and_what_is_open()
    {
        MethodRuns supervised = Method("supervised", (1, 2.0, 40), (2, 2.0, 41), (3, 2.0, 42));
        MethodRuns better = Method("teacher", (1, 1.0, 50), (2, 1.0, 51), (3, 1.0, 52));
        MethodRuns worse = Method("mtpsl", (1, 3.0, 30), (2, 3.0, 31), (3, 3.0, 32));
        MethodRuns open = Method("jtr", (1, 1.9, 39), (2, 2.1, 42), (3, 2.0, 41));
        MethodRuns ceiling = Method("all_labels", (1, 0.5, 60), (2, 0.5, 61), (3, 0.5, 62));
        string all = Conclusion.Of(new([supervised, better, worse, open, ceiling]));
        Assert.Multiple(() =>
        {
            Assert.That(all, Does.StartWith("The ceiling: with all labels supervised training is better by +"));
            Assert.That(
                all,
                Does.Match(
                    @"Better than supervised training: teacher \(\+\d.*? %\)\. Worse: mtpsl \(-\d.*? %\)\. Not shown to differ from it: jtr"
                )
            );
            Assert.That(all, Does.Contain("'supervised+' beside it would tell"));
            Assert.That(Conclusion.Of(new([supervised, open])), Does.StartWith("No method is shown to gain. Not shown to differ"));
            Assert.That(
                Conclusion.Of(new([Method("supervised", (1, 2.0, 40)), Method("teacher", (1, 1.0, 50))])),
                Does.Contain("With 1 pair of runs hardly anything can be shown")
            );
            Assert.That(
                Conclusion.Of(new([supervised, Method("all_labels", (1, 2.1, 40), (2, 1.9, 41), (3, 2.0, 42)), open])),
                Does.StartWith("It is not shown that there is anything to gain")
            );
            Assert.That(Conclusion.Of(new([better])), Does.Contain("no run of 'supervised'"));
            Assert.That(Conclusion.Of(new([])), Is.Empty);
        });
    }

    [TestCase("seg=40", 40)]
    [TestCase("seg=1/4", 25)]
    [TestCase("seg=0.25", 25)]
    [TestCase("seg=25%", 25)]
    [TestCase("seg=1/3", 34)]
    [TestCase("seg=1/1", 100)]
    [TestCase("seg=500", 100)]
    [TestCase("seg=0", 0)]
    public void Limits_leave_so_many_labels(string limit, int left)
    {
        LabelAssignment labels = LabelLimit.Apply(All(100), [limit], 3);
        Assert.That((labels.LabeledCount(0), labels.LabeledCount(1)), Is.EqualTo((left, 100)));
    }

    [Test]
    public void Fewer_labels_are_among_more_and_of_the_same_samples_for_all_tasks()
    {
        LabelAssignment few = LabelLimit.Apply(All(100), ["seg=10", "depth=20"], 3),
            more = LabelLimit.Apply(All(100), ["seg=20", "depth=20"], 3),
            other = LabelLimit.Apply(All(100), ["seg=20"], 4);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Assert.That(few[i][0] && !more[i][0], Is.False, $"sample {i}");
                Assert.That(more[i][0], Is.EqualTo(more[i][1]), $"sample {i}");
            }
            Assert.That(Enumerable.Range(0, 100).Any(i => more[i][0] != other[i][0]), "another seed keeps others");
        });
    }

    [TestCase("seg")]
    [TestCase("=4")]
    [TestCase("seg=1/0")]
    [TestCase("seg=3/2")]
    [TestCase("seg=-1")]
    [TestCase("seg=1e2")]
    [TestCase("seg=many")]
    [TestCase("sky=4")]
    [TestCase("seg=4,seg=5")]
    public void Limits_that_say_nothing_are_refused(string limits) =>
        Assert.That(
            () => LabelLimit.Apply(All(4), limits.Split(','), 1),
            Throws.InstanceOf<UsageException>().With.Message.StartsWith("--limit-labels: ")
        );

    [Test]
    public void A_curve_over_parts_of_the_labels_is_tabled_and_drawn()
    {
        using TemporaryFolder folder = new();
        string[] small =
        [
            "compare",
            "--scenes",
            "8",
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
            "segmentation,depth",
            "--scenario",
            "full",
            "--steps",
            "1",
            "--seeds",
            "2",
            "--methods",
            "supervised,supervised+,supervised+teacher",
            "--output",
            folder["c"],
        ];
        CliRun run = CliRun.Of([.. small, "--label-fractions", "1,1/4", "--fraction-tasks", "segmentation"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.Multiple(() =>
        {
            string table = File.ReadAllText(folder["c", "comparison.md"]);
            Assert.That(table, Does.Contain("| method | score | 1/4 of the labels | 1 of the labels |"));
            Assert.That(table, Does.Match(@"\| supervised\+teacher \| segmentation mIoU \| [\d.]+ ± [\d.]+ \| [\d.]+ ± [\d.]+ \|"));
            Assert.That(File.Exists(folder["c", "labels.png"]));
            string labels = folder["c", "1-4", "supervised", "seed-1", "labels.json"];
            LabelAssignment seen = LabelAssignment.Load(labels, new TaskSet(new SegmentationTask("segmentation", 2), new DepthTask()));
            Assert.That((seen.LabeledCount(0), seen.LabeledCount(1)), Is.EqualTo((2, 8)));
            Assert.That(run.Output, Does.Contain("What this says"));
            Assert.That(
                File.ReadAllText(folder["c", "1-4", "comparison.json"]),
                Does.Contain("\"Conclusion\"").And.Contain("\"SignTestP\"")
            );
        });
        foreach (
            (string[] options, string message) in new (string[], string)[]
            {
                (["--label-fractions", "2"], "no part above 0"),
                (["--label-fractions", "1/2", "--fraction-tasks", "sky"], "no task 'sky'"),
                (["--fraction-tasks", "depth"], "is for --label-fractions"),
                (["--label-fractions", "1/2", "--limit-labels", "depth=1"], "both limit labels"),
            }
        )
            Assert.That(CliRun.Of([.. small, .. options]).Error, Does.Contain(message));
    }

    private static LabelAssignment All(int samples)
    {
        TaskSet tasks = new(new SegmentationTask("seg", 3), new DepthTask("depth"));
        return new LabelAssignment(tasks, [.. Enumerable.Repeat(tasks.All, samples)]);
    }

    private static MethodRuns Method(string name, params (ulong Seed, double Error, double Score)[] runs) =>
        new(
            name,
            [
                .. runs.Select(r =>
                    (
                        r.Seed,
                        new EvaluationResult(
                            1,
                            Task("depth", TaskKind.Depth, new MetricValue("absolute error", r.Error, "m", HigherIsBetter: false, true)),
                            Task("seg", TaskKind.Segmentation, new MetricValue("mIoU", r.Score, "%", HigherIsBetter: true, true))
                        ),
                        new RunRecord()
                    )
                ),
            ]
        );

    private static TaskResult Task(string name, TaskKind kind, MetricValue metric) => new(name, kind, 1, 1, [metric]);
}
