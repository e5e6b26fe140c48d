using System.Text.Json;

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

    [TestCase("adapt", "Name a checkpoint, such as jtr-run/checkpoint.safetensors.")]
    public void An_adaptation_says_what_it_lacks(string line, string message) =>
        Assert.That(CliRun.Of(line.Split(' ')).Error, Does.StartWith($"jtr: {message}"));
}
