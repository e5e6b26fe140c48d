using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;

namespace Jtr.Interop.Tests.Labels;

[TestFixture]
public sealed class LabelAssignmentFileTests
{
    private static readonly TaskSet Two = new(new SegmentationTask("seg \"a\"", 4), new DepthTask());

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("jtr-labels-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    private string Write(string text)
    {
        string path = Path.Combine(_folder, "labels.json");
        File.WriteAllText(path, text);
        return path;
    }

    [Test]
    public void What_is_saved_is_loaded()
    {
        LabelAssignment drawn = LabelAssignment.Draw(LabelScenario.HalfLabels, new MemoryDataset(57, 1, 1, Two), 3);
        string path = Path.Combine(_folder, "labels.json");
        drawn.Save(path);
        LabelAssignment loaded = LabelAssignment.Load(path, Two);

        Assert.That(Enumerable.Range(0, loaded.Count).Select(i => loaded[i]), Is.EqualTo(Enumerable.Range(0, 57).Select(i => drawn[i])));
        Assert.That(Directory.GetFiles(_folder), Is.EqualTo(new[] { path }), "nothing temporary stays");
    }

    [Test]
    public void The_file_is_plain_json_with_the_published_name_of_the_matrix()
    {
        string path = Path.Combine(_folder, "labels.json");
        new LabelAssignment(Two, new TaskMask(0b10), new TaskMask(0b01)).Save(path);
        string compact = string.Concat(File.ReadAllText(path).Where(c => !char.IsWhiteSpace(c)));
        Assert.That(compact, Is.EqualTo("""{"tasks":["seg\u0022a\u0022","depth"],"labels_weights":[[0,1],[1,0]]}"""));
    }

    [TestCase("""{"labels_weights": [[1, 0]]}""", "the array 'tasks' is missing")]
    [TestCase("""{"tasks": ["seg \"a\"", "depth"]}""", "the array 'labels_weights' is missing")]
    [TestCase(
        """{"tasks": ["depth", "seg \"a\""], "labels_weights": []}""",
        "an assignment for the tasks depth, seg \"a\", not for seg \"a\", depth"
    )]
    [TestCase("""{"tasks": ["seg \"a\"", "depth"], "labels_weights": [[1, 0], [1]]}""", "labels_weights[1] is not an array of 2 numbers")]
    [TestCase("""{"tasks": ["seg \"a\"", "depth"], "labels_weights": [[1, 0.5]]}""", "labels_weights[0][1] is 0.5; it has to be 0 or 1")]
    [TestCase("""{"tasks": ["seg \"a\"", "depth"], "labels_weights": [[1,""", "no JSON")]
    [TestCase("""[1]""", "the array 'tasks' is missing")]
    [TestCase("""{"tasks": ["seg \ud800", "depth"], "labels_weights": []}""", "no JSON")]
    public void A_damaged_file_is_named_with_its_fault(string text, string fault)
    {
        string path = Write(text);
        Assert.That(
            () => LabelAssignment.Load(path, Two),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains(path).And.Message.Contains(fault)
        );
    }

    [Test]
    public void A_missing_file_and_an_impossible_place_say_so()
    {
        string missing = Path.Combine(_folder, "nowhere", "labels.json");
        Assert.That(() => LabelAssignment.Load(missing, Two), Throws.InstanceOf<IOException>().With.Message.Contains("nowhere"));
        Assert.That(
            () => new LabelAssignment(Two, TaskMask.None).Save(missing),
            Throws.InstanceOf<IOException>().With.Message.Contains("nowhere")
        );
    }
}
