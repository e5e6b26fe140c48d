namespace Jtr.Cli.Tests;

/// <summary>`jtr train` on every layout of the benchmarks, down to the native library: a step or two of a narrow network.</summary>
public sealed class BenchmarkRunTests
{
    private static readonly string[] _small =
    [
        "--size",
        "32x32",
        "--steps",
        "2",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--workers",
        "1",
        "--threads",
        "1",
    ];

    [Test]
    public void NyuV2_as_MTAN_has_it()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.NyuV2(folder["nyu"], 3, 1);
        CliRun run = Train(folder, folder["nyu"], "--scenario", "onelabel");
        Assert.That(
            run.Output,
            Does.Contain("3 samples of 32 x 32, 1 to score on")
                .And.Contain("mIoU")
                .And.Match(@"absolute error +[0-9.]+ +m\b")
                .And.Contain("mean angle")
        );
    }

    [Test]
    public void NyuV2_as_its_authors_publish_it()
    {
        string? mat = Find("tests/Jtr.Interop.Tests/Datasets/NyuV2/Data/small.mat");
        Assert.That(mat, Is.Not.Null, "the file that h5py wrote");
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["nyu"]);
        File.Copy(mat!, folder["nyu", "nyu_depth_v2_labeled.mat"]);
        BenchmarkFolders.MatTables(folder["nyu"]);
        CliRun run = Train(
            folder,
            folder["nyu"],
            "--classes",
            "40",
            "--class-mapping",
            folder["nyu", "classes.txt"],
            "--split-file",
            folder["nyu", "train.txt"]
        );
        Assert.That(run.Output, Does.Contain("2 samples of 32 x 32").And.Contain("mIoU").And.Contain("mean angle"));
    }

    [Test]
    public void Cityscapes_as_MTAN_has_it()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.CityscapesNpy(folder["city"]);
        CliRun run = Train(folder, folder["city"]);
        Assert.That(run.Output, Does.Contain("1 samples of 32 x 32, 1 to score on").And.Contain("mIoU"));
        Assert.That(
            run.Output,
            Does.Contain("absolute error").And.Not.Match(@"absolute error +[0-9.]+ +m\b"),
            "inverse depth is no length"
        );
    }

    [TestCase("inverse", "absolute error")]
    [TestCase("none", "pixel accuracy")]
    public void Cityscapes_as_its_authors_publish_it(string depth, string score)
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.CityscapesLabeled(folder["city"]);
        CliRun run = Train(folder, folder["city"], "--cityscapes-depth", depth, "--classes", "19");
        Assert.That(run.Output, Does.Contain("1 samples of 32 x 32, 1 to score on").And.Contain("mIoU").And.Contain(score));
    }

    [Test]
    public void Taskonomy_as_its_authors_publish_it()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.TaskonomyLabeled(folder["taskonomy"]);
        CliRun run = Train(folder, folder["taskonomy"], "--tasks", "depth_zbuffer,edge_texture", "--test", folder["taskonomy"]);
        Assert.That(run.Output, Does.Contain("depth_zbuffer 1, edge_texture 1").And.Contain("L1"));
    }

    [Test]
    public void Real_photographs()
    {
        if (Find("shared/data/camvid") is not string camvid)
        {
            Assert.Ignore("the photographs (shared/data/camvid) are not on this machine");
            return;
        }
        using TemporaryFolder folder = new();
        // One task, and no class to count: the whole set is listed, but only what two steps and the score need is read.
        CliRun run = Train(folder, camvid, "--tasks", "edge=map", "--scenario", "halflabels");
        Assert.That(run.Output, Does.Contain("367 samples of 32 x 32, 233 to score on").And.Contain("L1"));
    }

    private static CliRun Train(TemporaryFolder folder, string data, params string[] more)
    {
        CliRun run = CliRun.Of(["train", "--data", data, "--output", folder["run"], .. _small, .. more]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("step 2/2"));
        return run;
    }

    /// <summary>A file or folder of the checkout, or beside it.</summary>
    private static string? Find(string path)
    {
        for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at is not null; at = at.Parent)
        {
            if (Path.Exists(Path.Combine(at.FullName, path)))
                return Path.Combine(at.FullName, path);
        }
        return null;
    }
}
