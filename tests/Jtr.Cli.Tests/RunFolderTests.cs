using Jtr.Cli.Comparison;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Tests;

/// <summary>Files of a run appear whole or not at all, and names in them may have commas.</summary>
public sealed class RunFolderTests
{
    [Test]
    public void A_file_that_is_open_elsewhere_is_replaced_and_not_written_into()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder["run"]);
        run.Create();
        foreach (
            (string name, Action write) in new (string, Action)[]
            {
                ("results.csv", () => run.SaveResults(Scores(1))),
                ("results.json", () => run.SaveResults(Scores(1))),
                ("history.csv", () => run.AppendHistory(5, Scores(1))),
                ("any.txt", () => WholeFile.Write(folder["run", "any.txt"], "new")),
            }
        )
        {
            File.WriteAllText(folder["run", name], "before");
            using (StreamReader reader = new(folder["run", name]))
            {
                write();
                // Whoever has the old file open, as a copy or a crash may at any moment, reads it as it was.
                Assert.That(reader.ReadToEnd(), Is.EqualTo("before"), name);
            }
            Assert.That(File.ReadAllText(folder["run", name]), Is.Not.EqualTo("before").And.Not.Empty, name);
        }
        Assert.That(
            Directory.GetFiles(folder["run"]).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "results.csv", "results.json", "history.csv", "any.txt" }),
            "nothing is left beside them"
        );
    }

    [Test]
    public void A_file_that_cannot_be_written_stays_as_it_was()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run", "taken"]);
        Assert.That(
            () => WholeFile.Write(folder["run", "taken"], "text"),
            Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>()
        );
        Assert.That(Directory.GetFileSystemEntries(folder["run"]), Has.Length.EqualTo(1));
        Assert.That(() => WholeFile.Write("/dev/null", "text"), Throws.Nothing);
        Assert.That(File.Exists("/dev/null") && new FileInfo("/dev/null").Length == 0, "the device is still there");
    }

    [Test]
    public void Scores_in_between_are_kept_in_order_and_those_after_a_crash_give_way()
    {
        using TemporaryFolder folder = new();
        RunFolder run = new(folder["run"]);
        run.Create();
        run.AppendHistory(5, Scores(1));
        run.AppendHistory(10, Scores(2));
        run.AppendHistory(15, Scores(3));
        File.AppendAllText(folder["run", "history.csv"], "20,seg,mI");
        run.AppendHistory(10, Scores(4.5));
        Assert.That(
            File.ReadAllText(folder["run", "history.csv"]),
            Is.EqualTo(
                "step,task,metric,value\n5,seg,mIoU,1\n5,\"depth, near\",\"error, absolute\",0.5\n"
                    + "10,seg,mIoU,4.5\n10,\"depth, near\",\"error, absolute\",0.5\n"
            )
        );
    }

    [Test]
    public void The_scores_of_a_comparison_quote_names_and_units()
    {
        ComparisonTable table = new([new("supervised", [(1, Scores(1), new RunRecord())])]);
        Assert.That(
            table.ToCsv(),
            Is.EqualTo(
                "method,task,metric,unit,better,mean,deviation,seeds\nsupervised,seg,mIoU,%,higher,1,,1\n"
                    + "supervised,\"depth, near\",\"error, absolute\",\"m, scaled\",lower,0.5,,1\nsupervised,,Delta,%,higher,0,,1\n"
            )
        );
    }

    private static EvaluationResult Scores(double miou) =>
        new(
            1,
            new TaskResult("seg", TaskKind.Segmentation, 1, 1, [new("mIoU", miou, "%", true, true)]),
            new TaskResult("depth, near", TaskKind.Depth, 1, 1, [new("error, absolute", 0.5, "m, scaled", false, true)])
        );
}
