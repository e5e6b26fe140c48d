using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// The method "consistency": where a sample is not labelled for a task, the prediction of view 1 must agree with view
/// 0's after the crop between them is undone. Its papers give no weight; these are the plain choice.
/// </summary>
public sealed record ConsistencyOptions : IMethodOptions
{
    /// <summary>Weight of the term, 0 or more.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>What segmentation logits of both views are divided by, above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = "Consistency")
    {
        NativeRange.Check($"{name}.{nameof(Weight)}", Weight, "method[consistency].weight");
        NativeRange.Check($"{name}.{nameof(Temperature)}", Temperature, "method[consistency].temperature");
    }

    JsonObject IMethodOptions.ToNative() => JsonSerializer.SerializeToNode(this, NativeJson.Default.ConsistencyOptions)!.AsObject();
}
