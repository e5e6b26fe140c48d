using Jtr.Interop.Checkpoints;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Labels;

/// <summary>Names of tasks become those of files and folders, so that one from a file must not lead elsewhere.</summary>
public sealed class TaskNameTests
{
    private static readonly string[] _bad =
    [
        "/../../../x",
        "..",
        ".",
        "a/b",
        "a\\b",
        "c:",
        "seg\n",
        "seg\0",
        "\u007f",
        "x\u0085",
        "\ud800",
        "x\udc00y",
        new string('n', 101),
        new string('\u00e9', 51),
    ];

    private static readonly string[] _good =
    [
        "seg",
        "a.b",
        "...",
        ".hidden",
        "seg \"quoted\"",
        "a, b",
        "b\u00f6den",
        "\ud83d\ude00",
        new string('n', 100),
        new string('\u00e9', 50),
    ];

    // In one test each: such names are none for a test either.
    [Test]
    public void A_name_that_could_lead_out_of_a_folder_or_be_no_file_is_refused_for_every_kind() =>
        Assert.Multiple(() =>
        {
            foreach (string name in _bad)
            {
                Refused(() => _ = new SegmentationTask(name, 3));
                Refused(() => _ = new DepthTask(name));
                Refused(() => _ = new NormalsTask(name));
                Refused(() => _ = new MapTask(name));
            }

            static void Refused(Action make) =>
                Assert.That(
                    make,
                    Throws
                        .ArgumentException.With.Property("ParamName")
                        .EqualTo("name")
                        .And.Message.Contains("cannot be the name of a task: ")
                );
        });

    [Test]
    public void Other_names_are_allowed() =>
        Assert.Multiple(() =>
        {
            foreach (string name in _good)
                Assert.That(new MapTask(name).Name, Is.EqualTo(name));
        });

    [Test]
    public void A_checkpoint_whose_task_leads_elsewhere_is_refused_with_its_path()
    {
        using TemporaryFolder folder = new();
        string good = folder.File("good.safetensors"),
            bad = folder.File("bad.safetensors");
        using (Trainer trainer = SmallModel.Create())
            trainer.Save(good);
        Dictionary<string, string> metadata = new(CheckpointInfo.Read(good).Metadata);
        metadata[CheckpointInfo.OptionsKey] = metadata[CheckpointInfo.OptionsKey]
            .Replace("\"depth\"", "\"/../../../x\"", StringComparison.Ordinal);
        SafetensorsFile.Write(bad, [.. SafetensorsFile.Read(good, _ => true)], metadata);
        Assert.That(
            () => CheckpointInfo.Read(bad),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(bad)
                .And.Message.Contains("'/../../../x' cannot be the name of a task")
        );
        Assert.That(() => Trainer.Load(bad), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(bad));
    }

    [Test]
    public void A_folder_whose_tasks_file_leads_elsewhere_is_refused_with_the_entry()
    {
        using Datasets.Folders.TemporaryFolder folder = new();
        folder.Image("data/image/a.png", 32, 32, 3, i => i % 256);
        folder.Image("secret/a.png", 32, 32, 1, i => i % 200);
        folder.Write("data/tasks.json", """{ "tasks": [ { "name": "../secret", "kind": "depth" } ] }""");
        Assert.That(
            () => new FolderDataset(folder["data"], new FolderOptions { Height = 32, Width = 32 }),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(folder["data/tasks.json"])
                .And.Message.Contains("tasks[0] ('../secret')")
        );
    }

    [Test]
    public void A_folder_that_is_found_and_cannot_name_a_task_is_told()
    {
        using Datasets.Folders.TemporaryFolder folder = new();
        folder.Image("image/a.png", 32, 32, 3, i => i % 256);
        folder.Image("edge:v2/a.png", 32, 32, 1, i => i % 200);
        Assert.That(
            () => new FolderDataset(folder.Root, new FolderOptions { Height = 32, Width = 32 }),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(folder["edge:v2"]).And.Message.Contains("':'")
        );
    }

    [Test]
    public void A_packed_file_whose_task_leads_elsewhere_is_refused_with_its_path()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("data.jtrpack");
        PackedDataset.Write(new MemoryDataset(1, 32, 32, new TaskSet(new MapTask("aaaaaaaaaaa"))), path);
        string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));
        text = text.Replace("aaaaaaaaaaa", "/../../../x", StringComparison.Ordinal);
        File.WriteAllBytes(path, Datasets.Packed.PackedRepair.Repair(System.Text.Encoding.Latin1.GetBytes(text)));
        Assert.That(
            () => new PackedDataset(path),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Message.Contains("'/../../../x' cannot be the name of a task")
        );
    }

    [Test]
    public void A_task_of_a_joined_source_cannot_be_renamed_to_such_a_name() =>
        Assert.That(
            () =>
                new JoinedDataset(
                    new JoinedSource("a", SmallModel.Data()) { Rename = new Dictionary<string, string> { ["seg"] = "../seg" } }
                ),
            Throws.ArgumentException.With.Message.Contains("'../seg' cannot be the name of a task")
        );
}
