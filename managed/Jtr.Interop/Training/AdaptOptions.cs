namespace Jtr.Interop.Training;

/// <summary>How <see cref="Trainer.AdaptNorms"/> goes through photographs.</summary>
public sealed record AdaptOptions
{
    /// <summary>
    /// Photographs whose statistics are taken at once, 2 to 65,536: in between they are normalised by each other, so that larger batches
    /// are nearer to the statistics of all. Memory grows with it.
    /// </summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Threads that read photographs, 1 to 256; null: one a processor, at most 4.</summary>
    public int? Workers { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Within(nameof(BatchSize), BatchSize, 2, 65536);
        if (Workers is { } workers)
            OptionRange.Within(nameof(Workers), workers, 1, 256);
    }
}
