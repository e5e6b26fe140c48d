using System.Text;
using System.Text.Json;
using Jtr.Interop.Visualization;
using NUnit.Framework.Constraints;

namespace Jtr.Cli.Tests;

/// <summary>Labels are looked at before they are learned: what `jtr inspect` and `jtr train` say of them.</summary>
public sealed class LabelCheckTests
{
    private static readonly string[] _small =
    [
        "--size",
        "32x64",
        "--width",
        "2",
        "--batch-size",
        "1",
        "--threads",
        "1",
        "--workers",
        "1",
        "--steps",
        "1",
        "--no-tensorboard",
    ];

    [Test]
    public void Masks_of_0_and_255_are_told_before_training_with_what_to_do()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Mask(folder["d", "seg", "a.npy"], x => x < 32 ? (byte)0 : (byte)255);
        CliRun run = Train(folder);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        string line = run.Output.Split(Environment.NewLine).Single(l => l.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.That(line, Does.Contain("void id 255").And.Contain("\"values\": [0, 255]").And.Contain(folder["d", "seg", "a.npy"]));
        Assert.That(
            run.Output.IndexOf(line, StringComparison.Ordinal),
            Is.LessThan(run.Output.IndexOf("step 1/1", StringComparison.Ordinal))
        );
        Assert.That(run.Output, Does.Match("checked +1 labels"));

        CliRun unchecked_ = Train(folder, "--overwrite", "--no-check");
        Assert.That(unchecked_.Output, Does.Not.Contain("warning").And.Match("checked +no"));
    }

    [Test]
    public void Nothing_to_learn_from_is_an_error_and_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Mask(folder["d", "seg", "a.npy"], _ => 255);
        CliRun run = Train(folder);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.Contain("none of the 1 labels to train on has a value: there is nothing to learn from"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
        // Somebody who only looks is told, and sees the rest.
        CliRun inspect = CliRun.Of("inspect", folder["d"], "--size", "32x64", "--output", folder["i.png"]);
        Assert.That(inspect.ExitCode, Is.EqualTo(ExitCode.Success), inspect.Error);
        Assert.That(inspect.Output, Does.Contain("error: seg: none of the 1 labels"));
    }

