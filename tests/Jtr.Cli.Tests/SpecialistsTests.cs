using Jtr.Cli.Specialists;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>`jtr train --method specialists`.</summary>
[NonParallelizable]
public sealed class SpecialistsTests
{
    private static readonly string[] _small =
    [
        "--method",
        "specialists",
        "--size",
        "32x64",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--steps",
        "4",
        "--save-every",
        "1",
        "--keep",
        "9",
        "--workers",
        "1",
        "--threads",
        "1",
        "--no-tensorboard",
        "--no-check",
    ];

    private static string Photographs(TemporaryFolder folder)
    {
        string data = folder["photos"];
        PhotoFolder.Write(Path.Combine(data, "train"), 5);
        PhotoFolder.Write(Path.Combine(data, "test"), 2);
        foreach (string name in (string[])["photo0", "photo1"])
            File.Delete(Path.Combine(data, "train", "seg", name + ".npy"));
        return data;
    }

    [Test]
    public void A_network_for_each_task_labels_what_is_missing_and_a_student_learns_from_all()
    {
        using TemporaryFolder folder = new();
        string data = Photographs(folder);
        CliRun run = CliRun.Of([
            "train",
            "--data",
            data,
            "--output",
            folder["run"],
            "--specialist-steps",
            "3",
            "--pseudo-weight",
            "0.5",
            .. _small,
        ]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        string made = SpecialistStages.LabelsOf(folder["run"]);
        Assert.Multiple(() =>
        {
            Assert.That(run.Output, Does.Contain("Specialist of seg (stage 1 of 5): 3 labels, 3 steps"));
            Assert.That(run.Output, Does.Contain("made by a network: seg 2, edge 1"));
            Assert.That(
                Directory.GetFiles(Path.Combine(made, "seg")).Select(Path.GetFileName).Order(),
                Is.EqualTo(new[] { "photo0.png", "photo1.png" })
            );
            Assert.That(Directory.GetFiles(Path.Combine(made, "edge")), Has.Length.EqualTo(1), "the last one has no edges");
            Assert.That(File.Exists(folder["run", "results.json"]));
            Assert.That(File.Exists(Path.Combine(folder["run"], "specialists", "seg", "results.json")));
        });
        CheckpointInfo student = CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]);
        Assert.That((student.Options.Method, student.Options.Tasks.Count, student.Step), Is.EqualTo(("supervised", 2, 4L)));
        CheckpointInfo specialist = CheckpointInfo.Read(folder["run", "specialists/edge/checkpoint.safetensors"]);
        Assert.That((specialist.Options.Tasks.Single().Name, specialist.Step), Is.EqualTo(("edge", 3L)));

