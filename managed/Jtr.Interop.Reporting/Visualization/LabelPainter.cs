using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization.Painters;

namespace Jtr.Interop.Visualization;

/// <summary>A task in a picture, and what the ends of its colours stand for.</summary>
/// <param name="Task">The task.</param>
/// <param name="Range">The range, or null where it is each picture's own, or colours stand for something else.</param>
public readonly record struct PaintedTask(VisionTask Task, ValueRange? Range);

/// <summary>
/// How labels and predictions of one kind of task look. Each built-in kind has one, which <see cref="TaskPainter"/> uses. A kind of your
/// own has that of its <see cref="TaskKind.NativeKind"/>, or its own, made known by <see cref="Register"/>.
/// </summary>
/// <remarks>Painters are immutable; several threads may use one.</remarks>
public abstract class LabelPainter
{
    private static readonly Lock _lock = new();

    // Replaced as a whole, so that readers need no lock.
    private static LabelPainter[] _all =
    [
        new SegmentationPainter(),
        new DepthPainter(),
        new NormalsPainter(),
        new MapPainter(),
        new ClassificationPainter(),
        new TagsPainter(),
        new RegressionPainter(),
    ];

    /// <summary>Makes a painter.</summary>
    /// <param name="kind">The word of the kind of task, <see cref="TaskKind.Word"/>.</param>
    protected LabelPainter(string kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(kind);
        Kind = kind;
    }

    /// <summary>The word of the kind of task.</summary>
    public string Kind { get; }

    /// <summary>Whether colours stand for a range of values that may be said, so that several pictures can be compared.</summary>
    public virtual bool HasRange => false;

    /// <summary>The painter of a kind: its own, else that of its native kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static LabelPainter Of(TaskKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return Find(kind.Word)
            ?? Find(kind.NativeKind)
            ?? throw new NotSupportedException(
                $"there are no pictures of tasks of the kind {kind.Word}; {nameof(LabelPainter)}.{nameof(Register)} can say how they look"
            );
    }

    /// <summary>Makes the painter of a kind known. It takes the place of the one that the kind had, also of a built-in one.</summary>
    /// <param name="painter">The painter.</param>
    public static void Register(LabelPainter painter)
    {
        ArgumentNullException.ThrowIfNull(painter);
        lock (_lock)
            Volatile.Write(ref _all, [.. _all.Where(p => p.Kind != painter.Kind), painter]);
    }

    /// <summary>Paints a label.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="label">[label channels, H, W], or [label channels] where the task is about whole photographs.</param>
    /// <param name="picture">Receives the colours of all pixels, H x W; it is black.</param>
    /// <param name="range">What the colours' ends stand for; null: the label's own range.</param>
    public abstract void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range);

    /// <summary>Paints a prediction.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="prediction">[C, H, W], or [C], as the network gives it out.</param>
    /// <param name="picture">Receives the colours of all pixels, H x W; it is black.</param>
    /// <param name="range">What the colours' ends stand for; null: the prediction's own range.</param>
    public abstract void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range);

    /// <summary>
    /// What a label says in words, a line each, to be written on the photograph; empty, which it is by default: colours say it.
    /// </summary>
    /// <param name="task">Its task.</param>
    /// <param name="label">[label channels] of a task of whole photographs.</param>
    /// <param name="probabilities">Of a prediction in the form of a label the probability of each class or tag; else empty.</param>
    public virtual IReadOnlyList<string> LabelWords(VisionTask task, ReadOnlySpan<float> label, ReadOnlySpan<float> probabilities) => [];

    /// <summary>What a prediction says in words, as <see cref="LabelWords"/>.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="prediction">[C] as the network gives it out.</param>
    public virtual IReadOnlyList<string> PredictionWords(VisionTask task, ReadOnlySpan<float> prediction) => [];

    /// <summary>Says below a sheet of pictures what the colours stand for.</summary>
    /// <param name="grid">The sheet.</param>
    /// <param name="tasks">Its tasks of this kind, one or more.</param>
    public virtual void AddLegend(PictureGrid grid, IReadOnlyList<PaintedTask> tasks) { }

    private static LabelPainter? Find(string kind) => Array.Find(Volatile.Read(ref _all), p => p.Kind == kind);
}