    [Test]
    public void A_run_says_whether_its_method_uses_photographs_without_a_label()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Photograph(folder, "b");
        Mask(folder["d", "seg", "a.npy"], x => (byte)(x / 16));
        Assert.That(
            Train(folder, "--method", "supervised").Output,
            Does.Contain("(1 of 2, such as b). The method supervised teaches nothing with them")
        );
        Assert.That(Train(folder, "--method", "consistency", "--overwrite").Output, Does.Contain("The method consistency uses them"));
    }

    [Test]
    public void Findings_are_part_of_the_inspections_JSON()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        GreyPng.Write(folder["d", "depth", "a.png"], 16, 48, 64, 65535);
        CliRun run = CliRun.Of("inspect", folder["d"], "--size", "32x64", "--output", folder["i.png"], "--json", folder["i.json"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(folder["i.json"]));
        JsonElement checks = json.RootElement.GetProperty("checks"),
            finding = checks.GetProperty("findings")[0];
        Assert.That(checks.GetProperty("labels").GetInt32(), Is.EqualTo(1));
        Assert.That(finding.GetProperty("check").GetString(), Is.EqualTo("depth-constant"));
        Assert.That(finding.GetProperty("level").GetString(), Is.EqualTo("warning"));
        Assert.That(finding.GetProperty("file").GetString(), Is.EqualTo(folder["d", "depth", "a.png"]));
        Assert.That((finding.GetProperty("count").GetInt32(), finding.GetProperty("looked").GetInt32()), Is.EqualTo((1, 1)));
        Assert.That(finding.GetProperty("advice").GetString(), Does.Contain("void_value"));
    }

    [Test]
    public void JSON_goes_to_standard_output_alone_where_its_file_is_a_dash()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Mask(folder["d", "seg", "a.npy"], x => (byte)(x / 16));
        CliRun run = CliRun.Of("inspect", folder["d"], "--size", "32x64", "--output", folder["i.png"], "--json", "-");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        Assert.That(json.RootElement.GetProperty("parts").GetArrayLength(), Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("To train on").And.Contain("Written"));
    }

    [Test]
    public void Normals_have_numbers_too()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        float[] vectors = [.. Enumerable.Range(0, 48 * 64).SelectMany(_ => new[] { 0.5f, 0.5f, 1f })];
        NpyFile.Write(folder["d", "normals", "a.npy"], "(48, 64, 3)", vectors);
        CliRun run = CliRun.Of("inspect", folder["d"], "--size", "32x64", "--output", folder["i.png"]);
        Assert.That(run.Output, Does.Match(@"normals +normals +1 +0\.00 +0\.4082 +0\.5443 +0\.8165").And.Contain("(n + 1) / 2"), run.Error);
    }

    [TestCase("test")]
    [TestCase("val")]
    [TestCase("valid")]
    public void The_part_to_score_on_may_have_any_of_its_usual_names(string name)
    {
        using TemporaryFolder folder = new();
        foreach (string part in new[] { "train", name })
        {
            RgbImage.Create(48, 64).SavePng(folder["d", part, "images", "a.png"]);
            Mask(folder["d", part, "masks", "a.npy"], x => (byte)(x / 16));
        }
        CliRun run = CliRun.Of("inspect", folder["d"], "--size", "32x64", "--output", folder["i.png"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("To score on").And.Contain("segmentation, 4 classes"));
        if (name != "val")
            return;
        // Of several the first counts, and the other one is told.
        Directory.Move(folder["d", "val"], folder["d", "test"]);
        Directory.CreateDirectory(folder["d", "val"]);
        Assert.That(Train(folder).Output, Does.Contain($"note: {folder["d", "val"]} is not used"));
    }

    [Test]
    public void A_comparison_looks_at_labels_before_its_first_run_too()
    {
        using TemporaryFolder folder = new();
        foreach (string part in new[] { "train", "test" })
        {
            RgbImage.Create(48, 64).SavePng(folder["d", part, "images", "a.png"]);
            Mask(folder["d", part, "masks", "a.npy"], x => x < 32 ? (byte)0 : (byte)255);
        }
        CliRun run = Compare("compared");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Match("checked +2 labels").And.Contain("void id 255"));
        Assert.That(
            run.Output.IndexOf("warning: ", StringComparison.Ordinal),
            Is.InRange(1, run.Output.IndexOf("step 1/1", StringComparison.Ordinal))
        );
        Assert.That(Compare("unchecked", "--no-check").Output, Does.Match("checked +no").And.Not.Contain("warning"));

        Mask(folder["d", "train", "masks", "a.npy"], _ => 255);
        CliRun nothing = Compare("nothing");
        Assert.That(nothing.ExitCode, Is.EqualTo(ExitCode.Failure), nothing.Output);
        Assert.That(nothing.Error, Does.Contain("none of the 1 labels to train on has a value: there is nothing to learn from"));

        CliRun Compare(string output, params string[] more) =>
            CliRun.Of([
                "compare",
                "--data",
                folder["d"],
                "--methods",
                "supervised",
                "--seeds",
                "1",
                .. _small[..^1],
                .. more,
                "--output",
                folder[output],
            ]);
    }

    [TestCase("--method supervised --lambda-dist 9", "note: --lambda-dist has no effect here: it is for --method jtr")]
    [TestCase("--method supervised --teacher-weight 1", "note: --teacher-weight has no effect here: it is for --method teacher")]
    [TestCase("--method jtr --con-weight 1", "note: --con-weight has no effect here: it is for --method mtpsl")]
    [TestCase("--lr-decay-factor 0.3", "note: --lr-decay-factor has no effect here: it is for --lr-schedule step with --lr-decay-every")]
    [TestCase("--dwa-temperature 3", "note: --dwa-temperature has no effect here: it is for --balance dwa")]
    [TestCase("--scenes 7", "note: --scenes has no effect here: it is for the built-in scenes")]
    [TestCase("--method jtr --lambda-dist 9", null)]
    public void An_option_without_effect_is_told(string options, string? note)
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Mask(folder["d", "seg", "a.npy"], x => (byte)(x / 16));
        CliRun run = Train(folder, options.Split(' '));
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(
            run.Output.Split(Environment.NewLine).Where(l => l.StartsWith("note: --", StringComparison.Ordinal)),
            note is null ? (IResolveConstraint)Is.Empty : Is.EqualTo(new[] { note })
        );
    }

    [Test]
    public void A_list_of_data_sets_and_a_labels_file_may_begin_with_a_byte_order_mark()
    {
        using TemporaryFolder folder = new();
        Photograph(folder, "a");
        Mask(folder["d", "seg", "a.npy"], x => (byte)(x / 16));
        File.WriteAllText(folder["sets.json"], """{"size": "32x64", "sources": [{"name": "s", "data": "d"}]}""", Encoding.UTF8);
        CliRun inspect = CliRun.Of("inspect", folder["sets.json"], "--output", folder["i.png"]);
        Assert.That(inspect.ExitCode, Is.EqualTo(ExitCode.Success), inspect.Error);
        File.WriteAllText(folder["labels.json"], """{"tasks": ["seg"], "labels_weights": [[1]]}""", Encoding.Unicode);
        CliRun train = Train(folder, "--labels", folder["labels.json"]);
        Assert.That(train.ExitCode, Is.EqualTo(ExitCode.Success), train.Error);
        File.WriteAllText(folder["sets.json"], """{"sources": [{"name": "s", "data": "d", "weight": "2"}]}""");
        Assert.That(CliRun.Of("inspect", folder["sets.json"]).Error, Does.Contain("sources[0].weight has to be a number, not \"2\""));
    }

    [TestCase("which samples are for training is unknown: put splits.mat beside it, or set SplitFile", "or give --split-file")]
    [TestCase("put classMapping40.mat beside it, or set ClassMapping", "or give --class-mapping")]
    [TestCase("BatchSize must be 1 to 65536", "--batch-size must be 1 to 65536")]
    [TestCase("/data/BatchSize/SplitFile.mat: no PyTorch file", "/data/BatchSize/SplitFile.mat: no PyTorch file")]
    public void Messages_of_the_library_are_told_in_the_tools_words(string message, string expected) =>
        Assert.That(ErrorText.Describe(new ArgumentException(message)), Does.EndWith(expected));

    private static CliRun Train(TemporaryFolder folder, params string[] options) =>
        CliRun.Of(["train", "--data", folder["d"], "--output", folder["run"], .. _small, .. options]);

    private static void Photograph(TemporaryFolder folder, string name)
    {
        RgbImage picture = RgbImage.Create(48, 64);
        picture.Fill(5, 8, 20, 30, new Rgb(200, 40, 90));
        picture.SavePng(folder["d", "image", $"{name}.png"]);
    }

    private static void Mask(string path, Func<int, byte> id) =>
        NpyFile.Write(path, "|u1", "(48, 64)", [.. Enumerable.Range(0, 48 * 64).Select(i => id(i % 64))]);
}
