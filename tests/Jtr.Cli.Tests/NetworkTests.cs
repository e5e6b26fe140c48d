using System.Text.Json.Nodes;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>Backbones, decoders and weights on the command line.</summary>
public sealed class NetworkTests
{
    private static readonly string[] _small =
    [
        "--scenes",
        "4",
        "--test-scenes",
        "2",
        "--size",
        "32x32",
        "--batch-size",
        "2",
        "--method",
        "supervised",
        "--threads",
        "1",
        "--workers",
        "1",
    ];

    [Test]
    public void Known_weights_bring_their_backbone_input_and_rates()
    {
        using TemporaryFolder folder = new();
        CliRun run = Train("--output", folder["run"], "--steps", "1", "--weights", "resnet18-imagenet", "--decoder-width", "4");
        Assert.That(run.Output, Does.Contain("ResNet18.onnx: 110 of").And.Contain("resnet18-cntk and pyramid, from resnet18-imagenet"));
        TrainerOptions options = CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Options;
        Assert.That(options.Network!.Backbone, Is.EqualTo("resnet18-cntk"));
        Assert.That((options.Network.Input.Order, options.Network.Input.Scale), Is.EqualTo((ColorOrder.Bgr, 255.0)));
        Assert.That((options.Network.BackboneRate, options.Network.HeadsRate), Is.EqualTo((0.3, 1.0)));
        Assert.That(
            (options.Optimizer.LearningRate, options.Optimizer.WeightDecay, options.Optimizer.Schedule),
            Is.EqualTo((5e-4, (double?)0.01, LearningRateSchedule.Cosine))
        );
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder["run", "config.json"]))!;
        Assert.That((string)config["network"]!["weights"]!, Is.EqualTo("resnet18-imagenet"));

        // What the run wrote makes the same run.
        CliRun again = CliRun.Of("train", "--config", folder["run", "config.json"], "--output", folder["again"]);
        Assert.That(again.ExitCode, Is.Zero, again.Error);
        Assert.That(File.ReadAllBytes(folder["again", "results.json"]), Is.EqualTo(File.ReadAllBytes(folder["run", "results.json"])));

        CliRun resumed = CliRun.Of("train", "--resume", folder["run"], "--steps", "2", "--backbone", "resnet34");
        Assert.That(resumed.Error, Does.Contain("--backbone was resnet18-cntk when the run began"));
        CliRun predicted = CliRun.Of("predict", folder["run", "checkpoint.safetensors"], "--count", "1", "--output", folder["sheet"]);
        Assert.That(predicted.ExitCode, Is.Zero, predicted.Error);
        foreach (string precision in new[] { "float32", "float16", "int8" })
        {
            CliRun exported = CliRun.Of("export", folder["run"], "--precision", precision, "--output", folder[$"{precision}.onnx"]);
            Assert.That(exported.ExitCode, Is.Zero, exported.Error);
        }
    }

    [Test]
    public void Parts_are_frozen_and_have_rates_as_said()
    {
        using TemporaryFolder folder = new();
        Train(
            "--output",
            folder["run"],
            "--steps",
            "1",
            "--backbone",
            "resnet18",
            "--decoder",
            "deeplab",
            "--decoder-width",
            "4",
            "--output-stride",
            "16",
            "--backbone-rate",
            "0.1",
            "--freeze",
            "stage2",
            "--freeze-steps",
            "5",
            "--freeze-norms",
            "--weight-decay",
            "0.05",
            "--learning-rate",
            "1e-3"
        );
        TrainerOptions options = CheckpointInfo.Read(folder["run", "checkpoint.safetensors"]).Options;
        Assert.That(
            options.Network,
            Is.EqualTo(
                new NetworkOptions
                {
                    Backbone = "resnet18",
                    Decoder = "deeplab",
                    DecoderChannels = 4,
                    OutputStride = 16,
                    BackboneRate = 0.1,
                    Freeze = BackboneStage.Stage2,
                    FreezeSteps = 5,
                    FreezeNorms = true,
                    HeadBias = options.Network!.HeadBias,
                    HeadScale = options.Network.HeadScale,
                }
            )
        );
        Assert.That((options.Optimizer.LearningRate, options.Optimizer.WeightDecay), Is.EqualTo((1e-3, (double?)0.05)));
    }

    [TestCase("--backbone resnet19", "--backbone must be one of segnet, resnet18,")]
    [TestCase("--backbone resnet18 --decoder unet", "--decoder must be one of pyramid, deeplab, not 'unet'")]
    [TestCase("--backbone resnet18 --decoder segnet", "--decoder segnet belongs to --backbone segnet")]
    [TestCase("--decoder pyramid", "--decoder pyramid needs a --backbone such as resnet18")]
    [TestCase("--freeze stem", "--freeze needs a --backbone such as resnet18")]
    [TestCase("--backbone resnet18 --freeze stage9", "--freeze must be one of none, stem, stage1,")]
    [TestCase("--backbone resnet50 --weights resnet18-imagenet", "--weights resnet18-imagenet are those of --backbone resnet18-cntk")]
    [TestCase("--backbone resnet18 --weights nowhere.onnx", "there is no file 'nowhere.onnx', and no weights of this name")]
    [TestCase("--backbone resnet18 --weights 2,0.5", "how often data sets are read, as in '2,0.5', is --data-weights")]
    [TestCase("--backbone resnet18 --weights a --init-from b", "--weights and --init-from say the same thing in two ways")]
    [TestCase("--backbone resnet18 --strict", "--strict is for --weights")]
    [TestCase("--backbone torchscript:nowhere.pt", "there is no file")]
    [TestCase("--backbone torchscript", "needs a file, as in torchscript:encoder.pt")]
    [TestCase("--backbone resnet18 --output-stride 12", "--output-stride must be one of 32, 16, 8")]
    public void What_does_not_go_together_is_told(string options, string words)
    {
        using TemporaryFolder folder = new();
        CliRun run = CliRun.Of(["train", .. _small, "--output", folder["run"], .. options.Split(' ')]);
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage), run.Output);
        Assert.That(run.Error, Does.Contain(words));
    }

    [Test]
    public void The_weights_that_are_known_are_listed_with_where_they_are()
    {
        CliRun list = CliRun.Of("weights");
        Assert.That(list.Output, Does.Contain("resnet18-imagenet").And.Contain("Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1 (MIT)"));
        CliRun got = CliRun.Of("weights", "get", "resnet18-imagenet");
        Assert.That(got.ExitCode, Is.Zero, got.Error);
        Assert.That(got.Output, Does.Contain("ResNet18.onnx"));
        CliRun unknown = CliRun.Of("weights", "get", "resnet99");
        Assert.That(unknown.Error, Does.Contain("There are no weights 'resnet99'; known are resnet18-imagenet."));
    }

    private static CliRun Train(params string[] options)
    {
        CliRun run = CliRun.Of(["train", .. _small, .. options]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run;
    }
}
