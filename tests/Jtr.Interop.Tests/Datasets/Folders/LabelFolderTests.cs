using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
public sealed class LabelFolderTests
{
    private const int Height = 32,
        Width = 64,
        Plane = Height * Width;

    private static readonly TaskSet _tasks = new(
        new SegmentationTask("seg", 4, ["sky", "road", "car", "tree"]),
        new SegmentationTask("parts", 300),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("edge"),
        new MapTask("joints", 2)
    );

    [Test]
    public void Predictions_are_read_back_as_labels([Values(".png", ".npy")] string extension)
    {
        using TemporaryFolder folder = new();
        RgbImage.Create(Height, Width).SavePng(Path.Combine(folder.Root, "image", "a.png"));
        LabelFolder labels = LabelFolder.Open(folder.Root, _tasks);
        float[][] values = new float[_tasks.Count][];
        for (int t = 0; t < _tasks.Count; t++)
        {
            using TaskPrediction prediction = Make(_tasks[t]);
            values[t] = prediction.Values.ToArray();
            Assert.That(labels.Has(_tasks[t], "a"), Is.False);
            if (extension == ".png" && PredictionFiles.FitsPng(_tasks[t]))
                labels.SavePng(prediction, "a");
            else
                labels.SaveNpy(prediction, "a");
            Assert.That(labels.Has(_tasks[t], "a"));
        }
        FolderDataset data = new(folder.Root, new FolderOptions { Height = Height, Width = Width });
        Assert.That(data.Tasks, Is.EqualTo(_tasks), "tasks.json says what the network's tasks are");
        (_, float[][] read, TaskMask written) = SampleArrays.Read(data, 0);
        Assert.That(written, Is.EqualTo(_tasks.All));
        Assert.That(read[0], Is.EqualTo(values[0]), "class ids are the same");
        Assert.That(read[1], Is.EqualTo(values[1]), "and so are ids of 300 classes, 255 among them");
        Assert.That(values[1], Has.Member(255f).And.Member(299f));
        bool isPng = extension == ".png";
        Assert.That(read[2], Is.EqualTo(values[2]).Within(isPng ? 0.0005001 : 0), "depth within half a step of 0.001");
        // Brought to unit length once more; half a step of 16 bits over -1 to 1, in three channels.
        Assert.That(read[3], Is.EqualTo(values[3]).Within(isPng ? 5e-5 : 1e-6));
        Assert.That(read[4], Is.EqualTo(values[4]).Within(isPng ? 0.5001 / 65535 : 0));
        Assert.That(read[5], Is.EqualTo(values[5]), "a map of two channels is an array in any case");
    }

    [Test]
    public void Depth_takes_the_scale_of_tasks_json_and_never_becomes_none()
    {
        using TemporaryFolder folder = new();
        RgbImage.Create(Height, Width).SavePng(Path.Combine(folder.Root, "image", "a.png"));
        File.WriteAllText(Path.Combine(folder.Root, "tasks.json"), """{"tasks": [{"name": "depth", "kind": "depth", "scale": 0.01}]}""");
        TaskSet tasks = new(new DepthTask());
        LabelFolder labels = LabelFolder.Open(folder.Root, tasks);
        using TaskPrediction prediction = new(tasks[0], Height, Width, withConfidence: false);
        prediction.WritableValues.Fill(1.234f);
        prediction.WritableValues[0] = 0.001f;
        prediction.WritableValues[1] = -2;
        prediction.WritableValues[2] = 1000;
        labels.SavePng(prediction, "a");
        FolderDataset data = new(folder.Root, new FolderOptions { Height = Height, Width = Width });
        float[] read = SampleArrays.Read(data, 0).Labels[0];
        Assert.That(read[..4], Is.EqualTo(new[] { 0.01f, 0f, 655.35f, 1.23f }).Within(1e-5));
        Assert.That(
            () => LabelFolder.Open(folder.Root, tasks, depthScale: 0.5),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has the scale 0.01 there, not 0.5")
        );
    }

