namespace Jtr.Interop.Training;

/// <summary>
/// Where a fit is in its data set, as checkpoints tell it. Order, crops and colours follow from it and the seed, so that a run that goes on
/// from here sees what it would have seen.
/// </summary>
public sealed record FitPosition
{
    /// <summary>The pass over the data set that the next batch belongs to, counted from 0.</summary>
    public required long Epoch { get; init; }

    /// <summary>The next batch of that pass, counted from 0.</summary>
    public required long Batch { get; init; }

    /// <summary>Batches of a pass.</summary>
    public required int BatchesPerEpoch { get; init; }

    /// <summary>Samples of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Samples of the data set.</summary>
    public required int Samples { get; init; }

    /// <summary>Seed of order, views and label scenario.</summary>
    public required ulong DataSeed { get; init; }

    /// <summary>Threads of the arithmetic, by whose number sums are rounded; null on a GPU and in older checkpoints.</summary>
    public int? Threads { get; init; }

    /// <summary>Processes that shared the batches, by whose number sums are rounded too; null for one.</summary>
    public int? Processes { get; init; }

    /// <summary>What of a fit differs from this one, in words, or null where it goes on exactly.</summary>
    internal string? DifferenceTo(FitPosition other)
    {
        if (BatchSize != other.BatchSize)
            return $"batches of {BatchSize} instead of {other.BatchSize}";
        if (Samples != other.Samples)
            return $"{Samples} samples instead of {other.Samples}";
        if (BatchesPerEpoch != other.BatchesPerEpoch)
            return $"{BatchesPerEpoch} batches of an epoch instead of {other.BatchesPerEpoch}";
        if (DataSeed != other.DataSeed)
            return $"the data seed {DataSeed} instead of {other.DataSeed}";
        if (Processes != other.Processes)
            return $"{Processes ?? 1} process{(Processes > 1 ? "es" : "")} instead of {other.Processes ?? 1}, which round sums otherwise";
        return Threads is { } now && other.Threads is { } before && now != before
            ? $"{now} threads of the arithmetic instead of {before}, which round sums otherwise"
            : null;
    }
}
