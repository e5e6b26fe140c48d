using System.Text.Json;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>Techniques for domains that differ, predictions as a domain, and norms of other photographs.</summary>
public sealed class DomainTests
{
    private static string[] Train(TemporaryFolder folder, string output, int steps) =>
        [
            "train",
            "--data",
            folder["photos"],
            "--preset",
            "none",
            "--size",
            "32x64",
            "--method",
            "supervised",
            "--seed",
            "3",
            "--width",
            "2",
            "--batch-size",
            "4",
            "--workers",
            "1",
            "--threads",
            "1",
            "--domain",
            "adversarial,coral,mmd,norms",
            "--adversarial-ramp-steps",
            "4",
            "--coral-weight",
            "0.5",
            "--coral-ramp-steps",
            "0",
            "--mmd-ramp-steps",
            "0",
            "--norms-weights",
            "true",
            "--domain-weights",
            "a:edge=0.5,b:supervised=1",
            "--steps",
            $"{steps}",
            "--output",
            folder[output],
        ];

    private static TemporaryFolder Photographs()
    {
        TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 4);
        PhotoFolder.Write(folder["photos", "test"], 2);
        File.WriteAllText(folder["photos", "train", "domains.csv"], "name,domain\nphoto0,a\nphoto1,a\nphoto2,b\nphoto3,b\n");
        File.WriteAllText(folder["photos", "test", "domains.csv"], "name,domain\nphoto0,a\nphoto1,b\n");
        return folder;
    }

    private static string Scores(string checkpoint, params string[] more)
    {
        CliRun run = CliRun.Of(["evaluate", checkpoint, "--threads", "1", "--json", "-", .. more]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        return run.Output;
    }

    [Test]
    public void Techniques_are_trained_told_and_resumed()
    {
        using TemporaryFolder folder = Photographs();
        CliRun whole = CliRun.Of(Train(folder, "whole", 4)),
            first = CliRun.Of(Train(folder, "parts", 2));
        Assert.That(whole.ExitCode, Is.EqualTo(ExitCode.Success), whole.Error);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Success), first.Error);
        string header = File.ReadLines(folder["whole", "progress.csv"]).First();
        foreach (string term in new[] { "adversarial.loss", "adversarial.accuracy", "coral.loss", "mmd.loss" })
            Assert.That(header.Split(','), Does.Contain($"term:{term}"));
        CliRun rest = CliRun.Of("train", "--resume", folder["parts"], "--steps", "4", "--threads", "1", "--workers", "1");
        Assert.That(rest.ExitCode, Is.EqualTo(ExitCode.Success), rest.Error);
        Assert.That(File.ReadAllText(folder["parts", "results.json"]), Is.EqualTo(File.ReadAllText(folder["whole", "results.json"])));
        CliRun again = CliRun.Of("train", "--config", folder["whole", "config.json"], "--output", folder["again"]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(File.ReadAllText(folder["again", "results.json"]), Is.EqualTo(File.ReadAllText(folder["whole", "results.json"])));
    }

    [Test]
    public void A_network_predicts_as_a_domain_and_is_adapted_to_another()
    {
        using TemporaryFolder folder = Photographs();
        CliRun train = CliRun.Of(Train(folder, "run", 3));
        Assert.That(train.ExitCode, Is.EqualTo(ExitCode.Success), train.Error);
        string run = folder["run"];
        using JsonDocument own = JsonDocument.Parse(Scores(run, "--as-domain", "own")),
            a = JsonDocument.Parse(Scores(run, "--as-domain", "a")),
            b = JsonDocument.Parse(Scores(run, "--as-domain", "b"));
        // The mean absolute error of a map in the first domain: which samples are predicted together changes it by rounding.
        double Of(JsonDocument scores) =>
            scores
                .RootElement.GetProperty("domains")[0]
                .GetProperty("tasks")
                .EnumerateArray()
                .Single(t => t.GetProperty("name").GetString() == "edge")
                .GetProperty("metrics")[0]
                .GetProperty("value")
                .GetDouble();
        Assert.That(Of(own), Is.EqualTo(Of(a)).Within(1e-6));
        Assert.That(Of(own), Is.Not.EqualTo(Of(b)).Within(1e-6));
        foreach (string[] line in new[] { ["evaluate", run], ["export", run], new[] { "predict", run, folder["photos", "test", "image"] } })
        {
            CliRun wrong = CliRun.Of([.. line, "--as-domain", "c", .. line[0] == "evaluate" ? [] : new[] { "--output", folder["none"] }]);
            Assert.That(wrong.ExitCode, Is.EqualTo(ExitCode.Usage), line[0]);
            Assert.That(wrong.Error, Does.StartWith("jtr: --as-domain: there is no domain 'c' (known: a, b"), line[0]);
        }
        CliRun export = CliRun.Of("export", run, "--as-domain", "b", "--output", folder["b.onnx"]);
        Assert.That(export.ExitCode, Is.EqualTo(ExitCode.Success), export.Error);

        PhotoFolder.Write(folder["other"], 3);
        CliRun adapt = CliRun.Of(
            "adapt",
            run,
            "--data",
            folder["other"],
            "--batch",
            "2",
            "--threads",
            "1",
            "--output",
            folder["adapted.safetensors"]
        );
        Assert.That(adapt.ExitCode, Is.EqualTo(ExitCode.Success), adapt.Error);
        Assert.That(adapt.Output, Does.Contain("26 norms have the statistics of 3 photographs."));
        string[] other = ["--data", folder["other"]];
        Assert.That(Scores(folder["adapted.safetensors"], other), Is.Not.EqualTo(Scores(run, other)));
    }

    [Test]
    public void A_ramp_is_as_long_as_the_run_where_nothing_is_said()
    {
        using TemporaryFolder folder = Photographs();
        string[] run = [.. Small(folder, "run", 3), "--data", folder["photos"], "--domain", "coral,mmd", "--mmd-ramp-steps", "2"];
        CliRun done = CliRun.Of(run);
        Assert.That(done.ExitCode, Is.EqualTo(ExitCode.Success), done.Error);
        string native = CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Options.NativeOptions!;
        Assert.That(native, Does.Contain("""{"name":"coral","weight":1,"rows":"places","ramp_steps":3}"""));
        Assert.That(native, Does.Contain("\"ramp_steps\":2"));
    }

    [Test]
    public void Weights_of_tasks_are_learned_from_a_part_of_the_labels()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 30);
        PhotoFolder.Write(folder["photos", "test"], 2);
        // Another world: what is learned of one is wrong on the other.
        byte[] ones = new byte[40 * 50];
        Array.Fill(ones, (byte)1);
        for (int i = 1; i < 30; i += 2)
            NpyFile.Write(folder["photos", "train", "seg", $"photo{i}.npy"], "|u1", "(40, 50)", ones);
        File.WriteAllText(
            folder["photos", "train", "domains.csv"],
            "name,domain\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"photo{i},{(i % 2 == 0 ? "a" : "b")}\n"))
        );
        double[] a = Learned("a"),
            b = Learned("b");
        Assert.That(a[..3], Is.All.EqualTo(1), "the target");
        Assert.That(b[3..], Is.All.EqualTo(1), "the target");
        // One of them is solved worse.
        Assert.That(a[3..5].Concat(b[..2]), Has.Some.LessThan(1));
        CliRun wrong = CliRun.Of([.. Small(folder, "wrong", 2), "--data", folder["photos"], "--learn-domain-weights", "c"]);
        Assert.That(wrong.Error, Does.StartWith("jtr: --learn-domain-weights: there is no domain 'c' (known: a, b)."));
        CliRun text = CliRun.Of([.. Small(folder, "wrong", 2), "--data", folder["photos"], "--domain-weights", "a:edge"]);
        Assert.That(text.Error, Does.StartWith("jtr: --domain-weights: 'a:edge' is no weight of a domain"));

        double[] Learned(string target)
        {
            CliRun run = CliRun.Of([.. Small(folder, target, 12), "--data", folder["photos"], "--learn-domain-weights", target]);
            Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
            using Trainer trainer = Trainer.Load(folder[target, "checkpoint.safetensors"]);
            double[] weights = trainer.State.Read("domain_weights/weights");
            Assert.That(weights, Has.Length.EqualTo(6), "two domains; two tasks and a method");
            Assert.That(weights, Has.All.InRange(0, 1));
            return weights;
        }
    }

    [Test]
    public void The_gap_to_a_network_of_the_domain_alone_is_shown()
    {
        using TemporaryFolder folder = Photographs();
        PhotoFolder.Write(folder["alone"], 2);
        File.WriteAllText(folder["photos", "test", "domains.csv"], "name,domain\nphoto0,a\nphoto1,b\nphoto2,b\n");
        PhotoFolder.Write(folder["photos", "test"], 3);
        CliRun alone = CliRun.Of([.. Small(folder, "of-b", 2), "--data", folder["alone"], "--test", folder["alone"]]);
        Assert.That(alone.ExitCode, Is.EqualTo(ExitCode.Success), alone.Error);
        CliRun joined = CliRun.Of([.. Small(folder, "run", 2), "--data", folder["photos"], "--baseline", folder["of-b", "results.json"]]);
        Assert.That(joined.ExitCode, Is.EqualTo(ExitCode.Success), joined.Error);
        Assert.That(joined.Output, Does.Contain("Domain gap: against the baseline").And.Match("\nb +seg +mIoU"));
        Assert.That(File.ReadAllText(folder["run", "report.html"]), Does.Contain("Domain gap"));
        string[] common = [.. Small(folder, "compared", 2)[1..].Where(o => o is not ("--method" or "supervised" or "--seed" or "3"))];
        CliRun compare = CliRun.Of(["compare", .. common, "--data", folder["photos"], "--methods", "supervised", "--seeds", "1"]);
        Assert.That(compare.ExitCode, Is.EqualTo(ExitCode.Success), compare.Error);
        Assert.That(File.ReadAllText(folder["compared", "comparison.md"]), Does.Contain("| supervised | b |"));
        Assert.That(File.ReadAllText(folder["compared", "report.html"]), Does.Contain("Scores by domain"));
    }

    [Test]
    public void A_transfer_is_a_run_on_the_source_and_one_from_its_weights()
    {
        using TemporaryFolder folder = Photographs();
        PhotoFolder.Write(folder["poor"], 2);
        string[] rest = [.. Small(folder, "both", 2)[1..], "--test", folder["poor"]];
        string[] transfer = ["transfer", "--from", folder["photos"], "--data", folder["poor"], "--from-steps", "3", .. rest];
        CliRun run = CliRun.Of(transfer);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("Begins with the weights of"));
        Assert.That(CheckpointInfo.Read(folder["both", "source", "checkpoint.safetensors"]).Step, Is.EqualTo(3));
        string[] scored = ["--test", folder["poor"]];
        CliRun first = CliRun.Of([.. Small(folder, "first", 3), "--data", folder["photos"], .. scored]);
        Assert.That(first.ExitCode, Is.EqualTo(ExitCode.Success), first.Error);
        CliRun second = CliRun.Of([.. Small(folder, "second", 2), "--data", folder["poor"], "--init-from", folder["first"], .. scored]);
        Assert.That(second.ExitCode, Is.EqualTo(ExitCode.Success), second.Error);
        Assert.That(File.ReadAllText(folder["both", "results.json"]), Is.EqualTo(File.ReadAllText(folder["second", "results.json"])));
        CliRun again = CliRun.Of(transfer);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        Assert.That(again.Output, Does.Contain("The run has 3 steps already").And.Contain("The run has 2 steps already"));
        foreach (
            (string[] line, string message) in new (string[], string)[]
            {
                (["transfer"], "Name the source with --from."),
                (["transfer", "--from", "x"], "Name the data that the network is for with --data."),
                (["transfer", "--from", "x", "--data", "y", "--resume"], "--resume is for one run"),
                (["transfer", "--from", "x", "--data", "y", "--from-steps", "2"], "With --from-steps, say"),
            }
        )
            Assert.That(CliRun.Of(line).Error, Does.StartWith($"jtr: {message}"));
    }

    /// <summary>A small run, without its data.</summary>
    private static string[] Small(TemporaryFolder folder, string output, int steps) =>
        [
            "train",
            "--preset",
            "none",
            "--size",
            "32x64",
            "--method",
            "supervised",
            "--seed",
            "3",
            "--width",
            "2",
            "--batch-size",
            "4",
            "--workers",
            "1",
            "--threads",
            "1",
            "--steps",
            $"{steps}",
            "--output",
            folder[output],
        ];

    [TestCase("adapt", "Name a checkpoint, such as jtr-run/checkpoint.safetensors.")]
    public void An_adaptation_says_what_it_lacks(string line, string message) =>
        Assert.That(CliRun.Of(line.Split(' ')).Error, Does.StartWith($"jtr: {message}"));
}
