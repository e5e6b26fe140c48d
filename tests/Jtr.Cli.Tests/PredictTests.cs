using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Tests;

/// <summary>`jtr predict` for photographs.</summary>
[NonParallelizable]
public sealed class PredictTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string _run = "";
    private string _scenes = "";

    [OneTimeSetUp]
    public void Train()
    {
        PhotoFolder.Write(_folder["data"], 4);
        _run = _folder["run"];
        CliRun photos = CliRun.Of(["train", "--data", _folder["data"], "--size", "32x64", "--output", _run, .. _small]);
        Assert.That(photos.ExitCode, Is.Zero, photos.Error);
        _scenes = _folder["scenes"];
        CliRun scenes = CliRun.Of(["train", "--scenes", "3", "--test-scenes", "1", "--size", "32x32", "--output", _scenes, .. _small]);
        Assert.That(scenes.ExitCode, Is.Zero, scenes.Error);
    }

    private static readonly string[] _small =
    [
        "--method",
        "supervised",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--workers",
        "1",
        "--steps",
        "2",
        "--no-tensorboard",
    ];

    public void Dispose() => _folder.Dispose();

    [Test]
    public void A_tree_of_folders_is_kept_and_hidden_files_are_passed_over()
    {
        using TemporaryFolder folder = new();
        Photo(folder["in", "x.png"]);
        Photo(folder["in", "a", "x.png"]);
        Photo(folder["in", "a", "b", "x.jpg"]);
        File.WriteAllBytes(folder["in", "a", "._x.jpg"], [0, 5, 22, 7]);
        Directory.CreateDirectory(folder["in", ".cache"]);
        File.WriteAllText(folder["in", ".cache", "y.png"], "no picture");
        File.WriteAllText(folder["in", "notes.txt"], "no picture");
        CliRun run = CliRun.Of("predict", _run, folder["in"], "--output", folder["out"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(
            Files(folder["out"]),
            Is.EquivalentTo(
                new[] { "predictions.png", "x.seg.png", "x.edge.png", "a/x.seg.png", "a/x.edge.png", "a/b/x.seg.png", "a/b/x.edge.png" }
            )
        );
        Assert.That(run.Output, Does.Contain("Hidden files that were passed over: 2").And.Contain("6 files of 3 photographs"));
        Assert.That(PhotographReader.ReadSize(folder["out", "a", "x.seg.png"]), Is.EqualTo((40, 50)), "the photograph's own size");
    }

    [Test]
    public void Photographs_of_one_name_do_not_overwrite_each_other()
    {
        using TemporaryFolder folder = new();
        Photo(folder["one", "x.png"]);
        Photo(folder["one", "x.jpg"]);
        Photo(folder["one", "y.png"]);
        Photo(folder["two", "y.png"]);
        Photo(folder["three", "one", "z.png"]);
        Photo(folder["four", "one", "z.png"]);
        CliRun run = CliRun.Of(
            "predict",
            _run,
            folder["one"],
            folder["two"],
            folder["three", "one", "z.png"],
            folder["four", "one", "z.png"],
            // The same file again is the same photograph.
            folder["two", "y.png"],
            "--format",
            "ids",
            "--output",
            folder["out"]
        );
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(
            Files(folder["out"]),
            Is.EquivalentTo(
                new[]
                {
                    "predictions.png",
                    "x.png.seg.ids.png",
                    "x.jpg.seg.ids.png",
                    "one/y.seg.ids.png",
                    "two/y.seg.ids.png",
                    "z.seg.ids.png",
                    "z-2.seg.ids.png",
                }
            )
        );
        CliRun labels = CliRun.Of("predict", _run, folder["one"], "--as-labels", "--output", folder["labels"]);
        Assert.That(labels.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(labels.Error, Does.Contain("have the same name; a label goes by the name of its photograph"));
    }

    [Test]
    public void A_file_that_is_no_photograph_shows_before_any_work_is_done()
    {
        using TemporaryFolder folder = new();
        Photo(folder["in", "a.png"]);
        File.WriteAllText(folder["in", "b.jpg"], "no picture");
        CliRun run = CliRun.Of("predict", _run, folder["in"], "--output", folder["out"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain(folder["in", "b.jpg"]).And.Contain("nothing was done. --skip-bad leaves such files out"));
        Assert.That(Directory.Exists(folder["out"]), Is.False);

        CliRun skipping = CliRun.Of("predict", _run, folder["in"], "--skip-bad", "--output", folder["out"]);
        Assert.That(skipping.ExitCode, Is.Zero, skipping.Error);
        Assert.That(skipping.Output, Does.Contain("that cannot be read and were skipped: 1").And.Contain(folder["in", "b.jpg"]));
        Assert.That(File.Exists(folder["out", "a.seg.png"]));
    }

    [Test]
    public void A_photograph_that_is_cut_off_does_not_end_the_run()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "a", "b", "c" })
            Photo(folder["in", name + ".png"]);
        byte[] whole = File.ReadAllBytes(folder["in", "b.png"]);
        // Its header is whole, its pixels are not.
        File.WriteAllBytes(folder["in", "b.png"], whole[..(whole.Length * 2 / 3)]);
        CliRun run = CliRun.Of("predict", _run, folder["in"], "--format", "ids,csv", "--workers", "1", "--output", folder["out"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain(folder["in", "b.png"]).And.Contain("cannot be read: 1; all others are done"));
        Assert.That(
            Files(folder["out"]),
            Is.EquivalentTo(new[] { "predictions.png", "predictions.csv", "a.seg.ids.png", "c.seg.ids.png" })
        );

        // Mended, and gone on with: only what is missing is done.
        DateTime before = File.GetLastWriteTimeUtc(folder["out", "a.seg.ids.png"]);
        File.WriteAllBytes(folder["in", "b.png"], whole);
        CliRun again = CliRun.Of("predict", _run, folder["in"], "--format", "ids,csv", "--resume", "--output", folder["out"]);
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(File.Exists(folder["out", "b.seg.ids.png"]));
        Assert.That(File.GetLastWriteTimeUtc(folder["out", "a.seg.ids.png"]), Is.EqualTo(before));
        string[] lines = File.ReadAllLines(folder["out", "predictions.csv"]);
        Assert.That(
            lines.Skip(1).Select(l => l.Split(',')[0]).Distinct(),
            Is.EquivalentTo(new[] { "a", "b", "c" }),
            "the table has everything once"
        );
        Assert.That(lines, Is.Unique);
    }

    [Test]
    public void A_count_of_photographs_is_evenly_spread_and_the_sheet_is_capped()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 20; i++)
            Photo(folder["in", $"p{i:00}.png"]);
        CliRun some = CliRun.Of("predict", _run, folder["in"], "--count", "4", "--format", "ids", "--output", folder["some"]);
        Assert.That(some.ExitCode, Is.Zero, some.Error);
        Assert.That(
            Files(folder["some"]),
            Is.EquivalentTo(new[] { "predictions.png", "p00.seg.ids.png", "p05.seg.ids.png", "p10.seg.ids.png", "p15.seg.ids.png" })
        );
        CliRun all = CliRun.Of("predict", _run, folder["in"], "--format", "ids", "--output", folder["all"]);
        CliRun first = CliRun.Of([
            "predict",
            _run,
            "--format",
            "ids",
            "--output",
            folder["16"],
            .. Directory.GetFiles(folder["in"]).Order().Take(16),
        ]);
        Assert.That((all.ExitCode, first.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(
            PhotographReader.ReadSize(folder["all", "predictions.png"]),
            Is.EqualTo(PhotographReader.ReadSize(folder["16", "predictions.png"])),
            "20 photographs have a sheet of the first 16"
        );
    }

    [Test]
    public void Predictions_fill_in_missing_labels_and_are_read_back()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["data"], 4);
        // The last photograph has no edge label; now two have no class ids either.
        File.Delete(folder["data", "seg", "photo1.npy"]);
        File.Delete(folder["data", "seg", "photo2.npy"]);
        byte[] kept = File.ReadAllBytes(folder["data", "seg", "photo0.npy"]);
        CliRun run = CliRun.Of("predict", _run, folder["data"], "--as-labels", "--output", folder["data"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("Labels that were there already and stay: 5").And.Contain("3 files of 3 photographs"));
        Assert.That(File.ReadAllBytes(folder["data", "seg", "photo0.npy"]), Is.EqualTo(kept));
        Assert.That(File.Exists(folder["data", "predictions.png"]), Is.False, "no sheet among the labels");

        CliRun ids = CliRun.Of("predict", _run, folder["data"], "--format", "npy", "--output", folder["out"]);
        Assert.That(ids.ExitCode, Is.Zero, ids.Error);
        FolderDataset data = new(folder["data"], new FolderOptions { Height = 32, Width = 64 });
        Assert.That(data.Tasks["seg"], Is.InstanceOf<SegmentationTask>());
        int seg = data.Tasks.IndexOf("seg");
        Assert.That(data.Problems, Is.Empty);
        Assert.That(data.GetLabelPath(1, seg), Is.EqualTo(folder["data", "seg", "photo1.png"]));
        Assert.That(data.GetLabelPath(3, data.Tasks.IndexOf("edge")), Is.EqualTo(folder["data", "edge", "photo3.png"]));
        Assert.That(Enumerable.Range(0, 4).Select(data.GetLabeled), Has.All.EqualTo(data.Tasks.All));

        // The same network on the same photographs, written beside them as arrays, gives the same class ids.
        File.Delete(folder["data", "seg", "photo1.png"]);
        float[] png = Read(folder["data"], 2),
            npy;
        File.Delete(folder["data", "seg", "photo2.png"]);
        File.Copy(folder["out", "photo2.seg.npy"], folder["data", "seg", "photo2.npy"]);
        npy = Read(folder["data"], 2);
        Assert.That(png, Is.EqualTo(npy));

        float[] Read(string root, int index)
        {
            FolderDataset set = new(
                root,
                new FolderOptions
                {
                    Height = 64,
                    Width = 64,
                    Tasks = data.Tasks,
                }
            );
            float[] image = new float[3 * 4096],
                labels = new float[set.Tasks.TotalLabelChannels * 4096];
            SampleBuffer buffer = new(set.Tasks, 64, 64, image, labels);
            set.Read(index, TaskMask.None.With(seg), buffer);
            return buffer.Label(seg).ToArray();
        }
    }

    [Test]
    public void Classes_tags_and_values_of_photographs_are_trained_scored_predicted_and_read_back()
    {
        using TemporaryFolder folder = new();
        string photos = folder["photos"];
        PhotoFolder.Write(photos, 4);
        Directory.Delete(folder["photos", "edge"], recursive: true);
        File.WriteAllText(folder["photos", "tags.csv"], "name,tags\nphoto0,red;tall\nphoto1,-\nphoto3,red\n");
        File.WriteAllText(folder["photos", "kind.csv"], "name,class\nphoto0,box\nphoto1,\"ball, red\"\nphoto2,box\n");
        File.WriteAllText(folder["photos", "pose.csv"], "name,yaw,pitch\nphoto0,1.5,2\nphoto1,2.5,\nphoto2,0,7\n");
        string run = folder["run"];
        CliRun train = CliRun.Of([
            "train",
            "--data",
            photos,
            "--test",
            photos,
            "--size",
            "32x64",
            "--width",
            "2",
            "--steps",
            "2",
            "--batch-size",
            "2",
            "--output",
            run,
        ]);
        Assert.That(train.ExitCode, Is.Zero, train.Error);
        string results = File.ReadAllText(Path.Combine(run, "results.json"));
        Assert.That(
            new[] { "mIoU", "accuracy", "mAP", "MAE" },
            Has.All.Matches<string>(m => results.Contains($"\"name\": \"{m}\"", StringComparison.Ordinal))
        );

        CliRun files = CliRun.Of(
            "predict",
            run,
            photos,
            "--format",
            "colors,overlay,npy,json,csv",
            "--confidence",
            "--output",
            folder["out"]
        );
        Assert.That(files.ExitCode, Is.Zero, files.Error);
        foreach (string ending in new[] { "png", "overlay.jpg", "npy", "confidence.npy" })
        {
            foreach (string task in new[] { "tags", "kind", "pose" })
                Assert.That(File.Exists(folder["out", $"photo2.{task}.{ending}"]), $"{task}.{ending}");
        }
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["out", "photo2.json"]));
        JsonElement tasks = json.RootElement.GetProperty("tasks");
        JsonProperty chosen = tasks.GetProperty("kind").GetProperty("chosen").EnumerateObject().Single();
        JsonElement probabilities = tasks.GetProperty("kind").GetProperty("probabilities");
        Assert.That(chosen.Value.GetDouble(), Is.EqualTo(probabilities.EnumerateObject().Max(p => p.Value.GetDouble())));
        Assert.That(probabilities.EnumerateObject().Sum(p => p.Value.GetDouble()), Is.EqualTo(1).Within(1e-5));
        double pitch = tasks.GetProperty("pose").GetProperty("values").GetProperty("pitch").GetDouble();
        string[] lines = File.ReadAllLines(folder["out", "predictions.csv"]);
        Assert.That(
            lines,
            Has.One.StartsWith("photo2,kind,\"probability of ball, red\",").And.One.StartsWith("photo2,pose,value of pitch,")
        );

        CliRun labels = CliRun.Of("predict", run, photos, "--as-labels", "--output", photos);
        Assert.That(labels.ExitCode, Is.Zero, labels.Error);
        Assert.That(labels.Output, Does.Contain("stay: 13"), "4 masks, and 3 rows of each table");
        FolderDataset data = new(photos, new FolderOptions { Height = 32, Width = 64 });
        Assert.That(Enumerable.Range(0, 4).Select(data.GetLabeled), Has.All.EqualTo(data.Tasks.All));
        int pose = data.Tasks.IndexOf("pose");
        float[] image = new float[3 * 32 * 64],
            values = new float[data.Tasks.LabelValues(32, 64)];
        SampleBuffer buffer = new(data.Tasks, 32, 64, image, values);
        data.Read(1, data.Tasks.All, buffer);
        Assert.That(buffer.Label(pose)[0], Is.EqualTo(2.5f), "what was there stays");
        Assert.That(buffer.Label(pose)[1], Is.NaN);
        data.Read(2, data.Tasks.All, buffer);
        string[] tags = [.. ((TagsTask)data.Tasks["tags"]).TagNames];
        float[] tagged = buffer.Label(data.Tasks.IndexOf("tags")).ToArray();
        Assert.That(
            tasks.GetProperty("tags").GetProperty("chosen").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal),
            Is.EqualTo(tags.Where((_, t) => tagged[t] == 1).Order(StringComparer.Ordinal)),
            "the tags of the photograph that had none"
        );
        Assert.That(pitch, Is.Not.NaN);
        CliRun again = CliRun.Of("predict", run, photos, "--as-labels", "--output", photos);
        Assert.That(again.Output, Does.Contain("Written: 0 files of 0 photographs"), again.Error);
    }

    [Test]
    public void Depth_and_normals_are_labels_of_a_new_data_set_with_its_tasks()
    {
        using TemporaryFolder folder = new();
        Photo(folder["set", "image", "a.png"]);
        Photo(folder["set", "image", "b.png"]);
        CliRun run = CliRun.Of("predict", _scenes, folder["set"], "--as-labels", "--confidence", "--output", folder["set"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        FolderDataset data = new(folder["set"], new FolderOptions { Height = 32, Width = 32 });
        Assert.That(data.Tasks.Select(t => t.Kind), Is.EqualTo(new[] { TaskKind.Segmentation, TaskKind.Depth, TaskKind.Normals }));
        Assert.That(data.GetLabeled(1), Is.EqualTo(data.Tasks.All));
        Assert.That(File.Exists(folder["set", ".confidence", "depth", "a.png"]));
        CliRun inspected = CliRun.Of("inspect", folder["set"], "--size", "32x32");
        Assert.That(inspected.ExitCode, Is.Zero, inspected.Error);
    }

    [Test]
    public void All_formats_are_written_side_by_side()
    {
        using TemporaryFolder folder = new();
        Photo(folder["a.png"]);
        CliRun run = CliRun.Of(
            "predict",
            _scenes,
            folder["a.png"],
            "--format",
            "ids,png16",
            "--format",
            "npy",
            "--format",
            "colors",
            "--format",
            "overlay",
            "--format",
            "json",
            "--format",
            "csv",
            "--flip",
            "--scales",
            "1,2",
            "--confidence",
            "--output",
            folder["out"]
        );
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(
            Files(folder["out"]),
            Is.EquivalentTo(
                new[]
                {
                    "predictions.png",
                    "predictions.csv",
                    "a.json",
                    "a.segmentation.ids.png",
                    "a.segmentation.npy",
                    "a.segmentation.png",
                    "a.segmentation.overlay.jpg",
                    "a.segmentation.confidence.npy",
                    "a.depth.png16.png",
                    "a.depth.npy",
                    "a.depth.png",
                    "a.depth.overlay.jpg",
                    "a.depth.confidence.npy",
                    "a.normals.png16.png",
                    "a.normals.npy",
                    "a.normals.png",
                    "a.normals.overlay.jpg",
                    "a.normals.confidence.npy",
                }
            )
        );
        JsonNode record = JsonNode.Parse(File.ReadAllText(folder["out", "a.json"]))!;
        Assert.That(((int)record["height"]!, (int)record["width"]!), Is.EqualTo((40, 50)));
        Assert.That(record["tasks"]!["segmentation"]!["shares"]!.AsObject().Sum(s => (double)s.Value!), Is.EqualTo(1).Within(1e-4));
        Assert.That((string?)record["tasks"]!["depth"]!["unit"], Is.EqualTo("m"));
        Assert.That((double)record["tasks"]!["segmentation"]!["confidence"]!["mean"]!, Is.InRange(0.0, 1.0));
        string[] table = File.ReadAllLines(folder["out", "predictions.csv"]);
        Assert.That(table[0], Is.EqualTo("photograph,task,measure,value"));
        Assert.That(table, Has.Some.StartsWith("a,depth,mean confidence,"));
        Assert.That(PhotographReader.ReadSize(folder["out", "a.depth.overlay.jpg"]), Is.EqualTo((40, 50)));
    }

    [Test]
    public void The_size_of_the_network_and_tiles_are_by_option()
    {
        using TemporaryFolder folder = new();
        Photo(folder["a.png"]);
        CliRun small = CliRun.Of("predict", _run, folder["a.png"], "--at", "network", "--output", folder["small"]);
        Assert.That(small.ExitCode, Is.Zero, small.Error);
        Assert.That(PhotographReader.ReadSize(folder["small", "a.seg.png"]), Is.EqualTo((32, 64)));
        CliRun tiled = CliRun.Of(
            "predict",
            _run,
            folder["a.png"],
            "--tile",
            "--size",
            "32x32",
            "--overlap",
            "8",
            "--format",
            "ids",
            "--output",
            folder["tiled"]
        );
        Assert.That(tiled.ExitCode, Is.Zero, tiled.Error);
        Assert.That(PhotographReader.ReadSize(folder["tiled", "a.seg.ids.png"]), Is.EqualTo((40, 50)));
    }

    [TestCase("--format ids --format png8", "--format must be one of ids, npy, png16, colors, overlay, json, csv, not 'png8'.")]
    [TestCase("--overlap 4", "--overlap is for --tile.")]
    [TestCase("--tile --overlap 32", "--overlap 32 has to be below the tile's 32 pixels")]
    [TestCase("--tile --at network", "--tile computes at the photograph's size")]
    [TestCase("--scales 1,twice", "--scales must be numbers of 0.1 to 8, such as 0.75,1,1.25, not 'twice'.")]
    [TestCase("--as-labels --format overlay", "--format overlay is no label; --as-labels writes ids, png16 or npy.")]
    [TestCase("--as-labels --at network", "--as-labels needs the photograph's size")]
    public void What_contradicts_itself_is_said(string options, string message)
    {
        using TemporaryFolder folder = new();
        Photo(folder["a.png"]);
        CliRun run = CliRun.Of(["predict", _run, folder["a.png"], "--output", folder["out"], .. options.Split(' ')]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Output);
        Assert.That(run.Error, Does.Contain(message));
        Assert.That(Directory.Exists(folder["out"]), Is.False);
    }

    [Test]
    public void A_format_that_fits_no_task_and_options_without_photographs_are_errors()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["maps"], 2);
        Directory.Delete(folder["maps", "seg"], recursive: true);
        CliRun trained = CliRun.Of(["train", "--data", folder["maps"], "--size", "32x32", "--output", folder["run"], .. _small]);
        Assert.That(trained.ExitCode, Is.Zero, trained.Error);
        CliRun ids = CliRun.Of("predict", folder["run"], folder["maps"], "--format", "ids", "--output", folder["out"]);
        Assert.That(ids.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(ids.Error, Does.Contain("--format ids fits no task of this network (edge: map)"));
        CliRun data = CliRun.Of("predict", _run, "--format", "ids", "--output", folder["out"]);
        Assert.That(data.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(data.Error, Does.Contain("--format is for photographs: name them, or a folder of them."));
    }

    [Test]
    public void A_run_that_is_stopped_goes_on_where_it_was()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 3; i++)
            Photo(folder["in", $"p{i}.png"]);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        CliRun stopped = CliRun.Of(stop.Token, "predict", _run, folder["in"], "--output", folder["out"]);
        Assert.That(stopped.ExitCode, Is.EqualTo(ExitCode.Canceled));
        CliRun first = CliRun.Of("predict", _run, folder["in", "p1.png"], "--resume", "--output", folder["out"]);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        CliRun rest = CliRun.Of("predict", _run, folder["in"], "--resume", "--output", folder["out"]);
        Assert.That(rest.ExitCode, Is.Zero, rest.Error);
        Assert.That(rest.Output, Does.Contain("whose files were there already: 1").And.Contain("4 files of 2 photographs"));
    }

    [Test]
    public void A_video_is_a_folder_of_its_frames_or_says_that_ffmpeg_is_missing()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["drive.mp4"], "frames");
        Photo(folder["a.png"]);
        string? path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", folder["nothing"]);
            CliRun missing = CliRun.Of("predict", _run, folder["drive.mp4"], "--output", folder["out"]);
            Assert.That(missing.ExitCode, Is.EqualTo(ExitCode.Failure));
            Assert.That(missing.Error, Does.Contain("videos are read through ffmpeg, which is not on the PATH"));
            if (OperatingSystem.IsWindows())
                return;

            // A stand-in that gives out what ffmpeg does: three frames of 20 x 30, one colour each.
            Directory.CreateDirectory(folder["bin"]);
            string script = """
                #!/bin/sh
                for c in A B C; do
                  printf 'P6\n30 20\n255\n'
                  i=0
                  while [ $i -lt 60 ]; do printf "$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c$c"; i=$((i+1)); done
                done
                """;
            File.WriteAllText(folder["bin", "ffmpeg"], script);
            File.SetUnixFileMode(folder["bin", "ffmpeg"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Environment.SetEnvironmentVariable("PATH", $"{folder["bin"]}:{path}");
            string[] video = ["predict", _run, folder["drive.mp4"], folder["a.png"], "--format", "ids"];
            CliRun run = CliRun.Of([.. video, "--every", "2", "--output", folder["out"]]);
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(
                Files(folder["out"]),
                Is.EquivalentTo(
                    new[] { "predictions.png", "a.seg.ids.png", "drive/frame-000001.seg.ids.png", "drive/frame-000003.seg.ids.png" }
                )
            );
            Assert.That(PhotographReader.ReadSize(folder["out", "drive", "frame-000003.seg.ids.png"]), Is.EqualTo((20, 30)));
            CliRun count = CliRun.Of([.. video, "--count", "2", "--output", folder["out"]]);
            Assert.That(count.ExitCode, Is.EqualTo(ExitCode.Usage));
            Assert.That(count.Error, Does.Contain("--count is for photographs; of videos --every takes every Nth frame."));

            File.SetUnixFileMode(folder["bin", "ffmpeg"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(folder["bin", "ffmpeg"], "#!/bin/sh\necho 'moov atom not found' >&2\nexit 1\n");
            CliRun broken = CliRun.Of([.. video, "--output", folder["broken"]]);
            Assert.That(broken.ExitCode, Is.EqualTo(ExitCode.Failure));
            Assert.That(broken.Error, Does.Contain("drive.mp4").And.Contain("ffmpeg cannot read it: moov atom not found"));
            Assert.That(File.Exists(folder["broken", "a.seg.ids.png"]), "the photograph beside it is done all the same");
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    private static string[] Files(string folder) =>
        [
            .. Directory
                .GetFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/')),
        ];

    private static void Photo(string path)
    {
        RgbImage picture = RgbImage.Create(40, 50);
        Random random = new(1);
        random.NextBytes(picture.Data);
        picture.Fill(5, 10, 30, 20, new Rgb(200, 120, 90));
        // What a file holds counts, not what it is called.
        picture.SavePng(path);
    }
}
