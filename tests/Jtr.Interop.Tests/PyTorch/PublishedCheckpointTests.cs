using System.IO.Compression;
using System.Text.RegularExpressions;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.PyTorch;

/// <summary>
/// published.pth.tar was written by PyTorch (make_published.py beside it says how), as the published code saves its checkpoints.
/// </summary>
public sealed class PublishedCheckpointTests
{
    private static readonly TaskSet _tasks = new(new SegmentationTask("seg", 5), new DepthTask(), new NormalsTask());

    private static string File { get; } =
        Path.Combine(Repository.Root, "tests", "Jtr.Interop.Tests", "PyTorch", "Data", "published.pth.tar");

    [Test]
    public void Its_network_predicts_what_PyTorch_does([Values] Precision precision)
    {
        using Trainer trainer = PublishedCheckpoint.Load(
            File,
            _tasks,
            new TrainerOptions
            {
                Tasks = _tasks,
                Precision = precision,
                Device = DeviceKind.Cpu,
            }
        );
        Assert.That(trainer.Options.Width, Is.EqualTo(2), "found from the weights");
        using NpzFile expected = new(Path.ChangeExtension(Path.ChangeExtension(File, null), ".npz"));
        NpyArray prediction = expected.Read("prediction");
        Assert.That(prediction.Shape, Is.EqualTo(new[] { 2, 9, 32, 64 }));
        float[] images = [.. Enumerable.Range(0, 2 * 3 * 32 * 64).Select(i => i * 7919 % 1000 / 1000f)],
            actual = new float[prediction.Values.Length];
        trainer.Predict(images, 2, 32, 64, actual);
        // PyTorch computed it in 32 bits; in bfloat16, thirty layers are rounded to 8 bits each.
        double bound = precision == Precision.BFloat16 ? 0.1 : 1e-4;
        Assert.That(actual.Zip(prediction.Values, (a, e) => Math.Abs(a - e)).Max(), Is.LessThan(bound));
    }

    [Test]
    public void A_weight_that_is_no_number_is_told()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("broken.pth.tar");
        System.IO.File.Copy(File, path);
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            ZipArchiveEntry storage = archive.Entries.First(e => e.FullName.Contains("/data/", StringComparison.Ordinal));
            using Stream stream = storage.Open();
            stream.Position = 4;
            stream.Write(BitConverter.GetBytes(float.NaN));
        }
        Assert.That(
            () => PublishedCheckpoint.Load(path, _tasks),
            Throws
                .InstanceOf<JtrFormatException>()
                .With.Message.Match($"^{Regex.Escape(path)}: tensor '.+' has NaN as its element 1: no weight")
        );
    }

    [Test]
    public void It_can_be_saved_and_trained_on()
    {
        using TemporaryFolder folder = new();
        using (Trainer trainer = PublishedCheckpoint.Load(File, _tasks))
            trainer.Save(folder.File("imported.safetensors"));
        using Trainer loaded = Trainer.Load(folder.File("imported.safetensors"));
        using var batch = SmallModel.CreateBatch(tasks: _tasks);
        Assert.That(loaded.Step(batch).Loss, Is.Not.NaN);
    }

    [Test]
    public void A_head_that_nothing_uses_is_left_out()
    {
        using Trainer trainer = PublishedCheckpoint.Load(File, new TaskSet(new SegmentationTask("seg", 5), new DepthTask()));
        Assert.That(trainer.State.Contains("model/pred_task3.0.weight"), Is.False);
    }

    [Test]
    public void Tasks_that_do_not_fit_the_heads_are_named()
    {
        Assert.That(
            () => PublishedCheckpoint.Load(File, new TaskSet(new SegmentationTask("seg", 7))),
            Throws.ArgumentException.With.Message.Contains("task 1 ('seg') has 7 channels").And.Message.Contains("has 5")
        );
        Assert.That(
            () => PublishedCheckpoint.Load(File, new TaskSet([.. _tasks, new MapTask("edge")])),
            Throws.ArgumentException.With.Message.Contains("no head for task 4 ('edge')")
        );
    }

    [Test]
    public void A_file_that_is_no_checkpoint_is_refused_with_its_name()
    {
        using TemporaryFolder folder = new();
        string labels = folder.File("labels.pth"),
            empty = folder.File("empty.pth");
        System.IO.File.WriteAllBytes(
            labels,
            PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", PickleWriter.Floats(1, 0, 0, 1, 0, 0)))
        );
        Assert.That(
            () => PublishedCheckpoint.Load(labels, _tasks),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(labels).And.Message.Contains("encoder_block.0.0.weight")
        );
        System.IO.File.WriteAllBytes(empty, PickleWriter.Zip(new PickleWriter().Code("}").End()));
        Assert.That(
            () => PublishedCheckpoint.Load(empty, _tasks),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("model_state_dict")
        );
    }
}
