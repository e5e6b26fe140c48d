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
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the void id 2 of task 'seg' is a class of the network")
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
