using System.Text.Json.Nodes;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// A network of a backbone, which may have seen photographs before, and a decoder. Backbones and decoders are those of the native library;
/// <see cref="JtrRuntime.Backbones"/> and <see cref="JtrRuntime.Decoders"/> list them.
/// </summary>
public sealed record NetworkOptions
{
    private const string TorchScript = "torchscript";

    /// <summary>
    /// What makes features of images: "resnet18", "resnet34", "resnet50", "resnet101", "resnet18-cntk", or "torchscript", an encoder in
    /// <see cref="BackboneFile"/>.
    /// </summary>
    public string Backbone { get; init; } = "resnet18";

    /// <summary>
    /// Of the backbone "torchscript": a TorchScript file whose forward takes [N, 3, H, W] and gives a list of maps, the finest first. The
    /// network is made of it again wherever a checkpoint is loaded, so the file has to stay; such networks have no exports but their
    /// weights.
    /// Else null.
    /// </summary>
    public string? BackboneFile { get; init; }

    /// <summary>What makes of them the map that the heads of pixel tasks read: "pyramid", "deeplab".</summary>
    public string Decoder { get; init; } = "pyramid";

    /// <summary>Channels of the decoder, 1 to 1024; null: 64 for a pyramid, 256 for deeplab.</summary>
    public int? DecoderChannels { get; init; }

    /// <summary>
    /// Rows of an image for one of the coarsest map: 32, 16 or 8. Below 32 the last stages are dilated instead of strided (Chen et al.,
    /// ECCV
    /// 2018).
    /// </summary>
    public int OutputStride { get; init; } = 32;

    /// <summary>The backbone's learning rate, times the optimiser's; 0.1 to 0.3 for one that has seen photographs.</summary>
    public double BackboneRate { get; init; } = 1;

    /// <summary>The decoder's learning rate, times the optimiser's.</summary>
    public double DecoderRate { get; init; } = 1;

    /// <summary>The heads' learning rate, times the optimiser's.</summary>
    public double HeadsRate { get; init; } = 1;

    /// <summary>The backbone's stages up to this one keep their weights and statistics.</summary>
    public BackboneStage Freeze { get; init; }

    /// <summary>Steps after which they train like the others; 0: never.</summary>
    public long FreezeSteps { get; init; }

    /// <summary>Whether the backbone's norms keep their statistics; their weights train on.</summary>
    public bool FreezeNorms { get; init; }

    /// <summary>What the backbone reads of images. It belongs to its weights.</summary>
    public InputTransform Input { get; init; } = InputTransform.ImageNet;

    /// <summary>
    /// What the biases of fresh heads begin at: a number for each channel of every pixel task, in order, in the label's unit; none: 0.
    /// <see cref="Labels.LabelMoments"/> takes them from labels.
    /// </summary>
    public IReadOnlyList<double> HeadBias { get; init; } = [];

    /// <summary>
    /// What the first weights of fresh heads are multiplied by, above 0, one for each of these channels; none: 1. With the labels'
    /// deviations, first predictions differ from the mean about as much as labels do.
    /// </summary>
    public IReadOnlyList<double> HeadScale { get; init; } = [];

