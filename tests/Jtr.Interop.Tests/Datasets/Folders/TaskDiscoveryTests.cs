using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskDiscoveryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TaskDiscoveryTests() => _folder.Image("image/a.png", 32, 32, 3, i => i % 256);

    public void Dispose() => _folder.Dispose();

    private TaskSet Tasks(FolderOptions? options = null) => new FolderDataset(_folder.Root, options ?? FolderReader.Size32).Tasks;

    [Test]
    public void Folders_are_tasks_of_the_kind_that_their_names_say_in_the_order_of_kinds()
    {
        _folder.Image("edge/a.png", 32, 32, 1, _ => 0);
        _folder.Image("Normal/a.png", 32, 32, 3, _ => 0);
        _folder.Image("depth/a.png", 32, 32, 1, _ => 0);
        _folder.Image("semantic/a.png", 32, 32, 1, i => i % 7);
        _folder.Npy("flow/a.npy", "(32, 32, 2)", new float[2048]);
        _folder.Npy("curvature/a.npy", "(2, 32, 32)", new float[2048]);
        _folder.Image("colour/a.png", 32, 32, 3, _ => 0);
        _folder.Write(".cache/a.png", "");
        _folder.Write("notes/readme.txt", "");
        TaskSet expected = new(
            new SegmentationTask("semantic", 7),
            new DepthTask(),
            new NormalsTask("Normal"),
            new MapTask("colour", 3),
            new MapTask("curvature", 2),
            new MapTask("edge"),
            new MapTask("flow", 2)
        );
        Assert.That(Tasks(), Is.EqualTo(expected));
    }

    [Test]
    public void The_largest_class_id_of_all_files_but_the_void_id_says_how_many_classes_there_are()
    {
        _folder.Image("seg/a.png", 32, 32, 1, i => i == 9 ? 255 : i % 3);
        _folder.Npy("seg/b.npy", "(16, 8)", [.. Enumerable.Range(0, 128).Select(i => i == 7 ? 12f : -1f)]);
        Assert.That(Tasks()[0], Is.EqualTo(new SegmentationTask("seg", 13)));
        Assert.That(Tasks(FolderReader.Size32 with { VoidId = 12 })[0], Is.EqualTo(new SegmentationTask("seg", 256)));
    }

    [TestCase("masks")]
    [TestCase("mask")]
    [TestCase("SegmentationClass")]
    [TestCase("annotations")]
    [TestCase("Labels")]
    public void Usual_names_of_folders_of_masks_are_those_of_segmentation(string name)
    {
        _folder.Write($"{name}/a.png", TemporaryFolder.RawPng(3, 8, 32, 32, i => i % 4));
        Assert.That(Tasks()[0], Is.EqualTo(new SegmentationTask(name, 4)));
    }

    [TestCase("images")]
    [TestCase("JPEGImages")]
    public void Photographs_may_be_in_a_folder_of_another_usual_name(string name)
    {
        Directory.Move(_folder["image"], _folder[name]);
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 4);
        Assert.That(FolderDataset.FindPhotographs(_folder.Root), Is.EqualTo(_folder[name]));
        FolderDataset data = new(_folder.Root, FolderReader.Size32);
        Assert.That((data.Count, data.Tasks.Count, data.GetImagePath(0)), Is.EqualTo((1, 1, _folder[$"{name}/a.png"])));
    }

    [Test]
    public void A_folder_of_a_single_class_has_two() =>
        Assert.That(Of(() => _folder.Image("label/a.png", 32, 32, 1, _ => 0)), Is.EqualTo(new SegmentationTask("label", 2)));

    private VisionTask Of(Action write)
    {
        write();
        return Tasks()[0];
    }

    [Test]
    public void Ids_beyond_what_a_task_can_have_are_told()
    {
        string path = _folder.Image16("seg/a.png", 32, 32, 1, i => i == 4 ? 5000 : 0);
        Assert.That(
            () => Tasks(),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Message.Contains("class id 5000")
                .And.Message.Contains("row 0, column 4")
        );
    }

    [Test]
    public void Tasks_json_says_what_the_folders_hold()
    {
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 4);
        _folder.Image("z/a.png", 32, 32, 1, i => i % 100);
        _folder.Write(
            "tasks.json",
            """
            {
              // Comments are welcome.
              "tasks": [
                { "name": "z", "kind": "depth", "scale": 0.25, "mean": 12.5, "standard_deviation": 3, "unit": "" },
                { "name": "seg", "kind": "segmentation", "classes": ["sky", "road", "car"], "void_id": 3 },
                { "name": "parts", "kind": "segmentation", "class_count": 40 },
                { "name": "n", "kind": "normals" },
                { "name": "edge", "kind": "map", "channels": 2 },
              ]
            }
            """
        );
        FolderDataset data = new(_folder.Root, FolderReader.Size32);
        TaskSet expected = new(
            new DepthTask("z")
            {
                Mean = 12.5,
                StandardDeviation = 3,
                Unit = "",
            },
            new SegmentationTask("seg", 3, ["sky", "road", "car"]),
            new SegmentationTask("parts", 40),
            new NormalsTask("n"),
            new MapTask("edge", 2)
        );
        Assert.That(data.Tasks, Is.EqualTo(expected));
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 0);
        Assert.That(written, Is.EqualTo(new TaskMask(0b00011)));
        Assert.That(labels[0], Is.EqualTo(Enumerable.Range(0, 1024).Select(i => i % 100 * 0.25f)));
        Assert.That(labels[1], Is.EqualTo(Enumerable.Range(0, 1024).Select(i => i % 4 == 3 ? -1f : i % 4)));
    }

    [Test]
    public void Damaged_labels_are_passed_over_if_that_is_asked_for()
    {
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 4);
        string bad = _folder.Write("seg/b.png", "damaged");
        _folder.Write("edge/a.png", "damaged");
        _folder.Image("edge/b.png", 32, 32, 3, i => i);
        Assert.That(() => Tasks(), Throws.TypeOf<JtrFormatException>());
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { PassOverDamaged = true });
        Assert.That(data.Tasks, Is.EqualTo(new TaskSet(new SegmentationTask("seg", 4), new MapTask("edge", 3))));
        Assert.That(data.Problems.Select(p => p.Path), Does.Contain(bad).And.Contain(_folder["edge/a.png"]));
        Assert.That(data.Problems.First(p => p.Path == bad).Message, Does.Contain("no PNG file"));
    }

    [Test]
    public void Options_go_before_the_file()
    {
        _folder.Image("z/a.png", 32, 32, 1, i => i % 100);
        _folder.Write("tasks.json", """{"tasks": [{"name": "z", "kind": "depth", "scale": 0.25}]}""");
        FolderDataset data = new(_folder.Root, FolderReader.Size32 with { DepthScale = 0.5 });
        Assert.That(SampleArrays.Read(data, 0).Labels[0], Is.EqualTo(Enumerable.Range(0, 1024).Select(i => i % 100 * 0.5f)));
        Assert.That(Tasks(FolderReader.Size32 with { Tasks = [new MapTask("z")] }), Is.EqualTo(new TaskSet(new MapTask("z"))));
    }

    [TestCase("""{"tasks": [{"name": "a", "kind": "depth"}""", "Expected")]
    [TestCase("""{"tasks": []}""", "the array 'tasks' is missing or empty")]
    [TestCase("""null""", "it holds null")]
    [TestCase("""{"tasks": [null]}""", "tasks[0]: it is null")]
    [TestCase("""{"tasks": [{"kind": "depth"}]}""", "tasks[0]: 'name' is missing")]
    [TestCase(
        """{"tasks": [{"name": "a", "kind": "deep"}]}""",
        // Behind map, those that other tests registered.
        "tasks[0] ('a'): 'kind' is 'deep'; it has to be segmentation, depth, normals"
    )]
    [TestCase("""{"tasks": [{"name": "a"}]}""", "'kind' is missing")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "depth"}, {"name": "a", "kind": "map"}]}""", "tasks[1] ('a'): 'a' is there twice")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "segmentation"}]}""", "'classes' or 'class_count' is missing")]
    [TestCase(
        """{"tasks": [{"name": "a", "kind": "segmentation", "classes": ["x", "y"], "class_count": 3}]}""",
        "3 classes but 2 class names"
    )]
    [TestCase("""{"tasks": [{"name": "a", "kind": "segmentation", "class_count": 1}]}""", "2 to 4096 classes")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "segmentation", "class_count": 3, "scale": 1}]}""", "are for depth")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "map", "void_id": 3}]}""", "are for segmentation")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "normals", "channels": 3}]}""", "'channels' is for maps")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "depth", "scale": -1}]}""", "'scale' is -1; it has to be above 0")]
    [TestCase(
        """{"tasks": [{"name": "a", "kind": "depth", "standard_deviation": 0}]}""",
        "'standard_deviation' is 0; it has to be above 0"
    )]
    [TestCase("""{"tasks": [{"name": "a", "kind": "map", "unit": "m"}]}""", "are for depth")]
    [TestCase("""{"tasks": [{"name": "a", "kind": "map", "chanels": 3}]}""", "chanels")]
    public void A_damaged_tasks_json_is_told_with_the_place(string content, string fault)
    {
        string path = _folder.Write("tasks.json", content);
        Assert.That(() => Tasks(), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(fault));
    }
}
