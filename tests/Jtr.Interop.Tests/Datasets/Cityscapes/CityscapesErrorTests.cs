using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Cityscapes;

/// <summary>Bad input ends in a typed error that names the file and the fault.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CityscapesErrorTests : IDisposable
{
    private const string City = "aachen";
    private readonly TemporaryFolder _folder = new();

    public CityscapesErrorTests() => _folder.Sample(City, "a");

    public void Dispose() => _folder.Dispose();

    private CityscapesDataset Open(CityscapesOptions? options = null) => new(_folder.Root, options ?? CityscapesFolder.Options);

    private void ReadFirst() => SampleArrays.Read(Open(), 0);

    [Test]
    public void Missing_and_empty_folders_are_told()
    {
        Assert.That(
            () => new CityscapesDataset(_folder["nowhere"], CityscapesFolder.Options),
            Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains(_folder["nowhere"])
        );
        Assert.That(
            () => Open(CityscapesFolder.Options with { Split = "val" }),
            LayoutReader.Fault(_folder["leftImg8bit/val"], "the folder of photographs is missing")
        );
        Directory.CreateDirectory(_folder["leftImg8bit/val"]);
        Assert.That(
            () => Open(CityscapesFolder.Options with { Split = "val" }),
            LayoutReader.Fault(_folder["leftImg8bit/val"], "has none: <city>/<name>_leftImg8bit.png")
        );
        Directory.Delete(_folder["disparity"], recursive: true);
        Assert.That(() => Open(), LayoutReader.Fault(_folder["disparity/train"], "choose Depth = None"));
        Assert.That(Open(CityscapesFolder.Options with { Depth = CityscapesDepth.None }).Tasks.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_photograph_without_a_label_is_an_error_or_a_missing_label()
    {
        string image = _folder.Image(City, "b");
        Assert.That(
            () => Open(),
            LayoutReader.Fault(image, $"a photograph without gtFine: there is no {_folder["gtFine/train/aachen/b_gtFine_labelIds.png"]}")
        );
        CityscapesDataset data = Open(CityscapesFolder.Options with { AllowMissing = true });
        Assert.That((data.GetLabeled(0), data.GetLabeled(1)), Is.EqualTo((data.Tasks.All, TaskMask.None)));
        Assert.That(data.Problems.Select(p => p.Path), Is.EqualTo([image, image]));
        Assert.That(data.GetLabelPath(1, 0), Is.Null);
    }

    [Test]
    public void A_label_without_its_photograph_is_an_error_or_noted()
    {
        string label = _folder.Disparity("bochum", "b", _ => 0);
        Assert.That(
            () => Open(),
            LayoutReader.Fault(label, $"a label without its photograph {_folder["leftImg8bit/train/bochum/b_leftImg8bit.png"]}")
        );
        CityscapesDataset data = Open(CityscapesFolder.Options with { AllowMissing = true });
        Assert.That(data.Count, Is.EqualTo(1));
        Assert.That(data.Problems.Select(p => p.Path), Is.EqualTo([label]));
    }

    [Test]
    public void A_file_of_another_name_is_noted()
    {
        string other = _folder.Write("leftImg8bit/train/aachen/readme.txt", "hello");
        Assert.That(Open().Problems.Select(p => p.Path), Is.EqualTo([other]));
    }

    [Test]
    public void Another_bit_depth_is_refused()
    {
        string ids = _folder.Ids(City, "a", _ => 7, bits: 16);
        Assert.That(ReadFirst, LayoutReader.Fault(ids, "16 bits a channel, where a labelIds file has 8"));
        _folder.Ids(City, "a", _ => 7);
        string disparity = _folder.Disparity(City, "a", _ => 7, bits: 8);
        Assert.That(ReadFirst, LayoutReader.Fault(disparity, "8 bits a channel or fewer, where a disparity has 16"));
    }

    [Test]
    public void Another_size_than_the_photographs_is_refused_with_both()
    {
        string ids = _folder.Ids(City, "a", _ => 7, height: 64);
        Assert.That(ReadFirst, LayoutReader.Fault(ids, "a label of 64 x 64 for an image of 32 x 64"));
        _folder.Ids(City, "a", _ => 7);
        string disparity = _folder.Disparity(City, "a", _ => 7, width: 32);
        Assert.That(ReadFirst, LayoutReader.Fault(disparity, "a label of 32 x 32 for an image of 32 x 64"));
    }

    [Test]
    public void Photographs_of_several_sizes_come_at_one()
    {
        _folder.Image(City, "b", height: 48, width: 80);
        _folder.Ids(City, "b", _ => 7, height: 48, width: 80);
        _folder.Disparity(City, "b", _ => 257, height: 48, width: 80);
        (_, float[][] labels, _) = SampleArrays.Read(Open(), 1);
        Assert.That(labels[1], Is.All.EqualTo(1 / 256f));
    }

    [Test]
    public void A_label_id_out_of_range_is_told_with_its_place()
    {
        string ids = _folder.Ids(City, "a", i => i == 67 ? 34 : 7);
        Assert.That(ReadFirst, LayoutReader.Fault(ids, "label id 34, where Cityscapes has 0 to 33, at row 1, column 3"));
    }

    [Test]
    public void Damaged_files_are_told()
    {
        string image = _folder["leftImg8bit/train/aachen/a_leftImg8bit.png"];
        byte[] whole = File.ReadAllBytes(image);
        File.WriteAllBytes(image, whole[..(whole.Length / 2)]);
        Assert.That(ReadFirst, LayoutReader.Fault(image, "damaged: "));
        File.WriteAllBytes(image, whole);
        string disparity = _folder.Write("disparity/train/aachen/a_disparity.png", "GIF89a");
        Assert.That(ReadFirst, LayoutReader.Fault(disparity, "no PNG file"));
        CityscapesDataset data = Open();
        File.Delete(image);
        Assert.That(() => SampleArrays.Read(data, 0), Throws.TypeOf<FileNotFoundException>().With.Message.Contains(image));
    }

    [TestCase("", "no camera file: ")]
    [TestCase("[]", "the number 'extrinsic.baseline' of a camera file is missing")]
    [TestCase(
        """{ "extrinsic": { "baseline": "0.2" }, "intrinsic": { "fx": 2262 } }""",
        "the number 'extrinsic.baseline' of a camera file is missing"
    )]
    [TestCase("""{ "extrinsic": { "baseline": 0.2 }, "intrinsic": 3 }""", "the number 'intrinsic.fx' of a camera file is missing")]
    [TestCase("""{ "extrinsic": { "baseline": 0.2 }, "intrinsic": { "fx": 0 } }""", "'intrinsic.fx' is 0; it has to be above 0")]
    [TestCase("""{ "extrinsic": { "baseline": 1e999 }, "intrinsic": { "fx": 1 } }""", "'extrinsic.baseline' is 1e999")]
    public void A_damaged_camera_file_is_told(string content, string fault)
    {
        string camera = _folder.Write("camera/train/aachen/a_camera.json", content);
        CityscapesDataset data = Open(CityscapesFolder.Options with { Depth = CityscapesDepth.Metric });
        Assert.That(() => SampleArrays.Read(data, 0), LayoutReader.Fault(camera, fault));
    }

    [Test]
    public void Metric_depth_without_a_camera_file_is_an_error_or_a_missing_label()
    {
        CityscapesOptions options = CityscapesFolder.Options with { Depth = CityscapesDepth.Metric };
        Assert.That(
            () => Open(options),
            LayoutReader.Fault(_folder["camera/train/aachen/a_camera.json"], "the camera file, which metric depth needs, is missing")
        );
        Assert.That(Open(options with { AllowMissing = true }).GetLabeled(0), Is.EqualTo(TaskMask.None.With(0)));
    }

    [Test]
    public void Options_out_of_range_are_refused_by_name()
    {
        Check("Height", o => o with { Height = 0 });
        Check("Width", o => o with { Width = 0 });
        Check("Split", o => o with { Split = "../train" });
        Check("Split", o => o with { Split = "" });
        Check("Labels", o => o with { Labels = (CityscapesLabels)8 });
        Check("Labels", o => o with { Labels = CityscapesLabels.None, Depth = CityscapesDepth.None });
        Check("Depth", o => o with { Depth = (CityscapesDepth)3 });
        Check("MaxMetricDepth", o => o with { MaxMetricDepth = 0 });

        void Check(string property, Func<CityscapesOptions, CityscapesOptions> change) =>
            Assert.That(
                () => Open(change(CityscapesFolder.Options)),
                Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property)
            );
    }
}
