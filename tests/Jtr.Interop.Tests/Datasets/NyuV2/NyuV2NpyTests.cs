using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NyuV2NpyTests : IDisposable
{
    private const int H = 32;
    private const int W = 64;

    private static readonly NyuV2Options Size = new() { Height = H, Width = W };
    private static readonly string[] Parts = ["image", "label", "depth", "normal"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // MTAN's files: float64 images and depths, float32 or float64 labels, channels last.
    [TestCase("<f4")]
    [TestCase("<f8")]
    [TestCase(">f4")]
    public void A_sample_is_read_value_for_value(string type)
    {
        WriteSample("train", 0, type);
        using NyuV2Dataset data = NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size);
        (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, 0);

        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "segmentation", "depth", "normals" }));
        Assert.That(((SegmentationTask)data.Tasks[0]).ClassNames[11], Is.EqualTo("wall"));
        Assert.That(written, Is.EqualTo(data.Tasks.All));
        Assert.That(image, Is.EqualTo(NyuReader.Plane(3, H, W, (c, y, x) => (float)Image(0, y, x, c))));
        Assert.That(labels[0], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => (float)Label(0, y, x))));
        Assert.That(labels[1], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => (float)Depth(0, y, x))));
        // Unit vectors are brought to unit length again: a rounding of float32.
        Assert.That(labels[2], Is.EqualTo(NyuReader.Plane(3, H, W, (c, y, x) => (float)Normal(y, x)[c])).Within(1e-6f));
    }

    [Test]
    public void Labels_may_have_two_axes_and_files_column_major_order()
    {
        WriteSample("train", 0);
        // Column-major [H, W]: columns one after the other.
        _folder.Npy(
            "train/label/0.npy",
            "<f8",
            $"({H}, {W})",
            Doubles(from x in Enumerable.Range(0, W) from y in Enumerable.Range(0, H) select (double)Label(0, y, x)),
            order: "True"
        );
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(SampleArrays.Read(data, 0).Labels[0], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => (float)Label(0, y, x))));
    }

    [Test]
    public void Samples_come_in_the_order_of_their_numbers()
    {
        foreach (int number in new[] { 0, 1, 2, 10, 9, 3, 4, 5, 6, 7, 8 })
            WriteSample("val", number);
        using NyuV2Dataset data = NyuV2Dataset.Open(_folder.Root, NyuV2Split.Test, Size);
        Assert.That(Enumerable.Range(0, data.Count).Select(data.GetName), Is.EqualTo(Enumerable.Range(0, 11).Select(i => i.ToString())));
        Assert.That(SampleArrays.Read(data, 10).Labels[1][0], Is.EqualTo((float)Depth(10, 0, 0)));
        Assert.That(data.Problems, Is.Empty);
    }

    [Test]
    public void Another_training_size_picks_classes_and_depths_and_averages_images_and_normals()
    {
        WriteSample("train", 0);
        NyuV2Options half = Size with { Width = 32 };
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, half);
        (float[] image, float[][] labels, _) = SampleArrays.Read(data, 0);
        // The centre of target column x lies between source columns 2 x and 2 x + 1; the right one is picked.
        Assert.That(labels[0], Is.EqualTo(NyuReader.Plane(1, H, 32, (_, y, x) => (float)Label(0, y, 2 * x + 1))));
        Assert.That(labels[1], Is.EqualTo(NyuReader.Plane(1, H, 32, (_, y, x) => (float)Depth(0, y, 2 * x + 1))));
        // Halving with antialiasing weighs four columns 1 3 3 1, away from the borders.
        double expected = (Image(0, 5, 19, 1) + 3 * Image(0, 5, 20, 1) + 3 * Image(0, 5, 21, 1) + Image(0, 5, 22, 1)) / 8;
        Assert.That(image[(H + 5) * 32 + 10], Is.EqualTo(expected).Within(1e-6));
        for (int i = 0; i < H * 32; i++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, 3).Sum(c => Math.Pow(labels[2][c * H * 32 + i], 2)));
            Assert.That(length, Is.EqualTo(1).Within(1e-6).Or.EqualTo(0), "a vector is of unit length, or none");
        }
    }

    [Test]
    public void Only_wanted_labels_are_read()
    {
        WriteSample("train", 0);
        _folder.Write("train/normal/0.npy", "damaged");
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 0, new TaskMask(0b010));
        Assert.That(written.Bits, Is.EqualTo(0b010));
        Assert.That(labels[0], Is.All.EqualTo(-77));
        Assert.That(labels[2], Is.All.EqualTo(-77));
    }

    [TestCase("label", "<f8", 13.0, "class id 13, which is neither 0 to 12")]
    [TestCase("label", "<f8", 2.5, "class id 2.5")]
    [TestCase("label", "<f8", -2.0, "class id -2")]
    [TestCase("label", "<f8", double.NaN, "class id NaN")]
    [TestCase("depth", "<f8", -0.5, "depth -0.5")]
    [TestCase("depth", "<f8", double.NaN, "depth NaN")]
    [TestCase("depth", "<f8", double.PositiveInfinity, "depth ")]
    [TestCase("image", "<f8", 255.0, "value 255, which is not in [0, 1]")]
    [TestCase("image", "<f8", double.NaN, "value NaN")]
    [TestCase("normal", "<f8", 3.0, "no unit vector")]
    [TestCase("normal", "<f8", double.PositiveInfinity, "no unit vector")]
    public void A_value_that_cannot_be_is_told_with_its_place(string part, string type, double value, string fault)
    {
        WriteSample("train", 0);
        int channels = part is "image" or "normal" ? 3 : 1;
        double[] values = new double[H * W * channels];
        values[(7 * W + 5) * channels] = value;
        string path = _folder.Npy($"train/{part}/0.npy", type, $"({H}, {W}, {channels})", Doubles(values));
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(
            () => SampleArrays.Read(data, 0),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Message.Contains(fault)
                .And.Message.Contains("row 7, column 5")
        );
    }

    [Test]
    public void Normals_that_are_stored_in_another_way_are_told()
    {
        WriteSample("train", 0);
        string path = _folder.Npy("train/normal/0.npy", "<f8", $"({H}, {W}, 3)", Doubles(Enumerable.Repeat(0.5, H * W * 3)));
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(
            () => SampleArrays.Read(data, 0),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains("mean length of 0.866")
        );
    }

    [TestCase("image", "<i4", "(32, 64, 3)", 4, "type Int32")]
    [TestCase("image", "<f4", "(32, 64)", 4, "shape (32, 64)")]
    [TestCase("image", "<f4", "(3, 32, 64)", 4, "shape (3, 32, 64)")]
    [TestCase("depth", "<u2", "(32, 64, 1)", 2, "type UInt16, where floating-point numbers belong")]
    [TestCase("depth", "<f4", "(64, 32, 1)", 4, "asks for (32, 64)")]
    [TestCase("depth", "<f4", "(32, 64, 3)", 4, "asks for (32, 64)")]
    [TestCase("normal", "<f4", "(32, 64, 1)", 4, "asks for (32, 64, 3)")]
    [TestCase("label", "<c8", "(32, 64, 1)", 8, "type '<c8'")]
    public void Another_type_or_shape_is_told(string part, string type, string shape, int size, string fault)
    {
        WriteSample("train", 0);
        int count = shape.Trim('(', ')').Split(", ").Select(int.Parse).Aggregate((a, b) => a * b);
        string path = _folder.Npy($"train/{part}/0.npy", type, shape, new byte[count * size]);
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(
            () => SampleArrays.Read(data, 0),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(fault)
        );
    }

    [Test]
    public void Truncated_files_and_headers_that_ask_for_terabytes_are_told()
    {
        WriteSample("train", 0);
        string path = _folder.Npy("train/depth/0.npy", "<f8", "(1048576, 1048576, 1)", new byte[8]);
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(
            () => SampleArrays.Read(data, 0),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains("too many")
        );
        _folder.Npy("train/depth/0.npy", "<f8", $"({H}, {W}, 1)", new byte[100]);
        Assert.That(
            () => SampleArrays.Read(data, 0),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains("truncated")
        );
    }

    [Test]
    public void An_image_without_a_label_and_the_reverse_are_errors_unless_allowed()
    {
        WriteSample("train", 0);
        WriteSample("train", 1);
        File.Delete(_folder["train/depth/1.npy"]);
        Assert.That(
            () => NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(_folder["train/depth/1.npy"])
                .And.Message.Contains("an image without its label")
        );
        File.Copy(_folder["train/normal/0.npy"], _folder["train/normal/7.npy"]);
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size with { AllowMissing = true });
        Assert.That(data.Problems.Select(p => p.Path), Is.EqualTo(new[] { _folder["train/depth/1.npy"], _folder["train/normal/7.npy"] }));
        Assert.That(Enumerable.Range(0, 2).Select(i => data.GetLabeled(i).Bits), Is.EqualTo(new ulong[] { 0b111, 0b101 }));

        File.Copy(_folder["train/depth/0.npy"], _folder["train/depth/1.npy"]);
        Assert.That(
            () => NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(_folder["train/normal/7.npy"])
                .And.Message.Contains("a label without its image")
        );
    }

    [Test]
    public void What_is_not_there_is_told()
    {
        Assert.That(() => NyuV2Dataset.Open(_folder["absent"], NyuV2Split.Train, Size), Throws.TypeOf<DirectoryNotFoundException>());
        Assert.That(
            () => NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the folder of images is missing")
        );
        Directory.CreateDirectory(_folder["train/image"]);
        Assert.That(
            () => NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the folder of images has none")
        );
        WriteSample("train", 0);
        Directory.Delete(_folder["train/normal"], recursive: true);
        Assert.That(
            () => NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("the folder of the task 'normals' is missing")
        );
        _folder.Write("train/image/00.npy", "");
        Assert.That(
            () => NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("has the same number")
        );
    }

    [Test]
    public void Options_outside_their_range_are_named()
    {
        Assert.That(
            () => (Size with { Height = 0 }).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("Height")
        );
        Assert.That(
            () => (Size with { ClassCount = 14 }).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("ClassCount")
        );
        Assert.That(
            () => (Size with { ExtraDepthScale = double.NaN }).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("ExtraDepthScale")
        );
        Assert.That(
            () => (Size with { ClassMapping = [] }).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("ClassMapping")
        );
        Assert.That(
            () => (Size with { Camera = default }).Validate(),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("Camera")
        );
        Assert.That(
            () => NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size with { ClassCount = 40 }),
            Throws.ArgumentException.With.Message.Contains("13 classes")
        );
        Assert.That(() => NyuV2Dataset.OpenNpy(_folder.Root, (NyuV2Split)2, Size), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Further_frames_have_depth_alone_and_come_last(bool isNpy)
    {
        WriteSample("train", 0);
        if (isNpy)
        {
            WriteSample("extra", 3);
        }
        else
        {
            _folder.Image("extra/image/frame.png", H, W, 3, i => i % 256);
            _folder.Image16("extra/depth/frame.png", H, W, 1, i => i);
        }
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(
            _folder.Root,
            NyuV2Split.Train,
            Size with
            {
                ExtraFrames = _folder["extra"],
                ExtraDepthScale = 0.0002,
            }
        );
        (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, 1);

        Assert.That((data.Count, data.ExtraCount), Is.EqualTo((2, 1)));
        Assert.That(data.GetLabeled(1).Bits, Is.EqualTo(0b010));
        Assert.That(written.Bits, Is.EqualTo(0b010));
        Assert.That(labels[0], Is.All.EqualTo(-77));
        Assert.That(labels[2], Is.All.EqualTo(-77));
        Assert.That(data.GetName(1), Is.EqualTo(isNpy ? "3" : "frame"));
        Assert.That(labels[1][W + 1], Is.EqualTo(isNpy ? (float)Depth(3, 1, 1) : (float)((W + 1) * 0.0002)));
        Assert.That(image[H * W + 1], Is.EqualTo(isNpy ? (float)Image(3, 0, 1, 1) : 4 / 255f));
        Assert.That(SampleArrays.Read(data, 0).Written, Is.EqualTo(data.Tasks.All));
        Assert.That(() => SampleArrays.Read(data, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_further_frame_without_depth_is_an_error_unless_allowed(bool isNpy)
    {
        WriteSample("train", 0);
        if (isNpy)
            WriteSample("extra", 3);
        else
            _folder.Image("extra/image/3.png", H, W, 3, i => i % 256);
        Directory.Delete(_folder["extra/depth"], recursive: isNpy);
        NyuV2Options options = Size with { ExtraFrames = _folder["extra"] };
        Assert.That(
            () => NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, options),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").StartsWith(_folder["extra"])
        );
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, options with { AllowMissing = true });
        Assert.That(data.GetLabeled(1).Count, Is.Zero);
        Assert.That(data.Problems, Is.Not.Empty);
        Assert.That(
            () => NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, Size with { ExtraFrames = _folder["absent"] }),
            Throws.TypeOf<DirectoryNotFoundException>()
        );
    }

    private void WriteSample(string part, int number, string type = "<f8")
    {
        foreach (string name in Parts)
        {
            int channels = name is "image" or "normal" ? 3 : 1;
            IEnumerable<double> values =
                from y in Enumerable.Range(0, H)
                from x in Enumerable.Range(0, W)
                from c in Enumerable.Range(0, channels)
                select name switch
                {
                    "image" => Image(number, y, x, c),
                    "label" => Label(number, y, x),
                    "depth" => Depth(number, y, x),
                    _ => Normal(y, x)[c],
                };
            byte[] elements =
                type[1..] == "f8"
                    ? Doubles(values)
                    : [.. values.SelectMany(v => TemporaryFolder.Little(4, BitConverter.SingleToUInt32Bits((float)v)))];
            if (type[0] == '>')
                elements = [.. elements.Chunk(4).SelectMany(e => e.Reverse())];
            _folder.Npy($"{part}/{name}/{number}.npy", type, $"({H}, {W}, {channels})", elements);
        }
        Directory.CreateDirectory(_folder["extra/depth"]);
    }

    private static double Image(int n, int y, int x, int c) => (n + 3 * y + 5 * x + 80 * c) % 257 / 256.0;

    private static int Label(int n, int y, int x) => (n + y + 2 * x) % 14 - 1;

    private static double Depth(int n, int y, int x) => (x + y) % 6 == 0 ? 0 : 1 + n + y / 64.0 + x / 1024.0;

    private static double[] Normal(int y, int x)
    {
        double angle = 0.1 * y + 0.05 * x;
        return (x + y) % 7 == 0 ? [0, 0, 0] : [0.6 * Math.Cos(angle), 0.6 * Math.Sin(angle), -0.8];
    }

    private static byte[] Doubles(IEnumerable<double> values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
