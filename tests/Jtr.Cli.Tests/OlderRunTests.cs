using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints;

namespace Jtr.Cli.Tests;

/// <summary>A run folder that an older version wrote is resumed, repeated, scored and predicted with as that version would have.</summary>
public sealed class OlderRunTests
{
    // Weights are in 32 bits, and another processor adds up in another order.
    private const double Tolerance = 2e-4;

    private static string Kept => Path.Combine(AppContext.BaseDirectory, "Data", "run-of-d1f5327");

    [Test]
    public void It_goes_on_with_the_losses_that_it_went_on_with_then()
    {
        using TemporaryFolder folder = new();
        CopyTo(folder["run"]);
        CliRun resumed = CliRun.Of("train", "--resume", folder["run"], "--steps", "5");
        Assert.That(resumed.ExitCode, Is.EqualTo(ExitCode.Success), resumed.Error);
        double[][] expected = Losses(Path.Combine(Kept, "went-on.csv")),
            actual = Losses(folder["run", "progress.csv"]);
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (int i = 0; i < expected.Length; i++)
        {
            for (int c = 0; c < expected[i].Length; c++)
                Assert.That(actual[i][c], Is.EqualTo(expected[i][c]).Within(Tolerance * Math.Abs(expected[i][c])), $"line {i}, column {c}");
        }
    }

    [Test]
    public void Its_configuration_repeats_it()
    {
        using TemporaryFolder folder = new();
        CliRun again = CliRun.Of("train", "--config", Path.Combine(Kept, "config.json"), "--output", folder["again"]);
        Assert.That(again.ExitCode, Is.EqualTo(ExitCode.Success), again.Error);
        double[] first = Losses(folder["again", "progress.csv"])[0],
            expected = Losses(Path.Combine(Kept, "progress.csv"))[0];
        for (int c = 0; c < expected.Length; c++)
            Assert.That(first[c], Is.EqualTo(expected[c]).Within(Tolerance * Math.Abs(expected[c])), $"column {c}");
    }

    [Test]
    public void It_is_scored_as_then()
    {
        using TemporaryFolder folder = new();
        string scores = folder["scores.json"];
        CliRun evaluated = CliRun.Of("evaluate", Path.Combine(Kept, "checkpoint.safetensors"), "--json", scores);
        Assert.That(evaluated.ExitCode, Is.EqualTo(ExitCode.Success), evaluated.Error);
        double Depth(string file) =>
            JsonNode.Parse(File.ReadAllText(file))!["tasks"]!.AsArray().Single(t => (string)t!["name"]! == "depth")!["metrics"]!
                .AsArray()
                .Single(m => (string)m!["name"]! == "absolute error")!["value"]!.GetValue<double>();
        Assert.That(Depth(scores), Is.EqualTo(Depth(Path.Combine(Kept, "results.json"))).Within(1).Percent);
    }

    [Test]
    public void Its_checkpoint_tells_its_options()
    {
        CheckpointInfo info = CheckpointInfo.Read(Path.Combine(Kept, "checkpoint.safetensors"));
        Assert.That(
            (info.Step, info.Options.Width, info.Options.Method, info.Options.EmaDecay, info.Options.Balancing.Name),
            Is.EqualTo((3L, 1, "jtr", 0.9, "uncertainty"))
        );
        Assert.That(info.Options.NativeOptions, Is.Null);
    }

    private static void CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Kept))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    /// <summary>Loss, supervised, dist and recon of each line.</summary>
    // Then the terms of the method had columns of their own, without the method's name.
    private static readonly string[][] _columns =
    [
        ["loss"],
        ["supervised"],
        ["dist", "term:jtr.dist"],
        ["recon", "term:jtr.recon"],
    ];

    private static double[][] Losses(string file)
    {
        string[] heading = File.ReadLines(file).First().Split(',');
        int[] places = [.. _columns.Select(names => Array.FindIndex(heading, names.Contains))];
        return
        [
            .. File.ReadLines(file)
                .Skip(1)
                .Select(l => l.Split(','))
                .Select(cells => places.Select(p => double.Parse(cells[p], CultureInfo.InvariantCulture)).ToArray()),
        ];
    }
}
