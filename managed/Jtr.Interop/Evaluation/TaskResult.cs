using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>Intersection over union of one class.</summary>
/// <param name="Name">Name of the class.</param>
/// <param name="Iou">In percent; NaN when neither predictions nor labels have the class.</param>
public readonly record struct ClassScore(string Name, double Iou);

/// <summary>The scores of one task on one evaluation set.</summary>
public sealed class TaskResult
{
    /// <summary>Makes a result.</summary>
    /// <param name="name">Name of the task.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="samples">Number of samples that had a label.</param>
    /// <param name="validCount">Number of label elements that had a value.</param>
    /// <param name="metrics">The scores; exactly one is the headline.</param>
    /// <param name="classes">Segmentation: a score for each class; else empty or null.</param>
    public TaskResult(string name, TaskKind kind, long samples, long validCount, IReadOnlyList<MetricValue> metrics, IReadOnlyList<ClassScore>? classes = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegative(validCount);
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count(m => m.IsHeadline) != 1) throw new ArgumentException($"task '{name}' needs exactly one headline metric", nameof(metrics));
        Name = name;
        Kind = kind;
        Samples = samples;
        ValidCount = validCount;
        Metrics = [.. metrics];
        Classes = classes is null ? [] : [.. classes];
        Headline = metrics.First(m => m.IsHeadline);
    }

    /// <summary>Takes the present scores of an accumulator.</summary>
    /// <param name="metrics">The accumulator.</param>
    public static TaskResult From(TaskMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        IReadOnlyList<ClassScore>? classes = metrics is ConfusionMatrix matrix && matrix.Task is SegmentationTask task
            ? [.. task.ClassNames.Select((name, id) => new ClassScore(name, matrix.ClassIou(id)))]
            : null;
        return new TaskResult(metrics.Task.Name, metrics.Task.Kind, metrics.Samples, metrics.ValidCount, metrics.Values, classes);
    }

    /// <summary>Name of the task.</summary>
    public string Name { get; }

    /// <summary>Its kind.</summary>
    public TaskKind Kind { get; }

    /// <summary>Number of samples that had a label.</summary>
    public long Samples { get; }

    /// <summary>Number of label elements that had a value: pixels, or pixels times channels for a map.</summary>
    public long ValidCount { get; }

    /// <summary>The scores.</summary>
    public IReadOnlyList<MetricValue> Metrics { get; }

    /// <summary>The score that enters Delta %.</summary>
    public MetricValue Headline { get; }

    /// <summary>Segmentation: a score for each class; else empty.</summary>
    public IReadOnlyList<ClassScore> Classes { get; }

    /// <summary>A score by its name; throws <see cref="KeyNotFoundException"/> when the task has none of that name.</summary>
    public MetricValue this[string metric]
    {
        get
        {
            foreach (MetricValue value in Metrics)
            {
                if (value.Name == metric) return value;
            }
            throw new KeyNotFoundException($"task '{Name}' has no metric '{metric}'; it has {string.Join(", ", Metrics.Select(m => m.Name))}");
        }
    }
}
