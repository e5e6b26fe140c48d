using System.Text;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Json;

/// <summary>JSON as editors and shells of all systems write it, and mistakes in the words of the file.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class JsonFileTests : IDisposable
{
    private const string Tasks = """{"tasks": [{"name": "seg", "kind": "segmentation", "classes": ["Himmel", "Straße"]}]}""";

    private readonly TemporaryFolder _folder = new();

    public JsonFileTests()
    {
        _folder.Image("image/a.png", 32, 32, 3, i => i % 256);
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 2);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<TestCaseData> Encodings()
    {
        yield return new TestCaseData(new UTF8Encoding(false)).SetArgDisplayNames("UTF-8");
        yield return new TestCaseData(new UTF8Encoding(true)).SetArgDisplayNames("UTF-8 with a mark");
        yield return new TestCaseData(new UnicodeEncoding(false, true)).SetArgDisplayNames("UTF-16");
        yield return new TestCaseData(new UnicodeEncoding(true, true)).SetArgDisplayNames("UTF-16, big end first");
        yield return new TestCaseData(new UTF32Encoding(false, true)).SetArgDisplayNames("UTF-32");
    }

    [TestCaseSource(nameof(Encodings))]
    public void A_file_is_read_in_every_encoding_that_its_mark_tells(Encoding encoding)
    {
        _folder.Write("tasks.json", [.. encoding.GetPreamble(), .. encoding.GetBytes(Tasks)]);
        TaskSet tasks = new FolderDataset(_folder.Root, FolderReader.Size32).Tasks;
        Assert.That(((SegmentationTask)tasks[0]).ClassNames, Is.EqualTo(new[] { "Himmel", "Straße" }));

        string labels = _folder.Write(
            "labels.json",
            [.. encoding.GetPreamble(), .. encoding.GetBytes("""{"tasks": ["seg"], "labels_weights": [[1]]}""")]
        );
        Assert.That(LabelAssignment.Load(labels, tasks)[0], Is.EqualTo(TaskMask.None.With(0)));
    }

    [TestCase(
        """{"tasks": [{"name": "seg", "kind": "segmentation", "classes": 4}]}""",
        "tasks[0] ('seg'): 'classes' has to be a list of texts",
        "not 4"
    )]
    [TestCase(
        """{"tasks": [{"name": "seg", "kind": "segmentation", "ignore_index": 255}]}""",
        "tasks[0] ('seg'): there is no 'ignore_index'; a task of this kind has name, kind, classes, class_count, class_weights, void_id",
        "values"
    )]
    [TestCase("""{"tasks": [{"name": 5}]}""", "tasks[0].name has to be a text in quotes", "not 5")]
    [TestCase(
        """{"tasks": [{"name": "a", "kind": "segmentation", "class_count": 3, "void_id": 2.5}]}""",
        "tasks[0] ('a'): 'void_id' has to be a whole number",
        "not 2.5"
    )]
    [TestCase("""{"tasks": [{"name": "a", "kind": "depth", "scale": "1"}]}""", "tasks[0] ('a'): 'scale' has to be a number", "not \"1\"")]
    [TestCase("""{"tasks": {"name": "a"}}""", "tasks has to be a list of objects", "not an object")]
    [TestCase("""[1]""", "the file has to be an object { ... }", "not a list")]
    [TestCase("""{"tasks": [{"name": "a"}""", "no JSON", "line 1")]
    public void A_mistake_is_told_in_the_words_of_the_file(string content, string message, string further)
    {
        string path = _folder.Write("tasks.json", content);
        JtrFormatException e = Assert.Throws<JtrFormatException>(() => _ = new FolderDataset(_folder.Root, FolderReader.Size32))!;
        Assert.That(e.Path, Is.EqualTo(path));
        Assert.That(e.Message, Does.Contain(message).And.Contain(further));
        Assert.That(e.Message, Does.Not.Contain("System.").And.Not.Contain(".NET").And.Not.Contain("Jtr.Interop"));
    }

    [Test]
    public void A_file_in_another_encoding_without_a_mark_is_told_with_the_place()
    {
        _folder.Write("tasks.json", Encoding.Latin1.GetBytes(Tasks));
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Message.Contains("not in UTF-8")
                .And.Property("Offset")
                .EqualTo(Tasks.IndexOf('ß', StringComparison.Ordinal))
        );
    }

    [TestCase("\"values\": [0]", "'values' has 1 numbers for 2 classes")]
    [TestCase("\"values\": [7, 7]", "'values' has 7 twice")]
    [TestCase("\"values\": [0, 70000]", "'values' has 70000")]
    [TestCase("\"values\": [0, 9], \"void_id\": 9", "'values' and 'void_id' are both 9")]
    public void Numbers_of_classes_that_cannot_be_are_told(string values, string message)
    {
        _folder.Write("tasks.json", $$"""{"tasks": [{"name": "seg", "kind": "segmentation", "class_count": 2, {{values}}}]}""");
        Assert.That(
            () => new FolderDataset(_folder.Root, FolderReader.Size32),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(message)
        );
    }

    [Test]
    public void A_number_that_is_of_no_class_is_told_with_its_place()
    {
        _folder.Image("seg/a.png", 32, 32, 1, i => i == 33 ? 4 : 9);
        _folder.Write("tasks.json", """{"tasks": [{"name": "seg", "kind": "segmentation", "class_count": 2, "values": [0, 9]}]}""");
        Assert.That(
            () => SampleArrays.Read(new FolderDataset(_folder.Root, FolderReader.Size32), 0),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("4, which is neither one of the classes' values 0, 9")
        );
    }
}
