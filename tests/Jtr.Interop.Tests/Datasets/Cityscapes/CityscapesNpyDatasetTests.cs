using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Cityscapes;

/// <summary>MTAN's .npy files, read back value for value, and their faults.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CityscapesNpyDatasetTests : IDisposable
{
    private const int Pixels = CityscapesFolder.Pixels;
    private readonly TemporaryFolder _folder = new();

    public CityscapesNpyDatasetTests() => WriteSample(0);

    public void Dispose() => _folder.Dispose();

    private CityscapesNpyDataset Open(CityscapesOptions? options = null) => new(_folder.Root, options ?? CityscapesFolder.Options);

    private void ReadFirst() => SampleArrays.Read(Open(), 0);

    [Test]
    public void Samples_come_by_number_with_photograph_classes_and_inverse_depth()
    {
        WriteSample(2);
        WriteSample(10);
        CityscapesNpyDataset data = Open();
        Assert.That(Enumerable.Range(0, data.Count).Select(data.GetName), Is.EqualTo(["0", "2", "10"]), "not 0, 10, 2");
        Assert.That(data.Problems, Is.Empty);
        int[] seeds = [0, 2, 10];
        for (int s = 0; s < 3; s++)
        {
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, s);
            Assert.That(written, Is.EqualTo(data.Tasks.All));
            Assert.That(image, Is.EqualTo(LayoutReader.Planar(Pixels, 3, i => (float)Image(seeds[s], i))));
            Assert.That(labels[0], Is.EqualTo(Enumerable.Range(0, Pixels).Select(i => (float)((i + seeds[s]) % 8 - 1))));
            Assert.That(labels[1], Is.EqualTo(Enumerable.Range(0, Pixels).Select(i => Depth(seeds[s], i))));
        }
    }

    [Test]
    public void Nineteen_classes_are_those_of_label_19()
    {
        CityscapesNpyDataset data = Open(CityscapesFolder.Options with { Labels = CityscapesLabels.Classes });
        Assert.That(data.Tasks[0].Channels, Is.EqualTo(19));
        Assert.That(SampleArrays.Read(data, 0).Labels[0], Is.EqualTo(Enumerable.Range(0, Pixels).Select(i => (float)(i % 20 - 1))));
    }

    [Test]
    public void A_photograph_may_be_in_bytes()
    {
        _folder.Npy("train/image/0.npy", "|u1", "(32, 64, 3)", [.. Enumerable.Range(0, 3 * Pixels).Select(i => (byte)i)]);
        Assert.That(SampleArrays.Read(Open(), 0).Image, Is.EqualTo(LayoutReader.Planar(Pixels, 3, i => (byte)i / 255f)));
    }

    [Test]
    public void Another_training_size_takes_means_of_the_photograph_and_picks_labels()
    {
        (float[] image, float[][] labels, _) = SampleArrays.Read(Open(CityscapesFolder.Options with { Height = 64, Width = 128 }), 0);
        // The corner's weight falls on the corner alone; rows and columns of labels are doubled.
        Assert.That(image[0], Is.EqualTo((float)Image(0, 0)).Within(1e-6f), "float32 sums of one value");
        Assert.That(labels[0][..4], Is.EqualTo([-1f, -1f, 0f, 0f]));
        Assert.That(labels[0][128..132], Is.EqualTo([-1f, -1f, 0f, 0f]));
    }

    [Test]
    public void Missing_folders_and_files_are_told()
    {
        Assert.That(
            () => Open(CityscapesFolder.Options with { Split = "val" }),
            LayoutReader.Fault(_folder["val/image"], "the folder of photographs is missing")
        );
        Directory.CreateDirectory(_folder["val/image"]);
        Assert.That(() => Open(CityscapesFolder.Options with { Split = "val" }), LayoutReader.Fault(_folder["val/image"], "has none"));
        File.Delete(_folder["train/depth/0.npy"]);
        Assert.That(
            () => Open(),
            LayoutReader.Fault(_folder["train/image/0.npy"], $"a photograph without the label {_folder["train/depth/0.npy"]}")
        );
        Directory.Delete(_folder["train/depth"]);
        Assert.That(() => Open(), LayoutReader.Fault(_folder["train/depth"], "the folder of the task 'depth' is missing"));
        Assert.That(Open(CityscapesFolder.Options with { AllowMissing = true }).GetLabeled(0), Is.EqualTo(TaskMask.None.With(0)));
    }

    [Test]
    public void A_label_without_its_photograph_is_told_and_another_name_noted()
    {
        string readme = _folder.Write("train/image/readme.txt", "");
        string padded = _folder.Npy("train/image/01.npy", "(32, 64, 3)", new float[3 * Pixels]);
        Assert.That(Open().Problems.Select(p => p.Path), Is.EqualTo([padded, readme]));
        string label = _folder.Npy("train/label_7/1.npy", "(32, 64)", new float[Pixels]);
        Assert.That(() => Open(), LayoutReader.Fault(label, $"a label without its photograph {_folder["train/image/1.npy"]}"));
    }

    [Test]
    public void Metric_depth_needs_the_official_layout() =>
        Assert.That(
            () => Open(CityscapesFolder.Options with { Depth = CityscapesDepth.Metric }),
            Throws.ArgumentException.With.Message.Contains("lack the cameras")
        );

    [TestCase("(3, 32, 64)", "an array of shape (3, 32, 64), where a photograph has (H, W, 3)")]
    [TestCase("(32, 192)", "an array of shape (32, 192), where a photograph has (H, W, 3)")]
    [TestCase("(64, 64, 3)", "the file is truncated")]
    public void A_photograph_of_another_shape_is_refused(string shape, string fault)
    {
        string image = _folder.Npy("train/image/0.npy", shape, new float[3 * Pixels]);
        Assert.That(ReadFirst, LayoutReader.Fault(image, fault));
    }

    [TestCase(255f)]
    [TestCase(-0.5f)]
    [TestCase(float.NaN)]
    public void A_photograph_with_values_outside_0_to_1_is_refused(float value)
    {
        string image = _folder.Npy(
            "train/image/0.npy",
            "(32, 64, 3)",
            [.. Enumerable.Range(0, 3 * Pixels).Select(i => i == 3 * 66 + 1 ? value : 0.5f)]
        );
        Assert.That(ReadFirst, LayoutReader.Fault(image, $"value {value}, which is not in [0, 1], at row 1, column 2"));
    }

    [Test]
    public void A_photograph_of_wide_whole_numbers_is_refused()
    {
        string image = _folder.Npy("train/image/0.npy", "<i2", "(32, 64, 3)", new byte[6 * Pixels]);
        Assert.That(ReadFirst, LayoutReader.Fault(image, "a photograph of the type Int16"));
    }

    [Test]
    public void Bad_labels_are_refused()
    {
        string ids = _folder.Npy("train/label_7/0.npy", "(32, 64)", [.. Enumerable.Range(0, Pixels).Select(i => i == 65 ? 7f : 0f)]);
        Assert.That(ReadFirst, LayoutReader.Fault(ids, "class id 7, which is neither 0 to 6 nor the void id -1, at row 1, column 1"));
        _folder.Npy("train/label_7/0.npy", "(32, 64)", new float[Pixels]);
        string depth = _folder.Npy("train/depth/0.npy", "(64, 32)", new float[Pixels]);
        Assert.That(ReadFirst, LayoutReader.Fault(depth, "an array of shape (64, 32), where the image asks for (32, 64)"));
        _folder.Npy("train/depth/0.npy", "(32, 64, 1)", [.. Enumerable.Range(0, Pixels).Select(_ => -1f)]);
        Assert.That(ReadFirst, LayoutReader.Fault(depth, "depth -1, which is below 0, at row 0, column 0"));
    }

    private static double Image(int seed, int i) => (i * 7 + seed) % 1001 / 1000.0;

    private static float Depth(int seed, int i) => i % 5 == 0 ? 0 : (i + seed) % 97 / 200f;

    // As numpy saves what MTAN computed: float64 photographs and float32 labels.
    private void WriteSample(int n)
    {
        _folder.Npy(
            $"train/image/{n}.npy",
            "<f8",
            "(32, 64, 3)",
            [.. Enumerable.Range(0, 3 * Pixels).SelectMany(i => TemporaryFolder.Little(8, BitConverter.DoubleToUInt64Bits(Image(n, i))))]
        );
        _folder.Npy($"train/label_7/{n}.npy", "(32, 64)", [.. Enumerable.Range(0, Pixels).Select(i => (float)((i + n) % 8 - 1))]);
        _folder.Npy($"train/label_19/{n}.npy", "(32, 64)", [.. Enumerable.Range(0, Pixels).Select(i => (float)((i + n) % 20 - 1))]);
        _folder.Npy($"train/depth/{n}.npy", "(32, 64, 1)", [.. Enumerable.Range(0, Pixels).Select(i => Depth(n, i))]);
    }
}