        // Its configuration makes all of it again, elsewhere; its student goes on as any run does.
        CliRun again = CliRun.Of("train", "--config", folder["run", "config.json"], "--output", folder["again"], "--no-tensorboard");
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(Weights(folder["again"]), Is.EqualTo(Weights(folder["run"])));
        CliRun longer = CliRun.Of("train", "--resume", folder["run"], "--steps", "5", "--no-tensorboard");
        Assert.That(longer.ExitCode, Is.Zero, longer.Error);
        Assert.That(CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Step, Is.EqualTo(5));
    }

    [Test]
    public void What_was_interrupted_in_any_stage_ends_as_if_it_had_not_been()
    {
        using TemporaryFolder folder = new();
        string data = Photographs(folder);
        string[] command = ["train", "--data", data, .. _small];
        CliRun whole = CliRun.Of([.. command, "--output", folder["whole"]]);
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);

        // As a kill leaves it: in the first specialist's training, before the second one's, among the labels, in the student's training.
        string seg = folder["cut", "specialists/seg"],
            labels = Path.Combine(SpecialistStages.LabelsOf(folder["cut"]), "seg");
        CliRun shorter = CliRun.Of([.. command, "--output", folder["cut"]]);
        Assert.That(shorter.ExitCode, Is.Zero, shorter.Error);
        Shorten(seg, 2);
        Directory.Delete(folder["cut", "specialists/edge"], recursive: true);
        File.Delete(Directory.GetFiles(labels)[0]);
        File.Delete(folder["cut", "checkpoint.safetensors"]);
        File.Delete(folder["cut", "results.json"]);
        CliRun goesOn = CliRun.Of([.. command, "--output", folder["cut"]]);
        Assert.That(goesOn.ExitCode, Is.Zero, goesOn.Error);
        Assert.That(Weights(folder["cut"]), Is.EqualTo(Weights(folder["whole"])), "the student");
        Assert.That(Weights(seg), Is.EqualTo(Weights(folder["whole", "specialists/seg"])), "a specialist");

        Shorten(folder["cut"], 2);
        CliRun student = CliRun.Of([.. command, "--output", folder["cut"]]);
        Assert.That(student.ExitCode, Is.Zero, student.Error);
        Assert.That(student.Output, Does.Contain("goes on at step 2"));
        Assert.That(Weights(folder["cut"]), Is.EqualTo(Weights(folder["whole"])), "the student that was interrupted");

        CliRun other = CliRun.Of([.. command, "--output", folder["cut"], "--seed", "7"]);
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("--seed"));
        File.Delete(folder["cut", "checkpoint.safetensors"]);
        other = CliRun.Of([.. command, "--output", folder["cut"], "--seed", "7"]);
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("trained with other settings"));
    }

    [Test]
    public void A_comparison_has_them()
    {
        using TemporaryFolder folder = new();
        string data = Photographs(folder);
        CliRun run = CliRun.Of(
            "compare",
            "--data",
            data,
            "--methods",
            "supervised,specialists",
            "--seeds",
            "1",
            "--steps",
            "2",
            "--size",
            "32x64",
            "--width",
            "2",
            "--batch-size",
            "2",
            "--output",
            folder["compared"]
        );
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(File.ReadAllText(folder["compared", "comparison.md"]), Does.Contain("specialists"));
        Assert.That(File.Exists(folder["compared", "specialists/seed-1/specialists/seg/checkpoint.safetensors"]));
    }

    [Test]
    public void They_need_a_folder_of_photographs()
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(
            "train",
            "--method",
            "specialists",
            "--scenes",
            "2",
            "--steps",
            "1",
            "--width",
            "2",
            "--output",
            folder["run"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("folder of photographs"));
    }

    [Test]
    public void A_constraint_that_is_none_is_an_error_and_one_that_is_stands_in_the_run()
    {
        using TemporaryFolder folder = new();
        string data = Photographs(folder);
        string[] command = ["train", "--data", data, "--output", folder["run"], "--method", "supervised", .. _small.Skip(2)];
        CliRun wrong = CliRun.Of([.. command, "--constraint", "bounds:task=edge,low=0"]);
        Assert.That(wrong.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(wrong.Error, Does.Contain("--constraint bounds:task=edge,low=0: the constraint 'bounds' has no 'low'"));
        CliRun right = CliRun.Of([
            .. command,
            "--constraint",
            "bounds:task=edge,lowest=0,highest=1",
            "--constraint",
            "exclusion:one=seg,other=seg,classes=0>1",
        ]);
        Assert.That(right.ExitCode, Is.Zero, right.Error);
        Assert.That(File.ReadAllLines(folder["run", "progress.csv"])[0], Does.Contain("bounds.edge.violated"));
        Assert.That(File.ReadAllText(folder["run", "config.json"]), Does.Contain("bounds:task=edge,lowest=0,highest=1"));
        CliRun changed = CliRun.Of("train", "--resume", folder["run"], "--steps", "5", "--constraint", "bounds:task=edge,lowest=0");
        Assert.That(changed.Error, Does.Contain("--constraint was"));
    }

    /// <summary>A run as it is when it is killed after some steps: an older checkpoint and no scores.</summary>
    private static void Shorten(string folder, long steps)
    {
        File.Delete(Path.Combine(folder, "results.json"));
        File.Move(
            Path.Combine(folder, $"checkpoint-{steps:D8}.safetensors"),
            Path.Combine(folder, "checkpoint.safetensors"),
            overwrite: true
        );
    }

    private static byte[] Weights(string folder) => TensorBytes.Read(Path.Combine(folder, "checkpoint.safetensors")).Data;
}
