using Jtr.Interop.Inputs;

namespace Jtr.Cli.Commands;

/// <summary>How planes enter the network, as one word.</summary>
internal enum InputFusion
{
    /// <summary>As channels of the first convolution.</summary>
    Early,

    /// <summary>By an encoder of their own, as a sum.</summary>
    Sum,

    /// <summary>By an encoder of their own, as a convolution of both.</summary>
    Concat,

    /// <summary>By an encoder of their own, as a sum with gates.</summary>
    Gate,
}

/// <summary>The library's options of a word.</summary>
internal static class InputFusions
{
    /// <summary>The options.</summary>
    public static FusionOptions Options(InputFusion? fusion) =>
        fusion switch
        {
            InputFusion.Sum => new() { Planes = PlanesFusion.Late, Combine = FeatureFusion.Sum },
            InputFusion.Concat => new() { Planes = PlanesFusion.Late, Combine = FeatureFusion.Concat },
            InputFusion.Gate => new() { Planes = PlanesFusion.Late, Combine = FeatureFusion.Gate },
            _ => new(),
        };
}
