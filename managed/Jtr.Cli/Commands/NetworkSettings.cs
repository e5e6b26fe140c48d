using Jtr.Cli.Configuration;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands;

/// <summary>The network of a run.</summary>
internal static class NetworkSettings
{
    /// <summary>The name of the backbone and of the decoder of the published network.</summary>
    public const string SegNet = "segnet";

    private const string TorchScript = "torchscript";

    // Tried on photographs with one label each (docs/results.md).
    private const double RateOfPretrained = 0.3;

    /// <summary>Whether the network is the published one.</summary>
    public static bool IsSegNet(NetworkSection network) => (network.Backbone ?? SegNet) == SegNet;

    /// <summary>Checks the network that is asked for and says the rest: backbone, decoder and rates that come with its weights.</summary>
    /// <param name="run">The run.</param>
    /// <exception cref="UsageException">Options contradict each other, or weights are not there.</exception>
    public static void Complete(RunConfiguration run)
    {
        NetworkSection said = run.Network;
        if (said.Strict == true && said.Weights is null)
            throw new UsageException("--strict is for --weights.");
        PretrainedWeights? known = said.Weights is null ? null : PretrainedWeights.Find(said.Weights);
        said.Backbone = Name(said.Backbone) ?? known?.Backbone ?? SegNet;
        said.Decoder = Name(said.Decoder);
        string backbone = Kind(said);
        string? file = File(said);
        if (file is not null && !System.IO.File.Exists(file))
            throw new UsageException($"--backbone: there is no file '{file}'.");
        if (backbone == TorchScript && file is null)
            throw new UsageException("--backbone torchscript needs a file, as in torchscript:encoder.pt.");
        if (IsSegNet(said))
        {
            if (said.Decoder is not (null or SegNet))
                throw new UsageException($"--decoder {said.Decoder} needs a --backbone such as resnet18; that of segnet is segnet.");
            Refuse(run);
            if (known is not null)
                throw Other(known, backbone);
            said.Decoder = SegNet;
            return;
        }
        if (!JtrRuntime.Backbones.Contains(backbone))
            throw new UsageException(
                $"--backbone must be one of {SegNet}, {string.Join(", ", JtrRuntime.Backbones.Where(b => b != TorchScript))}, "
                    + $"{TorchScript}:FILE, not '{backbone}'."
            );
        if (said.Decoder is { } decoder && !JtrRuntime.Decoders.Contains(decoder))
            throw new UsageException(
                decoder == SegNet
                    ? $"--decoder segnet belongs to --backbone segnet; "
                        + $"with {backbone} take one of {string.Join(", ", JtrRuntime.Decoders)}."
                    : $"--decoder must be one of {string.Join(", ", JtrRuntime.Decoders)}, not '{decoder}'."
            );
        if (known is not null && known.Backbone != backbone)
            throw Other(known, backbone);
        said.Decoder ??= "pyramid";
        said.BackboneRate ??= said.Weights is null ? 1 : RateOfPretrained;
    }

    /// <summary>The backbone as it is asked for, its file in full.</summary>
    public static string? Full(string? backbone) =>
        backbone?.StartsWith(TorchScript + ":", StringComparison.Ordinal) == true && backbone.Length > TorchScript.Length + 1
            ? $"{TorchScript}:{Path.GetFullPath(backbone[(TorchScript.Length + 1)..])}"
            : backbone;

    /// <summary>The backbone without its file.</summary>
    public static string Kind(NetworkSection network) => File(network) is null ? network.Backbone! : TorchScript;

    /// <summary>The trainer's part; null: a SegNet.</summary>
    /// <exception cref="UsageException">The weights that say what the backbone reads are not there.</exception>
    public static NetworkOptions? Options(NetworkSection network)
    {
        if (IsSegNet(network))
            return null;
        NetworkOptions standard = new();
        return new()
        {
            Backbone = Kind(network),
            BackboneFile = File(network),
            Decoder = network.Decoder ?? standard.Decoder,
            DecoderChannels = network.DecoderWidth,
            OutputStride = network.OutputStride ?? standard.OutputStride,
            BackboneRate = network.BackboneRate ?? standard.BackboneRate,
            DecoderRate = network.DecoderRate ?? standard.DecoderRate,
            HeadsRate = network.HeadsRate ?? standard.HeadsRate,
            Freeze = CommandLine.Words.Parse<BackboneStage>(network.Freeze),
            FreezeSteps = network.FreezeSteps ?? standard.FreezeSteps,
            FreezeNorms = network.FreezeNorms ?? standard.FreezeNorms,
            Input = network.Weights is null ? InputTransform.ImageNet : WeightsInput.Transform(network.Weights, Kind(network)),
        };
    }

    private static string? File(NetworkSection network) =>
        network.Backbone?.StartsWith(TorchScript + ":", StringComparison.Ordinal) == true
            ? network.Backbone[(TorchScript.Length + 1)..]
            : null;

    private static string? Name(string? said) => said?.Trim() is { Length: > 0 } name ? name : null;

    private static UsageException Other(PretrainedWeights known, string backbone) =>
        new($"--weights {known.Name} are those of --backbone {known.Backbone}, not of {backbone}.");

    /// <summary>Throws if something is said that a SegNet has not.</summary>
    private static void Refuse(RunConfiguration run)
    {
        if (
            SettingsTable.Declared.FirstOrDefault(s => s.Paths.Any(p => p.Slot == "network") && s.Get(run) is not (null or false)) is
            { } setting
        )
            throw new UsageException($"{setting.Option} needs a --backbone such as resnet18; segnet has no such part.");
    }
}
