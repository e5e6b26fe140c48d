using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Tests;

/// <summary>`jtr inspect` and `jtr pack`.</summary>
public sealed class InspectTests
{
    [Test]
    public void Inspect_counts_labels_and_names_damaged_files()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        string bad = folder["photos", "edge", "photo1.npy"];
        File.WriteAllText(bad, "damaged");
        CliRun run = CliRun.Of(
            "inspect",
            folder["photos"],
            "--tasks",
            "seg=segmentation:3,edge=map",
            "--size",
            "32x64",
            "--output",
            folder["sheet.png"],
            "--json",
            folder["data.json"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("3 of 32 x 64")
                .And.Contain("with a damaged file: 1")
                .And.Contain("1 of 2: 1, 2 of 2: 2")
                .And.Contain("Problems: 1")
                .And.Contain(bad)
        );
        Assert.That(
            File.ReadAllBytes(folder["sheet.png"]).AsSpan(0, 4).ToArray(),
            Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' })
        );

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["data.json"]));
        JsonElement part = json.RootElement.GetProperty("parts")[0],
            seg = part.GetProperty("tasks")[0],
            edge = part.GetProperty("tasks")[1];
        Assert.That((part.GetProperty("samples").GetInt32(), part.GetProperty("bad").GetInt32()), Is.EqualTo((3, 1)));
        Assert.That((edge.GetProperty("labelled").GetInt32(), edge.GetProperty("read").GetInt32()), Is.EqualTo((2, 1)));
        Assert.That(
            seg.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("pixels").GetInt64()),
            Is.EqualTo(3 * 32 * 64),
            "every pixel has a class"
        );
        Assert.That(part.GetProperty("problems")[0].GetProperty("path").GetString(), Is.EqualTo(bad));
    }

    [Test]
    public void Inspect_counts_classes_tags_and_values_of_tables()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        File.WriteAllText(folder["photos", "tags.csv"], "name,tags\nphoto0,red;tall\nphoto1,-\nzebra,red\n");
        File.WriteAllText(folder["photos", "kind.csv"], "name,class\nphoto0,box\nphoto1,ball\nphoto2,box\n");
        File.WriteAllText(folder["photos", "pose.csv"], "name,yaw,pitch\nphoto0,1.5,2\nphoto1,2.5,\n");
        CliRun run = CliRun.Of(
            "inspect",
            folder["photos"],
            "--size",
            "32x64",
            "--output",
            folder["sheet.png"],
            "--json",
            folder["data.json"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("classification, 2 classes")
                .And.Contain("tags, 2 tags")
                .And.Contain("regression, 2 values")
                .And.Contain("Photographs of kind")
                .And.Contain("Photographs of tags")
                .And.Contain("Values of pose")
                .And.Contain("image has no 'zebra' (line 4)")
        );
        Assert.That(run.Output, Does.Match(@"\n 1  tall +1  50\.00\n"));
        Assert.That(run.Output, Does.Match(@"\nyaw +2 +1\.5 +2 +0\.5 +2\.5\n"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["data.json"]));
        JsonElement[] tasks = [.. json.RootElement.GetProperty("parts")[0].GetProperty("tasks").EnumerateArray()];
        Assert.That(
            tasks.Select(t => (t.GetProperty("name").GetString(), t.GetProperty("labelled").GetInt32())),
            Is.EqualTo(new[] { ("seg", 3), ("edge", 2), ("kind", 3), ("tags", 2), ("pose", 2) })
        );
        Assert.That(tasks[2].GetProperty("classes")[1].GetProperty("pixels").GetInt64(), Is.EqualTo(2), "boxes");
        JsonElement pitch = tasks[4].GetProperty("values")[1];
        Assert.That((pitch.GetProperty("name").GetString(), pitch.GetProperty("count").GetInt64()), Is.EqualTo(("pitch", 1L)));
        Assert.That(tasks[0].TryGetProperty("values", out _), Is.False);
    }

    [Test]
    public void Inspect_compares_domains()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        File.WriteAllText(folder["photos", "domains.csv"], "name,domain\nphoto0,winter\nphoto1,summer\nphoto2,winter\n");
        CliRun run = CliRun.Of(
            "inspect",
            folder["photos"],
            "--size",
            "32x64",
            "--output",
            folder["sheet.png"],
            "--json",
            folder["data.json"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        // Samples, labels of seg and edge, then red.
        Assert.That(run.Output, Does.Match(@"\nsummer +1 +1 +1 +0\.\d\d ± 0\.\d\d ").And.Match(@"\nwinter +2 +2 +1 "));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["data.json"]));
        JsonElement winter = json.RootElement.GetProperty("parts")[0].GetProperty("domains")[1];
        Assert.That((winter.GetProperty("name").GetString(), winter.GetProperty("samples").GetInt32()), Is.EqualTo(("winter", 2)));
        Assert.That(winter.GetProperty("labelled").GetProperty("edge").GetInt32(), Is.EqualTo(1));
        Assert.That(winter.GetProperty("mean").GetArrayLength(), Is.EqualTo(3));
    }

    [Test]
    public void A_damaged_label_does_not_keep_the_classes_from_being_counted()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        string bad = folder["photos", "seg", "photo1.npy"];
        File.WriteAllText(bad, "damaged");
        CliRun run = CliRun.Of("inspect", folder["photos"], "--class-names", "sky,road,car", "--output", folder["sheet.png"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("segmentation, 3 classes")
                .And.Match(" car +")
                .And.Contain("with a damaged file: 1")
                .And.Contain("Problems: 1")
                .And.Contain(bad)
        );
        // Without another word, it is looked at in the photographs' own size, 40 x 50.
        Assert.That(run.Output, Does.Contain("3 of 32 x 64").And.Contain("3 of 40 x 50"));
    }

    [Test]
    public void Missing_files_of_a_benchmark_are_listed_and_the_unit_of_depth_is_told()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.CityscapesNpy(folder["city"]);
        File.Delete(folder["city", "train", "depth", "0.npy"]);
        CliRun run = CliRun.Of("inspect", folder["city"], "--size", "32x32", "--output", folder["sheet.png"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("depth, no unit")
                .And.Contain("Problems: 1")
                .And.Contain("without the label " + folder["city", "train", "depth", "0.npy"])
        );
        BenchmarkFolders.NyuV2(folder["nyu"], 1, 1);
        Assert.That(
            CliRun.Of("inspect", folder["nyu"], "--size", "32x32", "--output", folder["sheet.png"]).Output,
            Does.Contain("depth, m")
        );
    }

    [Test]
    public void Statistics_are_those_of_the_labels()
    {
        using TemporaryFolder folder = new();
        BenchmarkFolders.NyuV2(folder["nyu"], 2, 1);
        CliRun run = CliRun.Of("inspect", folder["nyu"], "--size", "32x32", "--output", folder["sheet.png"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        // Chairs in the upper half and 2 m everywhere, in both parts.
        Assert.That(
            run.Output,
            Does.Match(@"3 +chair +1024 +50\.00").And.Match(@"3 +chair +512 +50\.00").And.Match(@"no label +1024 +50\.00")
        );
        Assert.That(run.Output, Does.Match(@"depth +depth, m +2 +0\.00 +2 +2 +2").And.Contain("To score on"));
    }

    [Test]
    public void A_packed_data_set_holds_what_its_source_does()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 3);
        CliRun pack = CliRun.Of("pack", folder["photos"], "--size", "32x64", "--output", folder["photos.jtrpack"]);
        Assert.That(pack.ExitCode, Is.EqualTo(ExitCode.Success), pack.Error);
        Assert.That(pack.Output, Does.Match(@"3 samples, \d+\.\d MiB \(\d+\.\d KiB a sample\)"));
        Assert.That(Inspect(folder, folder["photos"], "--size", "32x64"), Is.EqualTo(Inspect(folder, folder["photos.jtrpack"])));

        CliRun again = CliRun.Of("pack", folder["photos"], "--output", folder["photos.jtrpack"]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(again.Error, Does.Contain("--overwrite"));
        CliRun other = CliRun.Of("inspect", folder["photos.jtrpack"], "--size", "64x64");
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("32x64"));
    }

    [Test]
    public void Damaged_files_stop_packing_unless_they_are_to_be_left_out()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 4);
        string image = folder["photos", "image", "photo1.png"],
            label = folder["photos", "seg", "photo2.npy"];
        File.WriteAllText(image, "damaged");
        File.WriteAllText(label, "damaged");
        string[] arguments =
        [
            "pack",
            folder["photos"],
            "--tasks",
            "seg=segmentation:3,edge=map",
            "--size",
            "32x32",
            "--output",
            folder["photos.jtrpack"],
        ];
        CliRun strict = CliRun.Of(arguments);
        Assert.That(strict.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(strict.Error, Does.Contain(image));
        Assert.That(File.Exists(folder["photos.jtrpack"]), Is.False);

        CliRun run = CliRun.Of([.. arguments, "--skip-bad"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output,
            Does.Contain("3 samples,")
                .And.Contain("damaged files that were left out: 2 (samples that are missing for it: 1)")
                .And.Contain(image)
                .And.Contain(label)
        );
        using Interop.Datasets.PackedDataset packed = new(folder["photos.jtrpack"]);
        Assert.That(
            Enumerable.Range(0, packed.Count).Select(i => $"{packed.GetName(i)} {packed.GetLabeled(i).Bits}"),
            Is.EqualTo(new[] { "photo0 3", "photo2 2", "photo3 1" })
        );
    }

    /// <summary>The JSON of an inspection without the data's name.</summary>
    private static string Inspect(TemporaryFolder folder, params string[] arguments)
    {
        CliRun run = CliRun.Of(["inspect", .. arguments, "--output", folder["sheet.png"], "--json", folder["data.json"]]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["data.json"]));
        // The photographs' files have sizes, which a packed one does not tell.
        JsonNode parts = JsonNode.Parse(json.RootElement.GetProperty("parts").GetRawText())!;
        foreach (JsonNode? part in parts.AsArray())
            part!.AsObject().Remove("photographs");
        return parts.ToJsonString();
    }
}
