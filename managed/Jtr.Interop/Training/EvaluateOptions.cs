namespace Jtr.Interop.Training;

/// <summary>How <see cref="Trainer.Evaluate"/> goes through a data set. The scores do not depend on it.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Images that are predicted at once, 1 to 65,536. Memory grows with it, not with the data set.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>Threads that read samples, 1 to 256; null: one a processor, at most 4.</summary>
    public int? Workers { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Within(nameof(BatchSize), BatchSize, 1, 65536);
        if (Workers is { } workers) OptionRange.Within(nameof(Workers), workers, 1, 256);
    }
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Samples evaluated.</param>
/// <param name="Total">Samples in all.</param>
public readonly record struct EvaluationProgress(int Done, int Total);
