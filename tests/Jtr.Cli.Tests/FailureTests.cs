using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Jtr.Interop;

namespace Jtr.Cli.Tests;

/// <summary>What goes wrong while running: one clear line without a stack trace, exit code 1.</summary>
public sealed class FailureTests
{
    [Test]
    public void A_folder_that_is_not_there_is_named()
    {
        CliRun run = CliRun.Of("train", "--data", "no-such-folder");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.StartWith("jtr: --data: there is no folder").And.Contain("no-such-folder"));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("export")]
    [TestCase("evaluate")]
    [TestCase("predict")]
    [TestCase("train --resume")]
    public void A_folder_without_a_checkpoint_is_told_with_what_will_be_there(string command)
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run"]);
        CliRun run = CliRun.Of([.. command.Split(' '), folder["run"]]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(
            run.Error.TrimEnd(),
            Is.EqualTo(
                $"jtr: {folder["run"]}: this folder has no checkpoint.safetensors; a run saves its "
                    + $"first one after --save-every steps, or when Ctrl-C stops it"
            )
        );
        CliRun nothing = CliRun.Of([.. command.Split(' '), folder["nothing"]]);
        Assert.That(nothing.Error.TrimEnd(), Is.EqualTo($"jtr: {folder["nothing"]}: there is no such file or folder"));
    }

    /// <summary>ReLU kernels may turn NaN into 0, so that such a network would score as if it were sound.</summary>
    [Test]
    public void Weights_that_are_no_numbers_are_named()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["data"], 2);
        const string small = "--preset none --size 32x32 --width 2 --batch-size 1 --workers 1 --steps 1 --no-tensorboard";
        CliRun train = CliRun.Of(["train", "--data", folder["data"], "--output", folder["run"], .. small.Split(' ')]);
        Assert.That(train.ExitCode, Is.Zero, train.Error);
        const string name = "model/conv_block_dec.2.1.0.weight";
        byte[] bytes = File.ReadAllBytes(folder["run", "checkpoint.safetensors"]);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        JsonNode range = JsonNode.Parse(bytes.AsSpan(8, length))![name]!["data_offsets"]!;
        for (int at = 8 + length + (int)range[0]!; at < 8 + length + (int)range[1]!; at += sizeof(float))
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), float.NaN);
        string broken = folder["nan.safetensors"];
        File.WriteAllBytes(broken, bytes);
        string[][] uses =
        [
            ["evaluate", broken],
            ["predict", broken, folder["data"], "--output", folder["pictures"]],
            ["export", broken, "--output", folder["nan.onnx"]],
            ["train", "--data", folder["data"], "--init-from", broken, "--size", "32x32", "--width", "2", "--output", folder["next"]],
        ];
        foreach (string[] use in uses)
        {
            CliRun run = CliRun.Of(use);
            Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure), use[0]);
            Assert.That(run.Error, Does.Contain(broken).And.Contain(name).And.Match("(?i)nan"), use[0]);
        }
    }

    [Test]
    public void A_configuration_that_is_a_folder_is_told()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run"]);
        Assert.That(
            CliRun.Of("train", "--config", folder["run"]).Error,
            Does.Contain("is a folder; name a file, such as the config.json in it")
        );
    }

    [Test]
    public void Verbose_adds_the_stack_trace()
    {
        CliRun run = CliRun.Of("train", "--data", "no-such-folder", "--verbose");
        Assert.That(run.Error, Does.Contain("DirectoryNotFoundException").And.Contain("   at Jtr.Cli."));
    }

    [Test]
    public void A_baseline_that_is_no_result_is_named()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["notes.json"], "{}");
        CliRun run = CliRun.Of("train", "--baseline", folder["notes.json"], "--output", folder["run"]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(run.Error, Does.StartWith($"jtr: {folder["notes.json"]}: these are not evaluation results"));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    [Test]
    public void Programmers_details_are_left_out_of_messages()
    {
        Assert.That(ErrorText.Describe(new ArgumentException("the batch is empty", "batch")), Is.EqualTo("the batch is empty"));
        Assert.That(
            ErrorText.Describe(new ArgumentOutOfRangeException("Width", 0, "Width must be 1 to 1024.")),
            Is.EqualTo("Width must be 1 to 1024; it is 0")
        );
        Assert.That(ErrorText.Describe(new JtrFormatException("a.png", "no PNG file", 3)), Is.EqualTo("a.png (byte 3): no PNG file"));
        Assert.That(ErrorText.Describe(new AggregateException(new IOException("disk full"))), Is.EqualTo("disk full"));
        Assert.That(ErrorText.Describe(new InvalidOperationException("oops")), Is.EqualTo("InvalidOperationException: oops"));
    }

    [Test]
    public void Only_faults_of_the_program_are_unexpected()
    {
        Assert.That(ErrorText.IsExpected(new JtrDeviceException("no GPU")), Is.True);
        Assert.That(ErrorText.IsExpected(new AggregateException(new IOException("disk full"))), Is.True);
        Assert.That(ErrorText.IsExpected(new InvalidOperationException()), Is.False);
    }
}
