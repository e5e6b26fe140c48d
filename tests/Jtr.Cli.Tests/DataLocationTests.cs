using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Tests;

/// <summary>What data are is found out, or said.</summary>
public sealed class DataLocationTests
{
    private static readonly ImageSize _size = new(32, 32);

    [Test]
    public void Every_form_is_recognised_by_what_its_folder_holds()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 1);
        PhotoFolder.Write(folder["pair", "train"], 1);
        BenchmarkFolders.NyuV2(folder["nyu"], 1, 1);
        Directory.CreateDirectory(folder["mat"]);
        File.WriteAllText(folder["mat", "nyu_depth_v2_labeled.mat"], "");
        BenchmarkFolders.CityscapesNpy(folder["mtan"]);
        BenchmarkFolders.Cityscapes(folder["city"]);
        BenchmarkFolders.Taskonomy(folder["taskonomy"]);
        Assert.That(CliRun.Of("pack", folder["photos"], "--output", folder["photos.jtrpack"]).ExitCode, Is.EqualTo(ExitCode.Success));
        (string Path, DataKind Kind)[] expected =
        [
            (folder["photos"], DataKind.Folder),
            (folder["pair"], DataKind.Folder),
            (folder["nothing"], DataKind.Folder),
            (folder["nyu"], DataKind.NyuV2),
            (folder["mat"], DataKind.NyuV2),
            (folder["mat", "nyu_depth_v2_labeled.mat"], DataKind.NyuV2),
            (folder["mtan"], DataKind.Cityscapes),
            (folder["city"], DataKind.Cityscapes),
            (folder["taskonomy"], DataKind.Taskonomy),
            (folder["photos.jtrpack"], DataKind.Packed),
        ];
        foreach ((string path, DataKind kind) in expected)
        {
            DataLocation at = DataLocation.Parse(path);
            Assert.That((at.Kind, at.Path), Is.EqualTo((kind, path)));
            Assert.That(DataLocation.Parse(at.ToString()), Is.EqualTo(at));
        }
        Assert.That(DataLocation.Parse("scenes").Kind, Is.EqualTo(DataKind.Scenes));
    }

    [Test]
    public void What_could_be_several_forms_or_none_asks_for_a_prefix()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.NyuV2(folder["both"], 1, 0);
        Directory.CreateDirectory(folder["both", "train", "label_7"]);
        Assert.That(
            () => DataLocation.Parse(folder["both"]),
            Throws
                .InstanceOf<UsageException>()
                .With.Message.Contains("NyuV2")
                .And.Message.Contains("Cityscapes")
                .And.Message.Contains("nyuv2:")
        );
        Assert.That(DataLocation.Parse("nyuv2:" + folder["both"]).Kind, Is.EqualTo(DataKind.NyuV2));
        Directory.CreateDirectory(folder["empty"]);
        Assert.That(() => DataLocation.Parse(folder["empty"]), Throws.InstanceOf<UsageException>().With.Message.Contains("packed:"));
        Assert.That(() => DataLocation.Parse("taskonomy:"), Throws.InstanceOf<UsageException>().With.Message.Contains("taskonomy:PATH"));
    }

    [Test]
    public void Benchmarks_open_in_their_published_parts()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.NyuV2(folder["nyu"], 3, 2);
        BenchmarkFolders.CityscapesNpy(folder["city"]);
        BenchmarkFolders.Taskonomy(folder["taskonomy"]);
        OpenData nyu = DataSource.Open(new DataRequest { Data = folder["nyu"], Size = _size });
        Assert.That((nyu.Train.Count, nyu.Test!.Count), Is.EqualTo((3, 2)));
        OpenData city = DataSource.Open(
            new DataRequest
            {
                Data = folder["city"],
                Size = _size,
                Tasks = ["segmentation"],
            }
        );
        Assert.That((city.Train.Tasks.ToString(), city.Train.Tasks[0].Channels, city.Test!.Count), Is.EqualTo(("segmentation", 7, 1)));
        OpenData taskonomy = DataSource.Open(new DataRequest { Data = folder["taskonomy"], Size = _size });
        Assert.That(taskonomy.Train.Tasks.ToString(), Is.EqualTo("normal"));
        Assert.That(taskonomy.Test, Is.Null, "without a list of buildings nothing is kept for scores");
        Assert.That(
            () =>
                DataSource.Open(
                    new DataRequest
                    {
                        Data = folder["nyu"],
                        Size = _size,
                        Layout = new LayoutRequest { Classes = 7 },
                    }
                ),
            Throws.InstanceOf<UsageException>().With.Message.Contains("13 or 40")
        );
        Assert.That(
            () =>
                DataSource.Open(
                    new DataRequest
                    {
                        Data = folder["nyu"],
                        Size = _size,
                        Layout = new LayoutRequest { Buildings = "list.csv" },
                    }
                ),
            Throws.InstanceOf<UsageException>().With.Message.Contains("--buildings is for Taskonomy")
        );
    }

    [Test]
    public void A_run_on_a_benchmark_sees_the_labels_of_an_assignment_and_skips_what_is_damaged()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.NyuV2(folder["nyu"], 3, 2);
        File.WriteAllText(folder["nyu", "train", "depth", "2.npy"], "damaged");
        NpyFile.Write(folder["labels.npy"], "(3, 3)", 1, 0, 0, 0, 1, 0, 0, 1, 0);
        string[] options =
        [
            "train",
            "--data",
            folder["nyu"],
            "--size",
            "32x32",
            "--width",
            "2",
            "--steps",
            "2",
            "--batch-size",
            "3",
            "--threads",
            "1",
            "--no-colour",
            "--flip",
            "all",
            "--labels",
            folder["labels.npy"],
            "--output",
            folder["run"],
        ];
        CliRun bad = CliRun.Of(options);
        Assert.That(bad.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(bad.Error, Does.Contain(folder["nyu", "train", "depth", "2.npy"]));

        CliRun run = CliRun.Of([.. options, "--skip-bad", "--overwrite"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("segmentation 1, depth 2, normals 0").And.Contain("others standing in for them: 1"));

        CliRun evaluate = CliRun.Of(
            "evaluate",
            folder["run", "checkpoint.safetensors"],
            "--threads",
            "1",
            "--confusion",
            folder["confusion.csv"],
            "--json",
            folder["scores.json"]
        );
        Assert.That(evaluate.ExitCode, Is.EqualTo(ExitCode.Success), evaluate.Error);
        Assert.That(evaluate.Output, Does.Contain("Classes of segmentation").And.Contain("most often taken for"));
        string[] pairs = [.. File.ReadAllLines(folder["confusion.csv"]).Skip(1)];
        Assert.That(pairs, Has.Length.EqualTo(13 * 13));
        // Two samples, half of whose pixels are chairs.
        Assert.That(
            pairs.Where(p => p.StartsWith("segmentation,chair,", StringComparison.Ordinal)).Sum(p => int.Parse(p.Split(',')[3])),
            Is.EqualTo(32 * 32)
        );
        Assert.That(EvaluationResult.LoadJson(folder["scores.json"])["segmentation"].Confusion![3].Sum(), Is.EqualTo(32 * 32));
    }
}
