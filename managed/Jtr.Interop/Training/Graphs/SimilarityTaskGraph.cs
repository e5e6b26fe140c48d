using System.Text.Json.Nodes;

namespace Jtr.Interop.Training;

/// <summary>
/// Tasks whose predictions vary together inform each other: pairs are weighed by the linear centered kernel alignment of what the network
/// predicts (Kornblith et al., ICML 2019, section 3), estimated in training. What is null keeps the library's default. The method "jtr"
/// takes given pairs alone.
/// </summary>
public sealed record SimilarityTaskGraph : TaskGraphOptions
{
    internal const string Word = "similarity";

    /// <summary>Momentum of the moving averages that similarity is measured by, 0 to below 1.</summary>
    public double? Momentum { get; init; }

    /// <summary>A pair counts if its similarity is at least this part of the largest pair's, 0 to 1.</summary>
    public double? Threshold { get; init; }

    /// <summary>Steps in which all pairs count alike, 0 or more.</summary>
    public long? WarmUpSteps { get; init; }

    internal override JsonObject ToNative()
    {
        JsonObject native = new() { ["name"] = Word };
        if (Momentum is { } momentum)
            native["momentum"] = momentum;
        if (Threshold is { } threshold)
            native["threshold"] = threshold;
        if (WarmUpSteps is { } steps)
            native["warm_up_steps"] = steps;
        return native;
    }
}
