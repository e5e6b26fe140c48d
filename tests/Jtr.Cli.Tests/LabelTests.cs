using System.Text.Json.Nodes;

namespace Jtr.Cli.Tests;

/// <summary>`jtr label`, and training on what it wrote.</summary>
[NonParallelizable]
public sealed class LabelTests
{
    private static readonly string[] _small =
    [
        "--size",
        "32x64",
        "--method",
        "supervised",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--workers",
        "1",
        "--no-tensorboard",
        "--no-check",
    ];

    [Test]
    public void What_people_have_not_labelled_is_labelled_and_trained_on_and_scores_stay_those_of_people()
    {
        using TemporaryFolder folder = new();
        string data = folder["photos"];
        PhotoFolder.Write(Path.Combine(data, "train"), 4);
        PhotoFolder.Write(Path.Combine(data, "test"), 2);
        CliRun first = CliRun.Of(["train", "--data", data, "--steps", "2", "--output", folder["run"], .. _small]);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        string[] names =
        [
            .. Directory.GetFiles(Path.Combine(data, "train", "image")).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(),
        ];
        foreach (string name in names[..2])
            File.Delete(Path.Combine(data, "train", "seg", name + ".npy"));

        CliRun label = CliRun.Of("label", folder["run"], data);
        Assert.That(label.ExitCode, Is.Zero, label.Error);
        string made = Path.Combine(data, "train-pseudo");
        foreach (string root in (string[])[made, Path.Combine(made, ".confidence")])
        {
            Assert.That(Names(Path.Combine(root, "seg")), Is.EqualTo(names[..2]), "those that are missing");
            Assert.That(Names(Path.Combine(root, "edge")), Is.EqualTo(names[^1..]), "the last one has no edges");
        }
        Assert.That(File.Exists(Path.Combine(made, "predictions.png")));
        CliRun again = CliRun.Of("label", folder["run"], data);
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(again.Output, Does.Contain("already and stay: 3"));

        CliRun student = CliRun.Of([
            "train",
            "--data",
            data,
            "--pseudo-labels",
            made,
            "--pseudo-weight",
            "0.5",
            "--steps",
            "2",
            "--output",
            folder["student"],
            .. _small,
        ]);
        Assert.That(student.ExitCode, Is.Zero, student.Error);
        Assert.That(student.Output, Does.Contain("made by a network: seg 2, edge 1"));
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(folder["student", "config.json"]))!;
        Assert.That((double?)configuration["data"]!["pseudoWeight"], Is.EqualTo(0.5));
        Assert.That(File.ReadAllText(folder["student", "labels.json"]), Is.EqualTo(File.ReadAllText(LabelsOf(data, folder))), "of people");
        CliRun resumed = CliRun.Of("train", "--resume", folder["student"], "--steps", "3");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(resumed.Output, Does.Contain("made by a network: seg 2, edge 1"), "the run remembers");
        CliRun other = CliRun.Of("train", "--resume", folder["student"], "--steps", "4", "--pseudo-weight", "1");
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("--pseudo-weight"));

        CliRun all = CliRun.Of("label", folder["run"], data, "--all", "--output", folder["all"]);
        Assert.That(all.ExitCode, Is.Zero, all.Error);
        foreach (string task in (string[])["seg", "edge"])
            Assert.That(Names(folder["all", task]), Is.EqualTo(names), task);
    }

    [Test]
    public void Violations_of_constraints_are_told_and_left_out_of_training()
    {
        using TemporaryFolder folder = new();
        string data = folder["photos"];
        PhotoFolder.Write(Path.Combine(data, "train"), 4);
        PhotoFolder.Write(Path.Combine(data, "test"), 2);
        CliRun first = CliRun.Of(["train", "--data", data, "--steps", "2", "--output", folder["run"], .. _small]);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        foreach (string name in (string[])["photo0", "photo1"])
            File.Delete(Path.Combine(data, "train", "seg", name + ".npy"));
        // Whatever the network says: one of these three is everywhere.
        string[] nothing = ["--constraint", "exclusion:one=seg,other=seg,classes=0>0;1>1;2>2"];
        CliRun label = CliRun.Of(["label", folder["run"], data, .. nothing, "--constraint", "bounds:task=edge,lowest=-1"]);
        Assert.That(label.ExitCode, Is.Zero, label.Error);
        // Photographs 0 and 1 lack classes, 3 lacks edges; what people labelled beside counts too.
        Assert.That(label.Output, Does.Contain("exclusion.seg.seg: violated at 6144 of 6144 places (100.0"));
        Assert.That(label.Output, Does.Contain("bounds.edge: violated at 0 of 6144 places").And.Contain("--drop-violations"));
        string[] student =
        [
            "train",
            "--data",
            data,
            "--pseudo-labels",
            Path.Combine(data, "train-pseudo"),
            "--constraint",
            "exclusion:one=seg,other=seg,classes=0>1",
            "--drop-violations",
            "--steps",
            "1",
            "--output",
            folder["student"],
            .. _small,
        ];
        CliRun run = CliRun.Of(student);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(folder["student", "config.json"]))!;
        Assert.That((bool?)configuration["data"]!["dropViolations"], Is.True);
        CliRun wrong = CliRun.Of("label", folder["run"], data, "--constraint", "bounds:task=ege,lowest=0");
        Assert.That(wrong.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(wrong.Error, Does.Contain("--constraint").And.Contain("'ege'"));
    }

    [Test]
    public void What_is_missing_is_asked_for()
    {
        using TemporaryFolder folder = new();
        CliRun nothing = CliRun.Of("train", "--pseudo-labels", folder.Path, "--steps", "1", "--output", folder["run"]);
        Assert.That(nothing.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(nothing.Error, Does.Contain("--pseudo-labels is for training on a folder of photographs"));
        Assert.That(CliRun.Of("label").Error, Does.Contain("Name a checkpoint"));
    }

    /// <summary>The labels of people as a run without others sees them.</summary>
    private static string LabelsOf(string data, TemporaryFolder folder)
    {
        CliRun plain = CliRun.Of(["train", "--data", data, "--steps", "1", "--output", folder["plain"], .. _small]);
        Assert.That(plain.ExitCode, Is.Zero, plain.Error);
        return folder["plain", "labels.json"];
    }

    private static string[] Names(string folder) =>
        [.. Directory.GetFiles(folder).Select(f => Path.GetFileNameWithoutExtension(f)!).Order()];
}
