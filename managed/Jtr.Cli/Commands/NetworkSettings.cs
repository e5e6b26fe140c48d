using System.Text.Json.Serialization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands;

/// <summary>The network of a run, where it is not a SegNet.</summary>
internal sealed record NetworkSettings
{
    /// <summary>The name of the backbone and of the decoder of the published network.</summary>
    public const string SegNet = "segnet";

    private const string TorchScript = "torchscript";

    // Tried on photographs with one label each (docs/results.md).
    private const double RateOfPretrained = 0.3;

    /// <summary>Name of the backbone.</summary>
    public required string Backbone { get; init; }

    /// <summary>The TorchScript file of the backbone, or null.</summary>
    public string? BackboneFile { get; init; }

    /// <summary>Name of the decoder.</summary>
    public required string Decoder { get; init; }

    /// <summary>Channels of the decoder, or null for its default.</summary>
    public int? DecoderWidth { get; init; }

    /// <summary>Rows of an image for one of the coarsest features.</summary>
    public int OutputStride { get; init; } = 32;

    /// <summary>Name or file of the weights that the run began with, or null.</summary>
    public string? Weights { get; init; }

    /// <summary>Whether they had to fit strictly.</summary>
    public bool Strict { get; init; }

    /// <summary>The backbone's rate, times the optimiser's.</summary>
    public double BackboneRate { get; init; } = 1;

    /// <summary>The decoder's.</summary>
    public double DecoderRate { get; init; } = 1;

    /// <summary>The heads'.</summary>
    public double HeadsRate { get; init; } = 1;

    /// <summary>Frozen stages.</summary>
    public BackboneStage Freeze { get; init; }

    /// <summary>Steps until they thaw, 0 for never.</summary>
    public long FreezeSteps { get; init; }

    /// <summary>Whether norms keep their statistics.</summary>
    public bool FreezeNorms { get; init; }

    /// <summary>What the backbone reads.</summary>
    public InputTransform Input { get; init; } = InputTransform.ImageNet;

    /// <summary>The network that is asked for; null: the SegNet.</summary>
    /// <param name="said">What is said.</param>
    /// <exception cref="UsageException">Options contradict each other, or weights are not there.</exception>
    public static NetworkSettings? Of(NetworkSection said)
    {
        PretrainedWeights? known = said.Weights is null ? null : PretrainedWeights.Find(said.Weights);
        string backbone = Name(said.Backbone) ?? known?.Backbone ?? SegNet;
        string? decoder = Name(said.Decoder);
        string? file = null;
        if (backbone.StartsWith(TorchScript + ":", StringComparison.Ordinal))
            (backbone, file) = (TorchScript, Path.GetFullPath(backbone[(TorchScript.Length + 1)..]));
        if (file is not null && !File.Exists(file))
            throw new UsageException($"--backbone: there is no file '{file}'.");
        if (backbone == TorchScript && file is null)
            throw new UsageException("--backbone torchscript needs a file, as in torchscript:encoder.pt.");
        if (backbone == SegNet)
        {
            if (decoder is not (null or SegNet))
                throw new UsageException($"--decoder {decoder} needs a --backbone such as resnet18; that of segnet is segnet.");
            Refuse(said);
            if (known is not null)
                throw Other(known, backbone);
            return null;
        }
        if (!JtrRuntime.Backbones.Contains(backbone))
            throw new UsageException(
                $"--backbone must be one of {SegNet}, {string.Join(", ", JtrRuntime.Backbones.Where(b => b != TorchScript))}, "
                    + $"{TorchScript}:FILE, not '{backbone}'."
            );
        if (decoder is not null && !JtrRuntime.Decoders.Contains(decoder))
            throw new UsageException(
                decoder == SegNet
                    ? $"--decoder segnet belongs to --backbone segnet; "
                        + $"with {backbone} take one of {string.Join(", ", JtrRuntime.Decoders)}."
                    : $"--decoder must be one of {string.Join(", ", JtrRuntime.Decoders)}, not '{decoder}'."
            );
        if (known is not null && known.Backbone != backbone)
            throw Other(known, backbone);
        return new NetworkSettings
        {
            Backbone = backbone,
            BackboneFile = file,
            Decoder = decoder ?? "pyramid",
            DecoderWidth = said.DecoderWidth,
            OutputStride = said.OutputStride ?? 32,
            Weights = WeightsInput.Name(said.Weights),
            Strict = said.Strict ?? false,
            BackboneRate = said.BackboneRate ?? (said.Weights is null ? 1 : RateOfPretrained),
            DecoderRate = said.DecoderRate ?? 1,
            HeadsRate = said.HeadsRate ?? 1,
            Freeze = Words.Value(Words.BackboneStages, said.Freeze) ?? BackboneStage.None,
            FreezeSteps = said.FreezeSteps ?? 0,
            FreezeNorms = said.FreezeNorms ?? false,
            Input = said.Weights is null ? InputTransform.ImageNet : WeightsInput.Transform(said.Weights, backbone),
        };
    }

    /// <summary>The backbone as it is asked for.</summary>
    [JsonIgnore]
    public string Asked => BackboneFile is null ? Backbone : $"{TorchScript}:{BackboneFile}";

    /// <summary>The trainer's part.</summary>
    public NetworkOptions ToOptions() =>
        new()
        {
            Backbone = Backbone,
            BackboneFile = BackboneFile,
            Decoder = Decoder,
            DecoderChannels = DecoderWidth,
            OutputStride = OutputStride,
            BackboneRate = BackboneRate,
            DecoderRate = DecoderRate,
            HeadsRate = HeadsRate,
            Freeze = Freeze,
            FreezeSteps = FreezeSteps,
            FreezeNorms = FreezeNorms,
            Input = Input,
        };

    private static string? Name(string? said) => said?.Trim() is { Length: > 0 } name ? name : null;

    private static UsageException Other(PretrainedWeights known, string backbone) =>
        new($"--weights {known.Name} are those of --backbone {known.Backbone}, not of {backbone}.");

    /// <summary>Throws if something is said that a SegNet has not.</summary>
    private static void Refuse(NetworkSection said)
    {
        string? option =
            said.DecoderWidth is not null ? "--decoder-width"
            : said.OutputStride is not null ? "--output-stride"
            : said.BackboneRate is not null ? "--backbone-rate"
            : said.DecoderRate is not null ? "--decoder-rate"
            : said.HeadsRate is not null ? "--heads-rate"
            : said.Freeze is not null ? "--freeze"
            : said.FreezeSteps is not null ? "--freeze-steps"
            : said.FreezeNorms is true ? "--freeze-norms"
            : null;
        if (option is not null)
            throw new UsageException($"{option} needs a --backbone such as resnet18; segnet has no such part.");
    }
}
