using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// The methods "direct_map" and "perceptual_map" (Zamir et al. 2020), which learn a network for each ordered pair of
/// tasks. The papers' comparisons give no weight; 1 weighs it like the tasks' own losses.
/// </summary>
public sealed record PairMapOptions : IMethodOptions
{
    /// <summary>First stage width of each pair's SegNet, 1 to 1024; null: the same as the network's.</summary>
    public int? Width { get; init; }

    /// <summary>Weight of the term, 0 or more.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name)
    {
        if (Width is { } width)
            NativeRange.Check($"{name}.{nameof(Width)}", width, "network[segnet].width");
        NativeRange.Check($"{name}.{nameof(Weight)}", Weight, "method[direct_map].weight");
    }

    JsonObject IMethodOptions.ToNative() => JsonSerializer.SerializeToNode(this, NativeJson.Default.PairMapOptions)!.AsObject();
}
