using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// The method "prototypes": each task has a learned vector in the network, by which its features find those of related tasks (after
/// arXiv 2601.07474). What the network predicts, and what is exported of it, has them too. What is null keeps the library's default, which
/// <see cref="JtrRuntime.OptionsSchema"/> tells with its range; ranges are checked when the trainer is made.
/// </summary>
public sealed record PrototypesOptions : IMethodOptions
{
    /// <summary>Weight of the term that keeps prototypes true to their tasks, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>What affinities are divided by in that term, above 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>Numbers of a prototype, and of a task's features beside it.</summary>
    public int? Dimension { get; init; }

    JsonObject IMethodOptions.ToNative() => JsonSerializer.SerializeToNode(this, NativeJson.Default.PrototypesOptions)!.AsObject();
}
