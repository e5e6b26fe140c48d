using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Taskonomy;

/// <summary>Bad input ends in a typed error that names the file and the fault.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskonomyErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TaskonomyDataset Open(TaskonomyOptions? options = null) => new(_folder.Root, options ?? TaskonomyFolder.Options);

    private void ReadFirst() => SampleArrays.Read(Open(), 0);

    [Test]
    public void Missing_and_empty_folders_are_told()
    {
        Assert.That(() => new TaskonomyDataset(_folder["nowhere"], TaskonomyFolder.Options), Throws.TypeOf<DirectoryNotFoundException>());
        Assert.That(() => Open(), LayoutReader.Fault(_folder.Root, "no Taskonomy"));
        Directory.CreateDirectory(_folder["rgb"]);
        Assert.That(() => Open(), LayoutReader.Fault(_folder["rgb"], "the folder of photographs has none"));
        Directory.CreateDirectory(_folder["rgb/hanson"]);
        Assert.That(() => Open(), LayoutReader.Fault(_folder.Root, "no folder of a domain is there"));
        Directory.CreateDirectory(_folder["normal/hanson"]);
        Assert.That(() => Open(), LayoutReader.Fault(_folder["rgb/hanson"], "the folder of photographs has none"));
    }

    [Test]
    public void Photographs_beside_folders_of_buildings_are_told()
    {
        _folder.Sample("hanson", 0, 0);
        _folder.Put("rgb/point_0_view_0_domain_rgb.png", 8, 3, _ => 0);
        Assert.That(() => Open(), LayoutReader.Fault(_folder["rgb"], "it holds photographs and folders ('hanson')"));
    }

    [Test]
    public void A_label_without_its_photograph_is_an_error_or_noted()
    {
        _folder.Sample("hanson", 0, 0);
        string label = _folder.Put("normal", "hanson", 1, 0);
        Assert.That(
            () => Open(),
            LayoutReader.Fault(label, $"a label without its photograph {_folder["rgb/hanson/point_1_view_0_domain_rgb.png"]}")
        );
        Assert.That(Open(TaskonomyFolder.Options with { AllowMissing = true }).Problems.Select(p => p.Path), Is.EqualTo([label]));
    }

    [Test]
    public void Files_of_another_name_are_noted()
    {
        _folder.Sample("hanson", 0, 0);
        string[] others =
        [
            _folder.Write("normal/hanson/point_00_view_0_domain_normal.png", ""),
            _folder.Write("normal/hanson/point_0_view_0_domain_rgb.png", ""),
            _folder.Write("normal/hanson/point_99999999999_view_0_domain_normal.png", ""),
            _folder.Write("normal/hanson/point_x_view_0_domain_normal.png", ""),
            _folder.Write("normal/hanson/readme.txt", ""),
        ];
        Assert.That(Open().Problems.Select(p => p.Path), Is.EquivalentTo(others));
    }

    [Test]
    public void Two_spellings_of_one_domain_in_a_building_are_told()
    {
        _folder.Sample("hanson", 0, 0);
        string other = _folder.Put("segment_semantic/hanson/point_0_view_0_domain_segment_semantic.png", 8, 1, _ => 0);
        Assert.That(
            () => Open(),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Message.Contains("which ones count?")
                .And.Message.Contains(Path.GetDirectoryName(other))
        );
    }

    [TestCase("segment_semantic", 16, "16 bits a channel, where segment_semantic has 8")]
    [TestCase("depth_zbuffer", 8, "8 bits a channel or fewer, where depth_zbuffer has 16")]
    [TestCase("edge_texture", 8, "8 bits a channel or fewer, where edge_texture has 16")]
    [TestCase("keypoints3d", 8, "8 bits a channel or fewer, where keypoints3d has 16")]
    public void Another_bit_depth_is_refused(string domain, int bits, string fault)
    {
        _folder.Sample("hanson", 0, 0);
        string path = _folder.Put(TaskonomyFolder.File(domain, "hanson", 0, 0), bits, 1, _ => 1);
        Assert.That(ReadFirst, LayoutReader.Fault(path, fault));
    }

    [TestCase("normal", 1, "1 channels, where the task has 3")]
    [TestCase("depth_zbuffer", 3, "3 channels, where the task has 1")]
    [TestCase("edge_occlusion", 3, "3 channels, where the task has 1")]
    public void Another_number_of_channels_is_refused(string domain, int channels, string fault)
    {
        _folder.Sample("hanson", 0, 0);
        string path = _folder.Put(TaskonomyFolder.File(domain, "hanson", 0, 0), TaskonomyFolder.Bits(domain), channels, _ => 1);
        Assert.That(ReadFirst, LayoutReader.Fault(path, fault));
    }

    [Test]
    public void Another_size_or_a_damaged_file_is_told()
    {
        _folder.Sample("hanson", 0, 0);
        string depth = _folder.Write(TaskonomyFolder.File("depth_zbuffer", "hanson", 0, 0), PlainPng.Encode(16, 64, 32, 1, _ => 1));
        Assert.That(ReadFirst, LayoutReader.Fault(depth, "a label of 64 x 32 for an image of 32 x 32"));
        File.WriteAllBytes(depth, File.ReadAllBytes(depth)[..60]);
        Assert.That(ReadFirst, LayoutReader.Fault(depth, "damaged: "));
        string image = _folder.Write(TaskonomyFolder.File("rgb", "hanson", 0, 0), "");
        Assert.That(ReadFirst, LayoutReader.Fault(image, "neither a JPEG nor a PNG file"));
    }

    [Test]
    public void A_class_id_out_of_range_is_told_with_its_place()
    {
        _folder.Sample("hanson", 0, 0);
        string path = _folder.Put("segment_semantic", "hanson", 0, 0, i => i == 35 ? 18 : 17);
        Assert.That(ReadFirst, LayoutReader.Fault(path, "class id 18, where segment_semantic has 0 (uncertain) to 17, at row 1, column 3"));
    }

    [Test]
    public void Buildings_that_are_all_missing_are_told()
    {
        _folder.Sample("hanson", 0, 0);
        Assert.That(
            () => Open(TaskonomyFolder.Options with { Buildings = ["onaga", "merom"] }),
            LayoutReader.Fault(_folder.Root, "none of the 2 buildings is there ('onaga' and so on); 'hanson' is")
        );
    }

    [Test]
    public void Buildings_cannot_be_chosen_where_there_are_none()
    {
        _folder.Put("rgb/point_0_view_0_domain_rgb.png", 8, 3, _ => 0);
        _folder.Put("normal/point_0_view_0_domain_normal.png", 8, 3, _ => 0);
        Assert.That(
            () => Open(TaskonomyFolder.Options with { Buildings = ["onaga"] }),
            LayoutReader.Fault(_folder.Root, "the domains have no folder for each")
        );
    }

    [Test]
    public void Options_out_of_range_are_refused_by_name()
    {
        Check("Height", o => o with { Height = 0 });
        Check("Domains", o => o with { Domains = [] });
        Check("domain", o => o with { Domains = ["reshading"] });
        Check("tasks", o => o with { Domains = ["normal", "normal"] });
        Check("Buildings", o => o with { Buildings = [] });
        Check("MapRange", o => o with { MapRange = new Dictionary<string, double> { ["normal"] = 0.5 } });
        Check("MapRange", o => o with { MapRange = new Dictionary<string, double> { ["edge_texture"] = 0 } });

        void Check(string property, Func<TaskonomyOptions, TaskonomyOptions> change) =>
            Assert.That(
                () => Open(change(TaskonomyFolder.Options)),
                Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property)
            );
    }
}
