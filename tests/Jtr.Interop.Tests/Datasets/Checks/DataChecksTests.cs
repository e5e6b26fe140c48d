using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;
using NetVips;
using NUnit.Framework.Constraints;

namespace Jtr.Interop.Tests.Datasets.Checks;

/// <summary>Labels that hold something else than what they are taken for, and such that do not.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DataChecksTests : IDisposable
{
    private const int Side = 32;
    private const int Pixels = Side * Side;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Sound_labels_of_every_kind_are_not_remarked_on()
    {
        Photographs("", "a", "b");
        foreach (string name in new[] { "a", "b" })
        {
            _folder.Image($"seg/{name}.png", Side, Side, 1, i => i / Side / 16 * 2 + i % Side / 16);
            _folder.Image16($"depth/{name}.png", Side, Side, 1, i => 500 + 7 * i);
            _folder.Npy($"normals/{name}.npy", $"({Side}, {Side}, 3)", Vectors(i => i % 2 == 0 ? (0, 0.6f, -0.8f) : (-1, 0, 0)));
            _folder.Image($"edge/{name}.png", Side, Side, 1, i => i % 256);
        }
        DataCheckReport report = Check();
        Assert.That(report.Findings, Is.Empty);
        Assert.That((report.Labels, report.Photographs), Is.EqualTo((8, 0)));
    }

    [Test]
    public void A_mask_of_0_and_255_teaches_one_class_and_tasks_json_reads_it_as_two()
    {
        Photographs("", "a", "b");
        _folder.Image("seg/a.png", Side, Side, 1, i => i % Side < 16 ? 0 : 255);
        _folder.Image("seg/b.png", Side, Side, 1, _ => 0);
        DataFinding finding = Only(Check(), "one-class");
        Assert.That((finding.Level, finding.Task, finding.Count, finding.Looked), Is.EqualTo((FindingLevel.Warning, "seg", 1, 2)));
        Assert.That(finding.File, Is.EqualTo(_folder["seg/a.png"]));
        Assert.That(finding.Message, Does.Contain("void id 255"));

        // What it advises is what mends it.
        _folder.Write("tasks.json", Advised(finding));
        Assert.That(Check().Findings, Is.Empty);
        float[] label = SampleArrays.Read(Folder(), 0).Labels[0];
        Assert.That((label[0], label[16]), Is.EqualTo((0f, 1f)));
    }

    [Test]
    public void Grey_levels_in_place_of_ids_are_told_and_listed()
    {
        Photographs("", "a");
        _folder.Image("seg/a.png", Side, Side, 1, i => i % 3 * 100);
        DataFinding finding = Only(Check(), "one-class");
        Assert.That(finding.Message, Does.Contain("0, 100, 200").And.Contain("201 classes"));
        _folder.Write("tasks.json", Advised(finding));
        Assert.That(SampleArrays.Read(Folder(), 0).Labels[0].Distinct().Order(), Is.EqualTo(new[] { 0f, 1f, 2f }));
    }

    [Test]
    public void A_mask_of_one_class_alone_has_nothing_to_tell_apart()
    {
        Photographs("", "a");
        _folder.Image("seg/a.png", Side, Side, 1, _ => 0);
        Assert.That(Only(Check(), "one-class").Message, Does.Contain("every pixel is of class 0"));
    }

    [Test]
    public void Class_ids_that_are_taken_for_a_map_are_told([Values] bool isPalette)
    {
        Photographs("", "a");
        _folder.Write("things/a.png", TemporaryFolder.RawPng(isPalette ? 3 : 0, 8, Side, Side, i => i % 5));
        DataFinding finding = Only(Check(), "ids-as-map");
        Assert.That(finding.Advice, Does.Contain("--tasks things=segmentation"));
        Assert.That(finding.Message.Contains("palette", StringComparison.Ordinal), Is.EqualTo(isPalette));
    }

    [Test]
    public void A_map_of_0_and_1_in_bytes_is_told_but_not_one_of_0_and_255_or_of_single_bits()
    {
        Photographs("", "a");
        _folder.Image("faint/a.png", Side, Side, 1, i => i % 2);
        _folder.Image("sharp/a.png", Side, Side, 1, i => i % 2 * 255);
        _folder.Write("bits/a.png", TemporaryFolder.RawPng(0, 1, Side, Side, i => i % 2));
        DataFinding finding = Only(Check(), "map-of-0-and-1");
        Assert.That(finding.Task, Is.EqualTo("faint"));
        Assert.That(finding.Message, Does.Contain("0.00392"));
    }

    [Test]
    public void Normals_that_are_stored_as_colours_in_floating_point_are_told()
    {
        Photographs("", "a");
        _folder.Npy("normals/a.npy", $"({Side}, {Side}, 3)", Vectors(i => i % 2 == 0 ? (0.5f, 0.5f, 1) : (1, 0.5f, 0.5f)));
        Assert.That(Only(Check(), "normals-range").Message, Does.Contain("(n + 1) / 2"));
        _folder.Npy("normals/a.npy", $"({Side}, {Side}, 3)", Vectors(_ => (0, 0, -2)));
        Assert.That(Only(Check(), "normals-range").Message, Does.Contain("mean 2.000"));
        _folder.Npy("normals/a.npy", $"(3, {Side}, {Side})", [.. new float[2 * Pixels], .. Enumerable.Repeat(-1f, Pixels)]);
        Assert.That(Check().Findings, Is.Empty);
    }

    [Test]
    public void Depth_of_8_bits_is_told_with_the_largest_depth_that_it_comes_to()
    {
        Photographs("", "a");
        _folder.Image("depth/a.png", Side, Side, 1, i => i % 250);
        Assert.That(Only(Check(), "depth-of-8-bits").Message, Does.Contain("0.249 m"));
    }

    [Test]
    public void A_constant_for_nothing_there_is_told_and_tasks_json_takes_it_out()
    {
        Photographs("", "a", "b");
        foreach (string name in new[] { "a", "b" })
            _folder.Image16($"depth/{name}.png", Side, Side, 1, i => i % Side < 8 ? 65535 : 2000);
        DataFinding finding = Only(Check(), "depth-constant");
        Assert.That(finding.Message, Does.Contain("65535").And.Contain("25.0 %").And.Contain("the next depth is 2"));
        Assert.That(finding.Count, Is.EqualTo(2));
        _folder.Write("tasks.json", Advised(finding));
        Assert.That(Check().Findings, Is.Empty);
        Assert.That(SampleArrays.Read(Folder(), 0).Labels[0].Distinct().Order(), Is.EqualTo(new[] { 0f, 2f }).Within(1e-6));
    }

    [Test]
    public void A_constant_far_beyond_all_depths_is_told_in_metres_too_but_not_a_far_wall()
    {
        Photographs("", "a");
        _folder.Npy("depth/a.npy", $"({Side}, {Side})", [.. Enumerable.Range(0, Pixels).Select(i => i < Side ? 1e4f : 1 + i / 1e3f)]);
        Assert.That(Only(Check(), "depth-constant").Message, Does.Contain("10000"));
        _folder.Npy("depth/a.npy", $"({Side}, {Side})", [.. Enumerable.Range(0, Pixels).Select(i => i < Side ? 6f : 1 + i / 1e3f)]);
        Assert.That(Check().Findings, Is.Empty);
    }

    [Test]
    public void Classes_that_only_the_test_part_has_are_named_after_every_label_was_looked_at()
    {
        Photographs("train/", "a", "b", "c");
        Photographs("test/", "d");
        foreach (string name in new[] { "a", "b", "c" })
            _folder.Image($"train/seg/{name}.png", Side, Side, 1, i => name == "c" ? i % 4 : i % 2);
        _folder.Image("test/seg/d.png", Side, Side, 1, i => i % 5);
        SegmentationTask task = new("seg", 5, ["sky", "road", "car", "tree", "cat"]);
        // Two of three labels are looked at first; the third one has classes 2 and 3.
        DataCheckReport report = DataChecks.Run(Part("train", task), Part("test", task), new DataCheckOptions { MostLabels = 1 });
        DataFinding finding = report.Findings.Single(f => f.Check == "class-only-in-test");
        Assert.That(finding.Message, Does.Contain("4 (cat)").And.Not.Contain("tree").And.Contain("3 labels"));
        Assert.That(finding.File, Is.EqualTo(_folder["test/seg/d.png"]));
    }

    [Test]
    public void Labels_without_any_value_are_an_error_where_there_are_no_others()
    {
        Photographs("", "a", "b");
        _folder.Image("seg/a.png", Side, Side, 1, _ => 255);
        _folder.Image16("depth/b.png", Side, Side, 1, _ => 0);
        DataCheckReport report = Check();
        DataFinding finding = report.Findings.Single(f => f.Check == "no-label");
        Assert.That((report.HasErrors, finding.Level, finding.Task), Is.EqualTo((true, FindingLevel.Error, (string?)null)));
        Assert.That(finding.Message, Does.Contain("none of the 2 labels").And.Contain("nothing to learn from"));

        _folder.Image16("depth/b.png", Side, Side, 1, i => i == 0 ? 900 : 0);
        report = Check();
        Assert.That(report.HasErrors, Is.False);
        Assert.That(Only(report, "no-label").Task, Is.EqualTo("seg"));
    }

    [Test]
    public void Labels_of_other_names_than_the_photographs_are_told_with_the_right_name()
    {
        Photographs("", "a");
        _folder.Image("seg/a_mask.png", Side, Side, 1, i => i % 3);
        DataFinding finding = Only(Check(), "no-label");
        Assert.That(finding.Level, Is.EqualTo(FindingLevel.Error));
        Assert.That(finding.Advice, Does.Contain(_folder["seg/a_mask.png"]).And.Contain("named a.png"));
    }

    [Test]
    public void Labels_that_training_does_not_see_do_not_count()
    {
        Photographs("", "a", "b");
        _folder.Image("seg/a.png", Side, Side, 1, i => i % 3);
        FolderDataset data = Folder();
        LabelAssignment nothing = new(data.Tasks, TaskMask.None, TaskMask.None);
        DataCheckReport withheld = DataChecks.Run(data, null, new DataCheckOptions { Labels = nothing });
        Assert.That(withheld.HasErrors);
        Assert.That(withheld.Findings[0].Advice, Does.Contain("training may see leaves none"));
        DataCheckReport all = DataChecks.Run(data, null, new DataCheckOptions { UnlabeledUse = "The method yawns" });
        DataFinding finding = Only(all, "unlabelled");
        Assert.That((finding.Level, finding.Count, finding.Looked), Is.EqualTo((FindingLevel.Note, 1, 2)));
        Assert.That(finding.ToString(), Does.EndWith("The method yawns"));
    }

    [TestCase(6, 20, 10, "lie as the photographs are stored")]
    [TestCase(6, 10, 20, null)]
    [TestCase(3, 20, 10, "fits either way")]
    [TestCase(1, 20, 10, null)]
    [TestCase(1, 21, 10, "another size")]
    public void Labels_are_compared_with_how_their_photograph_lies(int orientation, int height, int width, string? message)
    {
        _folder.Image("image/a.jpg", 20, 10, 3, i => i % 251);
        using (Image stored = Image.NewFromFile(_folder["image/a.jpg"], memory: true))
        using (Image turned = stored.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation)))
            turned.Jpegsave(_folder["image/a.jpg"]);
        _folder.Image("seg/a.png", height, width, 1, i => i % 3);
        DataCheckReport report = Check(new SegmentationTask("seg", 3));
        string[] said = [.. report.Findings.Where(f => f.Check is "label-turned" or "label-size").Select(f => f.Message)];
        Assert.That(said, message is null ? (IResolveConstraint)Is.Empty : Has.Exactly(1).Contains(message));
    }

    [Test]
    public void Photographs_of_the_test_part_that_look_like_ones_to_train_on_are_told_whatever_their_size_and_compression()
    {
        _folder.Image("train/image/a.png", 64, 96, 3, Waves(3));
        _folder.Image("train/image/b.png", 64, 96, 3, Waves(7));
        _folder.Image("test/image/c.jpg", 64, 96, 3, Waves(7));
        _folder.Image("test/image/d.png", 64, 96, 3, Waves(5));
        _folder.Image("test/image/e.png", 64, 96, 3, _ => 80);
        foreach (string label in new[] { "train/edge/a.png", "train/edge/b.png" })
            _folder.Image(label, 64, 96, 1, i => i % 256);
        using (Image large = Image.NewFromFile(_folder["test/image/c.jpg"], memory: true))
        using (Image small = large.Resize(0.7))
            small.Jpegsave(_folder["test/image/c.jpg"], q: 60);
        MapTask task = new("edge");
        DataFinding finding = Only(DataChecks.Run(Part("train", task), Part("test", task)), "near-duplicate");
        Assert.That((finding.Count, finding.Looked, finding.File), Is.EqualTo((1, 3, _folder["test/image/c.jpg"])));
        Assert.That(finding.Message, Does.Contain(_folder["train/image/b.png"]));
    }

    [Test]
    public void Large_photographs_are_compared_in_smaller_numbers()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"p{i}")];
        Photographs("train/", names);
        Photographs("test/", names);
        _folder.Image("train/edge/p0.png", Side, Side, 1, i => i % 256);
        MapTask task = new("edge");
        long bytes = new DirectoryInfo(_folder["train/image"]).GetFiles().Sum(f => f.Length);
        DataCheckOptions half = new() { MostPhotographBytes = bytes / 2 };
        Assert.That(DataChecks.Run(Part("train", task), Part("test", task), half).Photographs, Is.EqualTo(20));
        DataCheckOptions few = new() { MostPhotographs = 3 };
        Assert.That(DataChecks.Run(Part("train", task), Part("test", task), few).Photographs, Is.EqualTo(6));
    }

    [Test]
    public void Damaged_files_are_passed_over()
    {
        Photographs("", "a", "b");
        _folder.Write("seg/a.png", "damaged");
        _folder.Image("seg/b.png", Side, Side, 1, i => i % 3);
        Assert.That(Check(new SegmentationTask("seg", 3)).Findings, Is.Empty);
    }

    [Test]
    public void Data_sets_without_files_of_their_own_are_looked_at_by_their_values()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 3,
                Height = Side,
                Width = Side,
            }
        );
        DataCheckReport report = DataChecks.Run(scenes);
        Assert.That(report.Labels, Is.EqualTo(3 * scenes.Tasks.Count));
        Assert.That(report.HasErrors, Is.False);
    }

    [Test]
    public void Of_joined_data_each_source_is_looked_at_under_the_joined_name()
    {
        Photographs("a/", "a");
        Photographs("b/", "b");
        _folder.Image("a/seg/a.png", Side, Side, 1, i => i % 4);
        _folder.Image("b/mask/b.png", Side, Side, 1, i => i % 4);
        _folder.Image16("b/depth/b.png", Side, Side, 1, i => i % 2 == 0 ? 65535 : 2000);
        Interop.Datasets.Joined.JoinedDataset joined = new(
            new Interop.Datasets.Joined.JoinedSource("a", new FolderDataset(_folder["a"], FolderReader.Size32)),
            new Interop.Datasets.Joined.JoinedSource("b", new FolderDataset(_folder["b"], FolderReader.Size32))
            {
                Rename = new Dictionary<string, string> { ["mask"] = "seg", ["depth"] = "distance" },
            }
        );
        DataCheckReport report = DataChecks.Run(joined);
        DataFinding finding = Only(report, "depth-constant");
        Assert.That((finding.Task, finding.File, report.Labels), Is.EqualTo(("distance", _folder["b/depth/b.png"], 3)));
    }

    private static Func<int, int> Waves(int seed) =>
        i =>
        {
            int x = i / 3 % 96,
                y = i / 3 / 96;
            return (int)(127 + 60 * Math.Sin(seed * x / 40.0 + seed) + 60 * Math.Cos(seed * y / 30.0));
        };

    private static float[] Vectors(Func<int, (float X, float Y, float Z)> vector) =>
        [.. Enumerable.Range(0, Pixels).Select(vector).SelectMany(v => new[] { v.X, v.Y, v.Z })];

    /// <summary>The JSON that a finding advises to write.</summary>
    private static string Advised(DataFinding finding)
    {
        int from = finding.Advice.IndexOf('{', StringComparison.Ordinal),
            to = finding.Advice.LastIndexOf('}');
        return finding.Advice[from..(to + 1)];
    }

    private static DataFinding Only(DataCheckReport report, string check)
    {
        Assert.That(report.Findings.Select(f => f.Check), Is.EqualTo(new[] { check }));
        return report.Findings[0];
    }

    private void Photographs(string part, params string[] names)
    {
        foreach (string name in names)
            _folder.Image($"{part}image/{name}.png", Side, Side, 3, i => i * 7 % 256);
    }

    private FolderDataset Folder(params VisionTask[] tasks) =>
        new(_folder.Root, FolderReader.Size32 with { Tasks = tasks.Length == 0 ? null : tasks });

    private FolderDataset Part(string part, VisionTask task) => new(_folder[part], FolderReader.Size32 with { Tasks = [task] });

    private DataCheckReport Check(params VisionTask[] tasks) => DataChecks.Run(Folder(tasks));
}