    [Test]
    public void What_tasks_json_says_otherwise_is_an_error()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Root, "tasks.json");
        TaskSet tasks = new(new SegmentationTask("seg", 4));
        File.WriteAllText(file, """{"tasks": [{"name": "seg", "kind": "map"}]}""");
        Assert.That(
            () => LabelFolder.Open(folder.Root, tasks),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("'seg' is of another kind there: Map, not Segmentation")
        );
        File.WriteAllText(file, """{"tasks": [{"name": "seg", "kind": "segmentation", "class_count": 4, "void_id": 2}]}""");
        Assert.That(
            () => LabelFolder.Open(folder.Root, tasks),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has the void id 2 there, which is a class of the network")
        );
        File.WriteAllText(file, """{"tasks": [{"name": "seg", "kind": "segmentation", "class_count": 3}]}""");
        Assert.That(
            () => LabelFolder.Open(folder.Root, tasks),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has 3 classes there; the network has 4")
        );
    }

    [Test]
    public void Beside_labels_of_other_tasks_no_tasks_json_is_written()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(Path.Combine(folder.Root, "depth"));
        LabelFolder.Open(folder.Root, new TaskSet(new SegmentationTask("seg", 4)));
        Assert.That(File.Exists(Path.Combine(folder.Root, "tasks.json")), Is.False, "it would hide depth");
    }

    [Test]
    public void Predictions_for_whole_photographs_become_rows_that_are_read_back()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "a", "b", "c" })
            RgbImage.Create(Height, Width).SavePng(Path.Combine(folder.Root, "image", $"{name}.png"));
        TaskSet tasks = new(
            new ClassificationTask("room", 3, ["bath", "hall, large", "2"]),
            new TagsTask("tags", 3, ["coat", "hat", "t-shirt"]) { PositiveWeights = [1, 2, 3] },
            new TagsTask("odd", 2, ["-", "a;b"]),
            new RegressionTask("pose", 2, ["yaw", "pitch"])
            {
                Unit = "deg",
                Means = [1, 2],
                Deviations = [3, 4],
            }
        );
        float[][][] values =
        [
            [
                [1],
                [0],
            ],
            [
                [1, 0, 1],
                [0, 0, 0],
            ],
            [
                [0, 1],
                [1, 0],
            ],
            [
                [0.1f, -1e-7f],
                [123456.7f, 3],
            ],
        ];
        LabelFolder labels = LabelFolder.Open(folder.Root, tasks);
        for (int t = 0; t < tasks.Count; t++)
        {
            Assert.That(labels.IsTable(tasks[t]));
            Assert.That(labels.PathOf(tasks[t], "a", ".png"), Is.EqualTo(folder[$"{tasks[t].Name}.csv"]));
            for (int n = 0; n < 2; n++)
            {
                string name = n == 0 ? "a" : "c";
                Assert.That(labels.Has(tasks[t], name), Is.False);
                Assert.That(File.Exists(folder[$"{tasks[t].Name}.csv"]), Is.EqualTo(n > 0), "to ask writes nothing");
                Save(labels, tasks[t], name, values[t][n]);
                Assert.That(labels.Has(tasks[t], name));
            }
        }
        FolderDataset data = new(folder.Root, new FolderOptions { Height = Height, Width = Width });
        Assert.That(data.Tasks, Is.EqualTo(tasks));
        Assert.That(data.Problems, Is.Empty);
        for (int t = 0; t < tasks.Count; t++)
        {
            Assert.That(data.ReadLabelAlone(0, t), Is.EqualTo(values[t][0]), tasks[t].Name);
            Assert.That(data.ReadLabelAlone(2, t), Is.EqualTo(values[t][1]), tasks[t].Name);
            Assert.That(data.GetLabeled(1)[t], Is.False);
        }
        LabelFolder again = LabelFolder.Open(folder.Root, tasks);
        Assert.That(again.Has(tasks[1], "c"));
        Assert.That(() => Save(again, tasks[1], "c", [1, 1, 1]), Throws.InvalidOperationException);
    }

    [Test]
    public void Rows_that_people_wrote_stay_and_empty_ones_give_way()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "a", "b", "c" })
            RgbImage.Create(Height, Width).SavePng(Path.Combine(folder.Root, "image", $"{name}.png"));
        folder.Write("tags.csv", "name;hat;cape;coat\r\na.png;1;;0\r\nb;;;");
        TagsTask task = new("tags", 2, ["coat", "hat"]);
        LabelFolder labels = LabelFolder.Open(folder.Root, new TaskSet(task));
        Assert.That((labels.Has(task, "a"), labels.Has(task, "b")), Is.EqualTo((true, false)));
        Save(labels, task, "b", [1, 0]);
        Save(labels, task, "c", [0, 1]);
        Assert.That(
            File.ReadAllText(folder["tags.csv"]),
            Is.EqualTo("name;hat;cape;coat\na.png;1;;0\nb;0;;1\nc;1;;0\n"),
            "the tag that the network does not know stays unknown"
        );
        Assert.That(File.Exists(folder["tasks.json"]), Is.False, "it would not know the cape");
        FolderDataset data = new(
            folder.Root,
            new FolderOptions
            {
                Height = Height,
                Width = Width,
                Tasks = [task],
            }
        );
        Assert.That(data.ReadLabelAlone(0, 0), Is.EqualTo(new float[] { 0, 1 }));
        Assert.That(data.ReadLabelAlone(1, 0), Is.EqualTo(new float[] { 1, 0 }));
    }

    [Test]
    public void What_tables_cannot_be_is_said()
    {
        using TemporaryFolder folder = new();
        TagsTask tags = new("tags", 2, ["coat", "hat"]);
        RegressionTask pose = new("pose", 2);
        string file = folder.Write("tasks.json", """{"tasks": [{"name": "tags", "kind": "tags", "tags": ["coat", "cape", "tie"]}]}""");
        Assert.That(
            () => LabelFolder.Open(folder.Root, new TaskSet(tags)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("task 'tags' has no 'hat' there").And.Property("Path").EqualTo(file)
        );
        folder.Write("tasks.json", """{"tasks": [{"name": "pose", "kind": "regression", "values": ["yaw"]}]}""");
        Assert.That(
            () => LabelFolder.Open(folder.Root, new TaskSet(pose)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has 1 values there; the network has 2")
        );
        File.Delete(file);
        LabelFolder labels = LabelFolder.Open(folder.Root, new TaskSet(tags, new DepthTask()));
        using TaskPrediction depth = new(labels.Tasks[1], Height, Width, withConfidence: false);
        Assert.That(() => labels.SaveRow(depth, "a"), Throws.ArgumentException.With.Message.Contains("'depth' are files"));
        using TaskPrediction prediction = new(tags, Height, Width, withConfidence: true);
        Assert.That(PredictionFiles.FitsPng(tags), Is.False);
        Assert.That(() => prediction.SavePng(folder["x.png"]), Throws.ArgumentException.With.Message.Contains("'tags' is about whole"));
        Assert.That(() => prediction.SaveConfidencePng(folder["x.png"]), Throws.ArgumentException.With.Message.Contains("one number"));
    }

    [Test]
    public void Summaries_name_what_was_chosen()
    {
        TagsTask tags = new("tags", 3, ["coat", "hat", "cape"]);
        using TaskPrediction tagged = new(tags, Height, Width, withConfidence: false);
        ((float[])[1, 0, 1]).CopyTo(tagged.WritableValues);
        ((float[])[0.75f, 0.25f, 0.9f]).CopyTo(tagged.WritableProbabilities);
        TaskSummary summary = tagged.Summarize();
        Assert.That(summary.Chosen, Is.EqualTo(new[] { ("cape", (double)0.9f), ("coat", 0.75) }));
        Assert.That(summary.Probabilities, Is.EqualTo(new[] { ("coat", 0.75), ("hat", 0.25), ("cape", (double)0.9f) }));

        ClassificationTask room = new("room", 2, ["bath", "hall"]);
        using TaskPrediction classified = new(room, Height, Width, withConfidence: false);
        classified.WritableValues[0] = 1;
        ((float[])[0.25f, 0.75f]).CopyTo(classified.WritableProbabilities);
        Assert.That(classified.Summarize().Chosen, Is.EqualTo(new[] { ("hall", 0.75) }));

        RegressionTask pose = new("pose", 2, ["yaw", "pitch"]);
        using TaskPrediction posed = new(pose, Height, Width, withConfidence: false);
        ((float[])[3, -4]).CopyTo(posed.WritableValues);
        Assert.That(posed.Summarize().Values, Is.EqualTo(new[] { ("yaw", 3.0), ("pitch", -4.0) }));
        Assert.That(posed.Summarize().Chosen, Is.Empty);
    }

    private static void Save(LabelFolder labels, VisionTask task, string name, float[] values)
    {
        using TaskPrediction prediction = new(task, Height, Width, withConfidence: false);
        values.CopyTo(prediction.WritableValues);
        labels.SaveRow(prediction, name);
    }

    private static TaskPrediction Make(VisionTask task)
    {
        Random random = new(task.LabelChannels + task.Channels);
        TaskPrediction prediction = new(task, Height, Width, withConfidence: false);
        Span<float> values = prediction.WritableValues;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = task switch
            {
                SegmentationTask segmentation => i % segmentation.ClassCount,
                DepthTask => 0.5f + 60 * random.NextSingle(),
                NormalsTask => 2 * random.NextSingle() - 1,
                _ => random.NextSingle(),
            };
        }
        if (task is NormalsTask)
            prediction.Output.FromMean(values, Plane);
        return prediction;
    }
}
