namespace Jtr.Interop.Datasets;

/// <summary>What all benchmarks' options have in common.</summary>
public abstract record LayoutOptions
{
    private protected LayoutOptions() { }

    /// <summary>Rows that every sample is resized to: a multiple of 32, 32 to 8,192.</summary>
    public required int Height { get; init; }

    /// <summary>Columns that every sample is resized to: a multiple of 32, 32 to 8,192.</summary>
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
        CheckSize(nameof(Height), Height);
        CheckSize(nameof(Width), Width);
    }

    private static void CheckSize(string property, int value)
    {
        if (value is < 32 or > 8192 || value % 32 != 0)
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be a multiple of 32 from 32 to 8192");
    }
}
