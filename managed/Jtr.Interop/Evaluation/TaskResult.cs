using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>The score of one class or tag, which <see cref="TaskResult.ClassScoreName"/> names.</summary>
/// <param name="Name">Name of the class or tag.</param>
/// <param name="Value">In percent; NaN when there was nothing to score.</param>
public readonly record struct ClassScore(string Name, double Value)
{
    /// <summary>Intersection over union, the score of segmentation's classes.</summary>
    public const string Iou = "IoU";
}

/// <summary>The scores of one task on one evaluation set.</summary>
public sealed class TaskResult
{
    /// <summary>The most classes of which a result keeps the confusion matrix.</summary>
    public const int MostConfused = 256;

    /// <summary>Makes a result.</summary>
    /// <param name="name">Name of the task.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="samples">Number of samples that had a label.</param>
    /// <param name="validCount">Number of label elements that had a value.</param>
    /// <param name="metrics">The scores; exactly one is the headline.</param>
    /// <param name="classes">Tasks of classes or tags: a score for each of them; else empty or null.</param>
    /// <param name="confusion">Tasks of classes: see <see cref="Confusion"/>; else null.</param>
    /// <param name="classScoreName">What the classes' scores are; see <see cref="ClassScoreName"/>.</param>
    /// <exception cref="ArgumentException">Not exactly one metric is the headline, or the matrix has not a row and a column for each
    /// class.</exception>
    public TaskResult(
        string name,
        TaskKind kind,
        long samples,
        long validCount,
        IReadOnlyList<MetricValue> metrics,
        IReadOnlyList<ClassScore>? classes = null,
        IReadOnlyList<IReadOnlyList<long>>? confusion = null,
        string classScoreName = ClassScore.Iou
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(classScoreName);
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegative(validCount);
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(metrics);
        if (metrics.Count(m => m.IsHeadline) != 1)
            throw new ArgumentException($"task '{name}' needs exactly one headline metric", nameof(metrics));
        Name = name;
        Kind = kind;
        Samples = samples;
        ValidCount = validCount;
        Metrics = [.. metrics];
        Classes = classes is null ? [] : [.. classes];
        if (
            confusion is not null
            && (confusion.Count != Classes.Count || confusion.Any(row => row.Count != Classes.Count || row.Any(n => n < 0)))
        )
            throw new ArgumentException(
                $"the confusion matrix of task '{name}' has to have {Classes.Count} rows of as many counts",
                nameof(confusion)
            );
        Confusion = confusion;
        ClassScoreName = classScoreName;
        Headline = metrics.First(m => m.IsHeadline);
    }

    /// <summary>Takes the present scores of an accumulator.</summary>
    /// <param name="metrics">The accumulator.</param>
    public static TaskResult From(TaskMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return new TaskResult(
            metrics.Task.Name,
            metrics.Task.Kind,
            metrics.Samples,
            metrics.ValidCount,
            metrics.Compute(),
            metrics.ComputeClassScores(),
            metrics.CopyConfusion(),
            metrics.ClassScoreName
        );
    }

    /// <summary>The same result with further scores behind its own.</summary>
    /// <param name="further">The scores. A headline among them is the task's headline instead of the present one.</param>
    /// <exception cref="ArgumentException">Two scores have the same name, or two of the further ones are the headline.</exception>
    public TaskResult With(params IEnumerable<MetricValue> further)
    {
        ArgumentNullException.ThrowIfNull(further);
        MetricValue[] more = [.. further];
        if (more.Length == 0)
            return this;
        bool replaced = more.Any(m => m.IsHeadline);
        MetricValue[] all = [.. Metrics.Select(m => replaced ? m with { IsHeadline = false } : m), .. more];
        foreach (MetricValue metric in more)
        {
            if (string.IsNullOrWhiteSpace(metric.Name) || metric.Unit is null)
                throw new ArgumentException(
                    $"a further metric of task '{Name}' has no name or no unit; a plain number has the unit \"\"",
                    nameof(further)
                );
            if (all.Count(m => m.Name == metric.Name) > 1)
                throw new ArgumentException($"task '{Name}' would have two metrics named '{metric.Name}'", nameof(further));
        }
        return new TaskResult(Name, Kind, Samples, ValidCount, all, Classes, Confusion, ClassScoreName);
    }

    /// <summary>Name of the task.</summary>
    public string Name { get; }

    /// <summary>Its kind.</summary>
    public TaskKind Kind { get; }

    /// <summary>Number of samples that had a label.</summary>
    public long Samples { get; }

    /// <summary>
    /// Number of label elements that had a value: pixels, or pixels times channels for a map; photographs of a classification, tags and
    /// values that were known.
    /// </summary>
    public long ValidCount { get; }

    /// <summary>The scores.</summary>
    public IReadOnlyList<MetricValue> Metrics { get; }

    /// <summary>The score that enters Delta %.</summary>
    public MetricValue Headline { get; }

    /// <summary>Tasks of classes or tags: a score for each of them; else empty.</summary>
    public IReadOnlyList<ClassScore> Classes { get; }

    /// <summary>
    /// What the scores of <see cref="Classes"/> are, all in percent and better when higher: "IoU" of segmentation, "F1" of a
    /// classification, "AP" (average precision) of tags.
    /// </summary>
    public string ClassScoreName { get; }

    /// <summary>
    /// Segmentation or classification of at most <see cref="MostConfused"/> classes: the confusion matrix, a row for each labelled class,
    /// in it the number of pixels (photographs) that were predicted as each class. Else null.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<long>>? Confusion { get; }

    /// <summary>A score by its name; throws <see cref="KeyNotFoundException"/> when the task has none of that name.</summary>
    public MetricValue this[string metric]
    {
        get
        {
            foreach (MetricValue value in Metrics)
            {
                if (value.Name == metric)
                    return value;
            }
            throw new KeyNotFoundException(
                $"task '{Name}' has no metric '{metric}'; it has {string.Join(", ", Metrics.Select(m => m.Name))}"
            );
        }
    }
}
