using System.Text.Json.Nodes;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inputs;

/// <summary>How planes enter a network.</summary>
public enum PlanesFusion
{
    /// <summary>As more channels of its first convolution, with one that says whether the input is there.</summary>
    Early = 0,

    /// <summary>By an encoder of their own, whose features meet the photograph's at each level.</summary>
    Late = 1,
}

/// <summary>How features meet in late fusion.</summary>
public enum FeatureFusion
{
    /// <summary>Their sum, the input's behind a 1x1 convolution.</summary>
    Sum = 0,

    /// <summary>A 1x1 convolution of both.</summary>
    Concat = 1,

    /// <summary>A sum with a learned gate for each number.</summary>
    Gate = 2,
}

/// <summary>Which levels of the features a vector scales and shifts (FiLM; Perez et al., AAAI 2018).</summary>
public enum FilmLevels
{
    /// <summary>The coarsest.</summary>
    Coarsest = 0,

    /// <summary>All.</summary>
    All = 1,
}

/// <summary>
/// How inputs beside the photograph enter the network. Each way begins so that the network predicts what it predicts without the input.
/// </summary>
public sealed record FusionOptions
{
    /// <summary>Of planes.</summary>
    public PlanesFusion Planes { get; init; }

    /// <summary>How features meet in late fusion.</summary>
    public FeatureFusion Combine { get; init; }

    /// <summary>In late fusion, the input's encoder: "plain", a small one, or the name of a backbone such as "resnet18".</summary>
    public string Encoder { get; init; } = "plain";

    /// <summary>Channels of the encoder "plain" at stride 4, 1 to 1024.</summary>
    public int EncoderWidth { get; init; } = 16;

    /// <summary>Of vectors: which levels they change.</summary>
    public FilmLevels FilmLevels { get; init; }

    /// <summary>Of vectors: units of the hidden layer that makes scales and shifts, 1 to 4096.</summary>
    public int FilmHidden { get; init; } = 64;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Named("Fusion.Planes", Planes);
        OptionRange.Named("Fusion.Combine", Combine);
        OptionRange.Named("Fusion.FilmLevels", FilmLevels);
        if (string.IsNullOrWhiteSpace(Encoder))
            throw new ArgumentException("Fusion.Encoder must be the name of an encoder.", "Fusion.Encoder");
        NativeRange.Check("Fusion.EncoderWidth", EncoderWidth, "inputs[planes].fusion[late].encoder[plain].width");
        NativeRange.Check("Fusion.FilmHidden", FilmHidden, "inputs[vector].fusion[film].hidden");
    }

    /// <summary>What libjtr reads of an input.</summary>
    internal JsonObject ToNative(InputSpec input)
    {
        if (!input.IsPlanes)
            return new()
            {
                ["name"] = "film",
                ["levels"] = NativeJson.Word(FilmLevels),
                ["hidden"] = FilmHidden,
            };
        if (Planes == PlanesFusion.Early)
            return new() { ["name"] = "early" };
        JsonObject encoder = new() { ["name"] = Encoder };
        if (Encoder == "plain")
            encoder["width"] = EncoderWidth;
        return new()
        {
            ["name"] = "late",
            ["combine"] = NativeJson.Word(Combine),
            ["encoder"] = encoder,
        };
    }
}
