using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>How <see cref="Trainer.Evaluate"/> goes through a data set. The scores do not depend on sizes and threads.</summary>
public sealed record EvaluateOptions
{
    /// <summary>Images that are predicted at once, 1 to 65,536. Memory grows with it, not with the data set.</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>Threads that read samples, 1 to 256; null: one a processor, at most 4.</summary>
    public int? Workers { get; init; }

    /// <summary>
    /// Whose norm statistics predict, where each domain has its own (<see cref="NormsTechnique"/>): the name of a domain, or
    /// <see cref="OwnDomain"/> for those of each sample's own, as far as it was seen in training. Null: the mixture of all.
    /// </summary>
    public string? AsDomain { get; init; }

    /// <summary>Says of <see cref="AsDomain"/> that each sample is predicted as of its own domain.</summary>
    public const string OwnDomain = "own";

    /// <summary>
    /// Metrics of your own beside the built-in ones. Each function is called for every task when an evaluation begins, and makes an empty
    /// metric for it, or gives null where it has nothing to say about that task.
    /// </summary>
    public IReadOnlyList<Func<VisionTask, ITaskMetric?>> Metrics { get; init; } = [];

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentNullException">A property, or a place in a list, is null; ParamName is its name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Within(nameof(BatchSize), BatchSize, 1, 65536);
        if (Workers is { } workers)
            OptionRange.Within(nameof(Workers), workers, 1, 256);
        TaskScorer.Check(nameof(Metrics), Metrics);
    }
}

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Samples evaluated.</param>
/// <param name="Total">Samples in all.</param>
public readonly record struct EvaluationProgress(int Done, int Total);
