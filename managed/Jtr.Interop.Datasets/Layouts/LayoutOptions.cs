namespace Jtr.Interop.Datasets;

/// <summary>What all benchmarks' options have in common.</summary>
public abstract record LayoutOptions
{
    private protected LayoutOptions() { }

    /// <summary>
    /// Rows that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public required int Height { get; init; }

    /// <summary>
    /// Columns that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public required int Width { get; init; }

    /// <summary>
    /// Whether samples, once read and resized, stay in memory (losslessly: it changes no value); null: when all of them
    /// take less than 1 GiB.
    /// </summary>
    public bool? CacheInMemory { get; init; }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names property and range.</exception>
    public virtual void Validate()
    {
        SampleSize.Check(nameof(Height), Height);
        SampleSize.Check(nameof(Width), Width);
    }
}
