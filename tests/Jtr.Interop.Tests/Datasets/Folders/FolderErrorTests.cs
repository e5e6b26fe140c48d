using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>Bad input ends in a typed error that names the file and the fault.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FolderErrorTests : IDisposable
{
    private static readonly SegmentationTask Seg = new("seg", 4);
    private readonly TemporaryFolder _folder = new();

    public FolderErrorTests() => _folder.Image("image/a.png", 32, 32, 3, i => i % 256);

    public void Dispose() => _folder.Dispose();

    private static NUnit.Framework.Constraints.ContainsConstraint Format(string path, string message) =>
        Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(path).And.Message.Contains(message);

    private float[] Label(VisionTask task) => FolderReader.Label(_folder, task);

    [Test]
    public void A_missing_root_and_missing_or_empty_photographs_are_told()
    {
        string nowhere = _folder["nowhere"];
        Assert.That(
            () => new FolderDataset(nowhere, FolderReader.Size32),
            Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains(nowhere)
        );
        Directory.CreateDirectory(nowhere);
        string image = Path.Combine(nowhere, "image");
        Assert.That(() => new FolderDataset(nowhere, FolderReader.Size32), Format(image, "the folder of photographs is missing"));
        Directory.CreateDirectory(image);
        Assert.That(
            () => new FolderDataset(nowhere, FolderReader.Size32),
            Format(image, "the folder of photographs has none (.jpg, .jpeg, .png)")
        );
    }

    [Test]
    public void A_folder_without_labels_needs_to_be_told_its_tasks()
    {
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32),
            Format(_folder.Root, "no folder beside 'image' holds labels")
        );
        Assert.That(new FolderDataset(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] }).Count, Is.EqualTo(1));
    }

    [Test]
    public void Two_files_of_one_name_are_refused()
    {
        _folder.Image("image/a.jpg", 32, 32, 3, _ => 0);
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] }),
            Format(_folder["image/a.png"], "'a.jpg' beside it has the same name")
        );
        File.Delete(_folder["image/a.jpg"]);
        _folder.Write("seg/a.png", "");
        _folder.Write("seg/a.npy", "");
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] }),
            Format(_folder["seg/a.png"], "'a.npy' beside it has the same name")
        );
    }

    // The superuser may read every file, but nobody a folder.
    [TestCase("image/a.png")]
    [TestCase("depth/a.npy")]
    [TestCase("seg/a.png")]
    public void A_file_that_may_not_be_read_is_named(string name)
    {
        _folder.Image("image/a.png", 32, 32, 3, _ => 1);
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 2);
        _folder.Npy("depth/a.npy", "(32, 32)", new float[1024]);
        FolderDataset data = new(_folder.Root, FolderReader.Size32);
        File.Delete(_folder[name]);
        Directory.CreateDirectory(_folder[name]);
        Assert.That(() => SampleArrays.Read(data, 0), Throws.TypeOf<UnauthorizedAccessException>().With.Message.Contains(_folder[name]));
    }

    [Test]
    public void A_file_that_went_away_is_named()
    {
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] });
        File.Delete(_folder["image/a.png"]);
        Assert.That(() => SampleArrays.Read(data, 0), Throws.TypeOf<FileNotFoundException>().With.Message.Contains(_folder["image/a.png"]));
    }

    [TestCase("jpg")]
    [TestCase("png")]
    public void A_truncated_photograph_is_damaged_and_not_grey(string extension)
    {
        string path = _folder.Image($"image/b.{extension}", 64, 64, 3, i => i * i % 251);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^(int)(new FileInfo(path).Length / 2)]);
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] });
        Assert.That(() => SampleArrays.Read(data, 1), Format(path, "damaged: "));
    }

    [TestCase("", "neither a JPEG nor a PNG file")]
    [TestCase("GIF89a and so on", "neither a JPEG nor a PNG file")]
    [TestCase("\u0089PNG", "neither a JPEG nor a PNG file")]
    public void Something_else_than_a_photograph_is_told(string content, string fault)
    {
        string path = _folder.Write("image/a.png", content);
        Assert.That(() => Label(Seg), Format(path, fault));
    }

    [Test]
    public void A_label_of_another_size_is_refused_with_both_sizes()
    {
        string png = _folder.Image("seg/a.png", 32, 64, 1, _ => 0);
        Assert.That(() => Label(Seg), Format(png, "a label of 32 x 64 for an image of 32 x 32"));
        string npy = _folder.Npy("depth/a.npy", "(16, 32)", new float[512]);
        Assert.That(() => Label(new DepthTask()), Format(npy, "an array of shape (16, 32), where the image asks for (32, 32)"));
        string normals = _folder.Npy("normals/a.npy", "(32, 32)", new float[1024]);
        Assert.That(
            () => Label(new NormalsTask()),
            Format(normals, "an array of shape (32, 32), where the image asks for (32, 32, 3) or (3, 32, 32)")
        );
    }

    [Test]
    public void A_label_of_another_number_of_channels_is_refused()
    {
        string seg = _folder.Image("seg/a.png", 32, 32, 3, _ => 0);
        Assert.That(() => Label(Seg), Format(seg, "3 channels, where the task has 1 (colours that stand for classes are not read"));
        string depth = _folder.Image("depth/a.png", 32, 32, 3, _ => 0);
        Assert.That(() => Label(new DepthTask()), Format(depth, "3 channels, where the task has 1 (a picture of a depth in colours"));
        string normals = _folder.Image("normals/a.png", 32, 32, 1, _ => 0);
        Assert.That(() => Label(new NormalsTask()), Format(normals, "1 channels, where the task has 3"));
    }

    [Test]
    public void A_label_that_is_no_png_is_told_whatever_its_name()
    {
        _folder.Image("seg/a.jpg", 32, 32, 1, _ => 0);
        File.Move(_folder["seg/a.jpg"], _folder["seg/a.png"]);
        Assert.That(() => Label(Seg), Format(_folder["seg/a.png"], "no PNG file"));
    }

    [TestCase(1)]
    [TestCase(8)]
    public void A_class_id_out_of_range_is_told_with_value_and_first_place(int bytes)
    {
        string path =
            bytes == 1
                ? _folder.Image("seg/a.png", 32, 32, 1, i => i >= 3 * 32 + 5 ? 17 : i % 4)
                : _folder.Npy(
                    "seg/a.npy",
                    "<i8",
                    "(32, 32)",
                    [.. Enumerable.Range(0, 1024).SelectMany(i => TemporaryFolder.Little(8, i >= 101 ? 17 : (ulong)i % 4))]
                );
        Assert.That(() => Label(Seg), Format(path, "class id 17, which is neither 0 to 3 nor the void id 255, at row 3, column 5"));
    }

    [TestCase(float.NaN, "class id NaN")]
    [TestCase(1.5f, "class id 1.5")]
    [TestCase(-2f, "class id -2")]
    public void What_is_no_class_id_is_refused(float id, string fault)
    {
        string path = _folder.Npy("seg/a.npy", "(32, 32)", [.. Enumerable.Range(0, 1024).Select(i => i == 33 ? id : 1f)]);
        Assert.That(() => Label(Seg), Format(path, $"{fault}, which is neither 0 to 3 nor the void id 255, at row 1, column 1"));
    }

    [TestCase(-0.5f)]
    [TestCase(float.NegativeInfinity)]
    public void A_negative_depth_is_refused(float depth)
    {
        string path = _folder.Npy("depth/a.npy", "(32, 32)", [.. Enumerable.Range(0, 1024).Select(i => i == 40 ? depth : 1f)]);
        Assert.That(() => Label(new DepthTask()), Format(path, $"depth {depth}, which is below 0, at row 1, column 8"));
    }

    [TestCase(1.25f)]
    [TestCase(-0.01f)]
    [TestCase(float.PositiveInfinity)]
    public void A_map_value_outside_0_to_1_is_refused(float value)
    {
        string path = _folder.Npy("edge/a.npy", "(32, 32)", [.. Enumerable.Range(0, 1024).Select(i => i == 40 ? value : 1f)]);
        Assert.That(() => Label(new MapTask("edge")), Format(path, $"value {value}, which is not in [0, 1], at row 1, column 8"));
    }

    [Test]
    public void Whole_numbers_whose_maximum_is_unknown_are_refused()
    {
        string edge = _folder.Npy("edge/a.npy", "<i4", "(32, 32)", new byte[4096]);
        Assert.That(() => Label(new MapTask("edge")), Format(edge, "a map of the type Int32"));
        string normals = _folder.Npy("normals/a.npy", "<i2", "(32, 32, 3)", new byte[6144]);
        Assert.That(() => Label(new NormalsTask()), Format(normals, "normals of the type Int16"));
    }

    [TestCase(0, "damaged in row")]
    [TestCase(1, "the file is truncated: a chunk claims")]
    [TestCase(2, "interlaced")]
    [TestCase(3, "filter 9, which PNG does not know")]
    public void A_damaged_palette_image_is_told(int damage, string fault)
    {
        byte[] png = TemporaryFolder.RawPng(3, 8, 32, 32, i => (i * 7919 ^ i >> 3) % 4, interlace: damage == 2 ? (byte)1 : (byte)0);
        int data = png.AsSpan().IndexOf("IDAT"u8) + 4;
        if (damage == 0)
            png.AsSpan(data + 4, 10).Fill(0xFF);
        if (damage == 1)
            png = png[..^30];
        if (damage == 3)
            png = Stored(png[..(data - 8)]);
        string path = _folder.Write("seg/a.png", png);
        Assert.That(() => Label(Seg), Format(path, fault));

        // The same header with a stored (uncompressed) block that begins with the filter 9.
        static byte[] Stored(byte[] start) =>
            [
                .. start,
                0,
                0,
                0,
                9,
                .. "IDAT"u8,
                0x78,
                0x01,
                0x01,
                0x02,
                0x00,
                0xFD,
                0xFF,
                0x09,
                0x00,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                .. "IEND"u8,
                0,
                0,
                0,
                0,
            ];
    }

    [Test]
    public void A_png_that_claims_a_monstrous_size_is_refused_before_it_is_decoded()
    {
        byte[] png = TemporaryFolder.RawPng(3, 8, 32, 32, _ => 0);
        png.AsSpan(16, 8).Fill(0x7F);
        string path = _folder.Write("seg/a.png", png);
        Assert.That(() => Label(Seg), Format(path, "a size of 2139062143 x 2139062143 pixels"));
        byte[] photograph = File.ReadAllBytes(_folder["image/a.png"]);
        photograph.AsSpan(16, 8).Fill(0x7F);
        string image = _folder.Write("image/a.png", photograph);
        Assert.That(() => Label(Seg), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(image));
    }

    [TestCase(8193, 32, "Height")]
    [TestCase(32, 0, "Width")]
    [TestCase(32, 8224, "Width")]
    public void A_training_size_out_of_range_is_refused_by_name(int height, int width, string property) =>
        Assert.That(
            () => new FolderDataset(_folder.Root, new FolderOptions { Height = height, Width = width }),
            Throws
                .TypeOf<ArgumentOutOfRangeException>()
                .With.Property("ParamName")
                .EqualTo(property)
                .And.Message.Contains($"{property} has to be 1 to 8192")
        );

    [TestCase(0)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void A_depth_scale_out_of_range_is_refused(double scale) =>
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32 with { DepthScale = scale }),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("DepthScale")
        );

    [Test]
    public void Bad_arguments_are_refused()
    {
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32 with { Tasks = [] }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Tasks")
        );
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { Tasks = [Seg] });
        Assert.That(() => SampleArrays.Read(data, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => data.Read(0, default, new SampleBuffer(data.Tasks, 32, 64, new float[3 * 2048], new float[2048])),
            Throws.ArgumentException.With.Message.Contains("the buffer is for 32 x 64, the samples are 32 x 32")
        );
    }
}