    /// <summary>Whether all options are the same.</summary>
    public bool Equals(NetworkOptions? other) => other is not null && JsonNode.DeepEquals(ToNative(1), other.ToNative(1));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Backbone, Decoder, OutputStride, Input);

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name. Whether backbone and decoder exist is
    /// asked of the native library when a trainer is made.</exception>
    public void Validate(string name = "Network")
    {
        if (string.IsNullOrWhiteSpace(Backbone))
            throw new ArgumentException($"{name}.{nameof(Backbone)} must be the name of a backbone.", $"{name}.{nameof(Backbone)}");
        if (Backbone == TorchScript != BackboneFile is not null)
            throw new ArgumentException(
                $"{name}.{nameof(BackboneFile)} must be given with the backbone '{TorchScript}', and with no other.",
                $"{name}.{nameof(BackboneFile)}"
            );
        if (string.IsNullOrWhiteSpace(Decoder))
            throw new ArgumentException($"{name}.{nameof(Decoder)} must be the name of a decoder.", $"{name}.{nameof(Decoder)}");
        if (DecoderChannels is { } channels)
            NativeRange.Check($"{name}.{nameof(DecoderChannels)}", channels, "network[encoder_decoder].decoder[pyramid].channels");
        OptionRange.Holds($"{name}.{nameof(OutputStride)}", OutputStride, OutputStride is 8 or 16 or 32, "8, 16 or 32");
        NativeRange.Check($"{name}.{nameof(BackboneRate)}", BackboneRate, "network[encoder_decoder].backbone_rate");
        NativeRange.Check($"{name}.{nameof(DecoderRate)}", DecoderRate, "network[encoder_decoder].decoder_rate");
        NativeRange.Check($"{name}.{nameof(HeadsRate)}", HeadsRate, "network[encoder_decoder].heads_rate");
        OptionRange.Named($"{name}.{nameof(Freeze)}", Freeze);
        NativeRange.Check($"{name}.{nameof(FreezeSteps)}", FreezeSteps, "network[encoder_decoder].freeze_steps");
        for (int i = 0; i < OptionRange.NotNull($"{name}.{nameof(HeadBias)}", HeadBias).Count; i++)
            OptionRange.Holds($"{name}.{nameof(HeadBias)}[{i}]", HeadBias[i], true, "finite");
        for (int i = 0; i < OptionRange.NotNull($"{name}.{nameof(HeadScale)}", HeadScale).Count; i++)
            OptionRange.Holds($"{name}.{nameof(HeadScale)}[{i}]", HeadScale[i], HeadScale[i] > 0, "above 0 and finite");
        OptionRange.NotNull($"{name}.{nameof(Input)}", Input).Validate($"{name}.{nameof(Input)}");
    }

    /// <summary>As libjtr reads them.</summary>
    /// <param name="width">That of networks which methods have beside it.</param>
    internal JsonObject ToNative(int width)
    {
        JsonObject backbone = new() { ["name"] = Backbone };
        if (BackboneFile is { } file)
            backbone["file"] = file;
        else
            backbone["output_stride"] = OutputStride;
        JsonObject decoder = new() { ["name"] = Decoder };
        if (DecoderChannels is { } channels)
            decoder["channels"] = channels;
        return new()
        {
            ["name"] = "encoder_decoder",
            ["backbone"] = backbone,
            ["decoder"] = decoder,
            ["backbone_rate"] = BackboneRate,
            ["decoder_rate"] = DecoderRate,
            ["heads_rate"] = HeadsRate,
            ["freeze"] = NativeJson.Word(Freeze),
            ["freeze_steps"] = FreezeSteps,
            ["freeze_norms"] = FreezeNorms,
            ["input_order"] = NativeJson.Word(Input.Order),
            ["input_scale"] = Input.Scale,
            ["input_mean"] = NativeJson.Numbers(Input.Mean),
            ["input_deviation"] = NativeJson.Numbers(Input.StandardDeviation),
            ["head_bias"] = NativeJson.Numbers(HeadBias),
            ["head_scale"] = NativeJson.Numbers(HeadScale),
            ["width"] = width,
        };
    }
}

/// <summary>A part of a backbone that can be frozen with all before it.</summary>
public enum BackboneStage
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The first convolution and its pool.</summary>
    Stem = 1,

    /// <summary>The stem and the first stage.</summary>
    Stage1 = 2,

    /// <summary>Up to the second stage.</summary>
    Stage2 = 3,

    /// <summary>Up to the third stage.</summary>
    Stage3 = 4,

    /// <summary>The whole backbone.</summary>
    Stage4 = 5,
}

/// <summary>Order of an image's colours.</summary>
public enum ColorOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb = 0,

    /// <summary>Blue, green, red.</summary>
    Bgr = 1,
}

/// <summary>
/// What a backbone reads of an image, RGB in [0, 1]: its colours in another order, times <see cref="Scale"/>, minus <see cref="Mean"/>,
/// divided by <see cref="StandardDeviation"/>. For a photograph of other channels than three, three numbers stand for the first three, and
/// their mean for all others, or for a single one.
/// </summary>
public sealed record InputTransform
{
    /// <summary>As torchvision's networks were trained on ImageNet.</summary>
    public static InputTransform ImageNet { get; } = new() { Mean = [0.485, 0.456, 0.406], StandardDeviation = [0.229, 0.224, 0.225] };

    /// <summary>Order of the colours that the backbone reads, of <see cref="Mean"/> and of <see cref="StandardDeviation"/>.</summary>
    public ColorOrder Order { get; init; }

    /// <summary>Above 0; 255 for weights that were trained on bytes.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>A number for each colour, or for each channel of the photograph.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0, 0, 0];

    /// <summary>A number above 0 for each colour, or for each channel of the photograph.</summary>
    public IReadOnlyList<double> StandardDeviation { get; init; } = [1, 1, 1];

    /// <summary>Whether all numbers are the same.</summary>
    public bool Equals(InputTransform? other) =>
        other is not null
        && (Order, Scale) == (other.Order, other.Scale)
        && Mean.SequenceEqual(other.Mean)
        && StandardDeviation.SequenceEqual(other.StandardDeviation);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Order, Scale, Mean[0], StandardDeviation[0]);

    internal void Validate(string name)
    {
        OptionRange.Named($"{name}.{nameof(Order)}", Order);
        NativeRange.Check($"{name}.{nameof(Scale)}", Scale, "network[encoder_decoder].input_scale");
        Numbers($"{name}.{nameof(Mean)}", Mean, "input_mean");
        Numbers($"{name}.{nameof(StandardDeviation)}", StandardDeviation, "input_deviation");
    }

    private static void Numbers(string name, IReadOnlyList<double> values, string option)
    {
        if (OptionRange.NotNull(name, values).Count is < 1 or > InputSpec.MaxPlanes)
            throw new ArgumentException($"{name} must have a number for each channel, not {values.Count}.", name);
        NativeRange.CheckEach(name, values, $"network[encoder_decoder].{option}");
    }
}
