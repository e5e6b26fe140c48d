using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>The JTR loss and its auto-encoder (Nishi et al., CVPR 2024). The defaults are the published ones.</summary>
public sealed record JointTaskOptions : IMethodOptions
{
    /// <summary>Whether to compute the quirks of the published code.</summary>
    public JointTaskMode Mode { get; init; } = JointTaskMode.Published;

    /// <summary>
    /// First stage width of the auto-encoder, 1 to 1024; its five stages have 1, 2, 4, 8, 8 times it. Null: the same as the network's
    /// (64 for the loss alone).
    /// </summary>
    public int? Width { get; init; }

    /// <summary>Weight of the distance term, 0 or more.</summary>
    public double LambdaDist { get; init; } = 4;

    /// <summary>Weight of the reconstruction term, 0 or more.</summary>
    public double LambdaRecon { get; init; } = 2;

    /// <summary>
    /// Samples that go through the auto-encoder at once; 0 chooses. The result depends on it by rounding only; memory grows with it.
    /// </summary>
    public int MicroBatch { get; init; }

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = "JointTask")
    {
        OptionRange.Named($"{name}.{nameof(Mode)}", Mode);
        if (Width is { } width)
            NativeRange.Check($"{name}.{nameof(Width)}", width, "network[segnet].width");
        NativeRange.Check($"{name}.{nameof(LambdaDist)}", LambdaDist, "method[jtr].lambda_dist");
        NativeRange.Check($"{name}.{nameof(LambdaRecon)}", LambdaRecon, "method[jtr].lambda_recon");
        NativeRange.Check($"{name}.{nameof(MicroBatch)}", MicroBatch, "method[jtr].micro_batch");
    }

    JsonObject IMethodOptions.ToNative() => JsonSerializer.SerializeToNode(this, NativeJson.Default.JointTaskOptions)!.AsObject();
}
