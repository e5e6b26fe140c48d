namespace Jtr.Cli.Tests;

public sealed class ExportTests
{
    private static readonly string[] _small =
    [
        "--scenes",
        "2",
        "--test-scenes",
        "2",
        "--size",
        "32x32",
        "--width",
        "2",
        "--batch-size",
        "2",
        "--workers",
        "1",
        "--threads",
        "1",
    ];

    [Test]
    public void A_network_is_exported_in_every_format()
    {
        using TemporaryFolder folder = new();
        string checkpoint = folder["run", "checkpoint.safetensors"];
        Assert.That(
            CliRun.Of(["train", "--steps", "1", "--method", "supervised", "--output", folder["run"], .. _small]).ExitCode,
            Is.EqualTo(ExitCode.Success)
        );
        foreach (
            (string format, string file) in new[]
            {
                ("onnx", "network.onnx"),
                ("torchscript", "network.pt"),
                ("safetensors", "weights.safetensors"),
            }
        )
        {
            CliRun export = CliRun.Of("export", checkpoint, "--format", format);
            Assert.That(export.ExitCode, Is.EqualTo(ExitCode.Success), export.Error);
            Assert.That(export.Output, Does.Contain($"Written: {folder["run", file]}"));
            Assert.That(File.Exists(folder["run", file]), file);
        }
        // The folder of a run stands for its checkpoint; how far the run was is told, as it may be unfinished.
        CliRun run = CliRun.Of("export", folder["run"]);
        Assert.That(
            run.Output,
            Does.Contain($"Written: {folder["run", "network.onnx"]}").And.Contain("It is the network after 1 training step."),
            run.Error
        );
        CliRun here = CliRun.Of("export", checkpoint, "--output", folder["x", "rooms.onnx"], "--size", "32x64", "--batch", "1");
        Assert.That(here.ExitCode, Is.EqualTo(ExitCode.Success), here.Error);
        Assert.That(File.Exists(folder["x", "rooms.onnx"]));

        CliRun size = CliRun.Of("export", checkpoint, "--format", "torchscript", "--batch", "1");
        Assert.That(size.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(size.Error, Does.Contain("for --format onnx only"));
        CliRun itself = CliRun.Of("export", checkpoint, "--format", "safetensors", "--output", checkpoint);
        Assert.That(itself.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(CliRun.Of("export").ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void A_published_checkpoint_is_imported()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(TestContext.CurrentContext.TestDirectory, "published.pth.tar");
        CliRun import = CliRun.Of(
            "import",
            file,
            "--tasks",
            "seg=segmentation:5,depth=depth,normals=normals",
            "--output",
            folder["imported.safetensors"]
        );
        Assert.That(import.ExitCode, Is.EqualTo(ExitCode.Success), import.Error);
        Assert.That(import.Output, Does.Contain("a network of width 2 for seg, depth, normals"));
        Assert.That(CliRun.Of("export", folder["imported.safetensors"]).ExitCode, Is.EqualTo(ExitCode.Success));

        CliRun wrong = CliRun.Of("import", file, "--tasks", "seg=segmentation:7");
        Assert.That(wrong.ExitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(wrong.Error, Does.Contain("has 7 channels, its head in").And.Contain("has 5"));
        Assert.That(CliRun.Of("import", file).Error, Does.Contain("--tasks"));
    }
}
