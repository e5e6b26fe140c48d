using System.Text.Json;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Tests;

/// <summary>Several data sets as one, named one after the other or in a file.</summary>
public sealed class JoinedTests
{
    private const string File1 = """
        { "size": "32x64", // as the photographs' proportions
          "sources": [
            { "name": "streets", "data": "photos/train", "test": "photos/test", "weight": 2, "tasks": ["edge", "seg=segmentation:13"],
              "rename": { "seg": "segmentation", "edge": "edges" } },
            { "data": "scenes", "scenes": 4, "test_scenes": 2, "tasks": ["segmentation", "depth"], "labels": "labels.npy" },
          ] }
        """;

    private static readonly string[] _small = ["--steps", "2", "--width", "2", "--batch-size", "2", "--workers", "1", "--threads", "1"];

    [Test]
    public void Data_sets_that_are_named_one_after_the_other_are_joined_and_weighed()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["a"], 4);
        PhotoFolder.Write(folder["b"], 4);
        Directory.Delete(folder["b", "edge"], recursive: true);
        CliRun run = CliRun.Of(
            "inspect",
            folder["a"],
            folder["b"],
            "--data-weights",
            "2,0.5",
            "--size",
            "32x32",
            "--output",
            folder["sheet.png"],
            "--json",
            folder["data.json"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("10 of 32 x 32: a 8 (of 4, weight 2), b 2 (of 4, weight 0.5)").And.Contain("10 of 40 x 50"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["data.json"]));
        JsonElement sources = json.RootElement.GetProperty("parts")[0].GetProperty("sources");
        Assert.That(
            sources
                .EnumerateArray()
                .Select(s => (s.GetProperty("name").GetString(), s.GetProperty("samples").GetInt32(), s.GetProperty("epoch").GetInt32())),
            Is.EqualTo(new[] { ("a", 4, 8), ("b", 4, 2) })
        );
    }

    [Test]
    public void Domains_exchange_their_looks_samples_are_turned_and_each_domain_is_scored()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 4);
        PhotoFolder.Write(folder["photos", "test"], 2);
        File.WriteAllText(folder["photos", "train", "domains.csv"], "name,domain\nphoto0,a\nphoto1,a\nphoto2,b\nphoto3,b\n");
        File.WriteAllText(folder["photos", "test", "domains.csv"], "name,domain\nphoto0,a\nphoto1,b\n");
        string[] looks = ["--domain", "fourier,histogram", "--fourier-share", "0.1", "--rotate", "10", "--blur", "0.5", "--noise", "0.02"];
        string[] common =
        [
            "train",
            "--data",
            folder["photos"],
            "--size",
            "32x64",
            "--method",
            "supervised",
            "--seed",
            "3",
            .. _small,
            "--color-jitter",
            "0.2",
            "--erase",
            "0.2",
        ];
        CliRun run = CliRun.Of([.. common, .. looks, "--output", folder["run"]]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("Scores by domain").And.Match(@"\nsamples +1 +1 +2\n"));
        using JsonDocument results = JsonDocument.Parse(File.ReadAllText(folder["run", "results.json"]));
        Assert.That(
            results.RootElement.GetProperty("domains").EnumerateArray().Select(d => d.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "a", "b" })
        );
        CliRun again = CliRun.Of("train", "--config", folder["run", "config.json"], "--output", folder["again"]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(File.ReadAllText(folder["again", "results.json"]), Is.EqualTo(File.ReadAllText(folder["run", "results.json"])));
        CliRun plain = CliRun.Of([.. common, "--output", folder["plain"]]);
        Assert.That(plain.ExitCode, Is.EqualTo(ExitCode.Success), plain.Error);
        Assert.That(File.ReadAllText(folder["plain", "results.json"]), Is.Not.EqualTo(File.ReadAllText(folder["run", "results.json"])));
        CliRun other = CliRun.Of("train", "--resume", folder["run"], "--steps", "3", "--rotate", "20");
        Assert.That(other.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(other.Error, Does.Contain("--rotate").And.Contain("a run that is resumed keeps"));
        CliRun unknown = CliRun.Of([.. common, "--domain", "magic", "--output", folder["magic"]]);
        Assert.That(unknown.Error, Does.Contain("--domain takes fourier, histogram, adversarial, coral, mmd, norms, not 'magic'"));
    }

    [Test]
    public void A_file_of_sources_is_trained_on_scored_resumed_and_packed()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 2);
        PhotoFolder.Write(folder["photos", "test"], 1);
        NpyFile.Write(folder["labels.npy"], "(4, 2)", 1, 0, 0, 1, 1, 0, 0, 1);
        File.WriteAllText(folder["sets.json"], File1);
        CliRun train = CliRun.Of(["train", "--data", folder["sets.json"], "--output", folder["run"], .. _small]);
        Assert.That(train.ExitCode, Is.EqualTo(ExitCode.Success), train.Error);
        // Two photographs twice, of which one has no edge label; four scenes of one label each, as the file says.
        Assert.That(
            train.Output,
            Does.Contain("8 samples of 32 x 64, 3 to score on")
                .And.Contain("edges 2, segmentation 6, depth 2")
                .And.Contain("joined: streets 4 (of 2, weight 2), scenes 4")
        );
        using JsonDocument labels = JsonDocument.Parse(File.ReadAllText(folder["run", "labels.json"]));
        Assert.That(
            labels
                .RootElement.GetProperty("labels_weights")
                .EnumerateArray()
                .Select(r => string.Concat(r.EnumerateArray().Select(v => v.GetInt32()))),
            Is.EqualTo(new[] { "110", "010", "110", "010", "010", "001", "010", "001" })
        );

        string checkpoint = folder["run", "checkpoint.safetensors"];
        // What the run saw is kept beside it: the file may go.
        File.Delete(folder["labels.npy"]);
        CliRun resumed = CliRun.Of("train", "--resume", checkpoint, "--steps", "3", "--threads", "1", "--workers", "1");
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        CliRun evaluate = CliRun.Of("evaluate", checkpoint, "--threads", "1");
        Assert.That(evaluate.ExitCode, Is.EqualTo(ExitCode.Success), evaluate.Error);
        Assert.That(evaluate.Output, Does.Contain("mIoU").And.Contain("edges"));

        CliRun pack = CliRun.Of("pack", folder["sets.json"], "--part", "test", "--output", folder["test.jtrpack"]);
        Assert.That(pack.ExitCode, Is.EqualTo(ExitCode.Success), pack.Error);
        using Interop.Datasets.PackedDataset packed = new(folder["test.jtrpack"]);
        Assert.That(
            Enumerable.Range(0, packed.Count).Select(packed.GetName),
            Is.EqualTo(new[] { "streets/photo0", "scenes/scene-000004", "scenes/scene-000005" })
        );
        Assert.That(packed.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "edges", "segmentation", "depth" }));
    }

    [Test]
    public void A_joined_run_is_repeated_by_its_own_configuration_to_the_bit()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["a"], 2);
        PhotoFolder.Write(folder["b"], 3);
        CliRun first = CliRun.Of([
            "train",
            "--data",
            folder["a"],
            "--data",
            folder["b"],
            "--data-weights",
            "2,1",
            "--size",
            "32x32",
            "--output",
            folder["first"],
            .. _small,
        ]);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Success), first.Error);
        CliRun again = CliRun.Of(["train", "--config", folder["first", "config.json"], "--output", folder["again"]]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(again.Output, Does.Contain("joined: a 4 (of 2, weight 2), b 3"));
        Assert.That(
            TensorBytes.Read(folder["again", "checkpoint.safetensors"]).Data,
            Is.EqualTo(TensorBytes.Read(folder["first", "checkpoint.safetensors"]).Data)
        );
        Assert.That(File.ReadAllText(folder["again", "config.json"]), Is.EqualTo(File.ReadAllText(folder["first", "config.json"])));
    }

    [Test]
    public void Each_source_draws_its_labels_for_itself_under_every_seed()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 64,
                Height = 32,
                Width = 32,
            }
        );
        JoinedDataset joined = new(new JoinedSource("a", scenes), new JoinedSource("b", scenes), new JoinedSource("c", scenes));
        DataRequest request = new() { Data = DataRequest.Scenes, Size = default };
        SourceRequest[] sources = [.. joined.Sources.Select(s => new SourceRequest { Name = s.Name, Data = request })];
        List<string> draws = [];
        for (ulong seed = 1; seed <= 5; seed++)
        {
            LabelAssignment labels = JoinedSources.Draw(LabelScenario.OneLabel, joined, sources, seed);
            for (int s = 0; s < 3; s++)
                draws.Add(string.Concat(Enumerable.Range(64 * s, 64).Select(i => labels[i].Bits)));
        }
        Assert.That(draws, Is.Unique);
        LabelAssignment alone = LabelAssignment.Draw(LabelScenario.OneLabel, scenes, 1);
        Assert.That(
            draws[0],
            Is.EqualTo(string.Concat(Enumerable.Range(0, 64).Select(i => alone[i].Bits))),
            "the first source draws as it would alone"
        );
    }

    [TestCase("{ \"sources\": [] }", "'sources' is missing or empty")]
    [TestCase("{ \"sources\": [ {} ] }", "sources[0]: 'data' is missing")]
    [TestCase("{ \"sources\": [ { \"data\": \"scenes\", \"weight\": 0 } ] }", "sources[0]: 'weight' is 0")]
    [TestCase("{ \"sources\": [ { \"data\": \"scenes\" }, { \"data\": \"scenes\" } ] }", "sources[1]: another source is named 'scenes'")]
    [TestCase("{ \"sources\": [ { \"data\": \"scenes\", \"wieght\": 1 } ] }", "wieght")]
    [TestCase("{ \"size\": \"0x33\", \"sources\": [ { \"data\": \"scenes\" } ] }", "'size' is '0x33'")]
    [TestCase("[", "sets.json: ")]
    public void A_file_that_is_wrong_says_where(string content, string fault)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["sets.json"], content);
        CliRun run = CliRun.Of("inspect", folder["sets.json"], "--output", folder["sheet.png"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain(folder["sets.json"]).And.Contain(fault));
    }

    [Test]
    public void What_cannot_be_joined_is_told()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["a"], 2);
        PhotoFolder.Write(folder["b"], 2);
        Directory.Move(folder["b", "edge"], folder["b", "depth"]);
        Directory.Move(folder["b", "seg"], folder["b", "edge"]);
        Check("--data-weights has 1 numbers, where 2 data sets", folder["a"], folder["b"], "--data-weights", "1");
        Check("--data-weights must be numbers above 0, not '-1'", folder["a"], folder["b"], "--data-weights", "1,-1");
        Check("--data-weights is for several data sets", folder["a"], "--data-weights", "1");
        Check("--tasks and --class-names are for one data set", folder["a"], folder["b"], "--tasks", "seg");
        Check(
            "--void-id is for one data set; of joined ones a .json file says it for each, as \"void_id\"",
            folder["a"],
            folder["b"],
            "--void-id",
            "3"
        );
        Check("--classes and the other options of benchmarks are for one data set", folder["a"], folder["b"], "--classes", "7");
        File.WriteAllText(folder["kinds.json"], """{ "sources": [ { "data": "a" }, { "data": "b", "rename": { "depth": "seg" } } ] }""");
        Check("The data sets cannot be joined: the task 'seg' of 'b' is not that of 'a': Depth and Segmentation", folder["kinds.json"]);
        File.WriteAllText(folder["rename.json"], """{ "sources": [ { "data": "a", "rename": { "taste": "seg" } } ] }""");
        Check("'a' has no task 'taste' to rename", folder["rename.json"]);
        Check("joins data sets itself", folder["rename.json"], folder["a"]);

        void Check(string fault, params string[] arguments)
        {
            CliRun run = CliRun.Of(["inspect", .. arguments, "--output", folder["sheet.png"]]);
            Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Output);
            Assert.That(run.Error, Does.Contain(fault));
        }
    }
}
