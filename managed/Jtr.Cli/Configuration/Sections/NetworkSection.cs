using Jtr.Cli.CommandLine;

namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>Backbone, decoder and their weights.</summary>
internal sealed record NetworkSection
{
    [Setting("--backbone", "NAME",
        Text = "What makes features of photographs: segnet, the published network; resnet18, resnet34, resnet50, resnet101; "
            + "resnet18-cntk; torchscript:FILE, whose forward gives a list of maps.",
        DefaultText = "segnet, or that of --weights")]
    public string? Backbone { get; set; }

    [Setting("--decoder", "NAME",
        Text = "What makes predictions of the features: pyramid or deeplab; segnet with the backbone segnet.",
        DefaultText = "pyramid")]
    public string? Decoder { get; set; }

    [Setting("--decoder-width", "N",
        Native = "network[encoder_decoder].decoder[*].channels",
        Text = "Channels of the decoder.",
        DefaultText = "64 of pyramid, 256 of deeplab")]
    public int? DecoderWidth { get; set; }

    [Setting("--output-stride", "32|16|8",
        Native = "network[encoder_decoder].backbone[*].output_stride",
        Text = "Rows of a photograph for one of the backbone's coarsest features; below 32 its last stages are dilated.",
        Choices = ["32", "16", "8"])]
    public int? OutputStride { get; set; }

    [Setting("--weights", "NAME|FILE",
        Text = "Start from weights that are known by a name ('jtr weights' lists them), a file of weights (ONNX, safetensors, .pth), "
            + "or a run. What fits is taken, and told; the rest starts fresh.",
        DefaultText = "all fresh")]
    public string? Weights { get; set; }

    [Setting("--strict",
        Text = "With --weights: an error where a weight of the backbone is missing, or one of the file has no place.",
        Default = false)]
    public bool? Strict { get; set; }

    [Setting("--backbone-rate", "X",
        Native = "network[encoder_decoder].backbone_rate",
        Text = "The backbone's learning rate, times --learning-rate.",
        DefaultText = "1; with --weights 0.3")]
    public double? BackboneRate { get; set; }

    [Setting("--decoder-rate", "X",
        Native = "network[encoder_decoder].decoder_rate")]
    public double? DecoderRate { get; set; }

    [Setting("--heads-rate", "X",
        Native = "network[encoder_decoder].heads_rate")]
    public double? HeadsRate { get; set; }

    [Setting("--freeze",
        Native = "network[encoder_decoder].freeze")]
    public string? Freeze { get; set; }

    [Setting("--freeze-steps", "STEPS",
        Native = "network[encoder_decoder].freeze_steps")]
    public long? FreezeSteps { get; set; }

    [Setting("--freeze-norms",
        Native = "network[encoder_decoder].freeze_norms")]
    public bool? FreezeNorms { get; set; }

    [Setting("--fusion",
        Text = "How planes of --inputs enter the network: early as channels of its first convolution; sum, concat and gate by an "
            + "encoder of their own, whose features meet the photograph's so. Vectors scale and shift features (FiLM).",
        Words = nameof(Words.Fusions), Default = "early")]
    public string? Fusion { get; set; }

    [Setting("--input-dropout", "P",
        Native = "input_dropout")]
    public double? InputDropout { get; set; }
}
// csharpier-ignore-end
