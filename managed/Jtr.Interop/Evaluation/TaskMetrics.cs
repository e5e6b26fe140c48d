using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of one task over a whole evaluation set, gathered sample by sample in memory that does not grow
/// with the set. All sums run over the valid pixels of all samples together, so
/// that a sample weighs as many pixels as it has labels for; of tasks of whole photographs, over the samples. Not safe for several threads
/// at once: give each its own and <see cref="Merge"/> them.
/// </summary>
public abstract class TaskMetrics : ITaskMetric
{
    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    protected TaskMetrics(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Task = task;
    }

    /// <summary>The task.</summary>
    public VisionTask Task { get; }

    /// <summary>Number of samples that were added.</summary>
    public long Samples { get; private set; }

    /// <summary>
    /// Number of label elements that had a value: pixels, or pixels times channels for a map; photographs of a classification, tags and
    /// values that were known.
    /// </summary>
    public abstract long ValidCount { get; }

    /// <summary>What the <see cref="ComputeClassScores"/> are, all in percent and better when higher: "IoU", "F1" or "AP".</summary>
    public virtual string ClassScoreName => ClassScore.Iou;

    /// <summary>Makes the accumulator for a task's kind.</summary>
    /// <param name="task">The task.</param>
    public static TaskMetrics Create(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Kind.CreateMetrics(task);
    }

    /// <summary>Computes the scores so far, the headline metric first; NaN while there has been no valid pixel.</summary>
    public abstract IReadOnlyList<MetricValue> Compute();

    /// <summary>Tasks of classes or tags: computes a score for each of them; else empty.</summary>
    public virtual IReadOnlyList<ClassScore> ComputeClassScores() => [];

    /// <summary>Tasks of classes: a copy of what <see cref="TaskResult.Confusion"/> says; else null.</summary>
    public virtual IReadOnlyList<IReadOnlyList<long>>? CopyConfusion() => null;

    /// <summary>Adds one sample. On an exception nothing has been added.</summary>
    /// <param name="prediction">
    /// [C, H, W]: raw logits, depths, normals or maps, as the network gives them out; [C] of tasks of whole photographs.
    /// </param>
    /// <param name="label">
    /// [label channels, H, W], or [label channels]; pixels without a label hold the task's <see cref="VisionTask.InvalidLabel"/> and are
    /// left out.
    /// </param>
    /// <exception cref="ArgumentException">The sizes do not fit, or a label has a value that its task does not allow.</exception>
    /// <exception cref="JtrNonFiniteException">A prediction is not a finite number; the term is "prediction.(task)".</exception>
    public void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label)
    {
        if (label.Length == 0 || label.Length % Task.LabelChannels != 0)
            throw new ArgumentException(
                $"task '{Task.Name}': the label has {Task.LabelChannels} channels of H x W values each, which "
                    + $"{label.Length} values cannot be",
                nameof(label)
            );
        int pixels = label.Length / Task.LabelChannels;
        if (pixels != 1 && Task.Kind.Extent == TaskExtent.Image)
            throw new ArgumentException(
                $"task '{Task.Name}': the label of a whole photograph has {Task.LabelChannels} values, not {label.Length}",
                nameof(label)
            );
        if (prediction.Length != pixels * Task.Channels)
            throw new ArgumentException(
                $"task '{Task.Name}': {pixels} pixels have {pixels * Task.Channels} predicted values, not {prediction.Length}",
                nameof(prediction)
            );
        for (int i = 0; i < prediction.Length; i++)
        {
            if (!float.IsFinite(prediction[i]))
                throw NotFinite(i / pixels, i % pixels, prediction[i]);
        }
        if (LabelFault(label, pixels) is string fault)
            throw new ArgumentException($"task '{Task.Name}': {fault}", nameof(label));
        Add(prediction, label, pixels);
        Samples++;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The sizes do not fit, or a label has a value that its task does not allow.</exception>
    /// <exception cref="JtrNonFiniteException">A prediction is not a finite number; the term is "prediction.(task)".</exception>
    public void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int height, int width)
    {
        if (label.Length != (long)Task.LabelChannels * Task.Kind.Places(height, width))
            throw new ArgumentException(
                $"task '{Task.Name}': {Task.LabelChannels} channels of {height} x {width} are not {label.Length} values",
                nameof(label)
            );
        Update(prediction, label);
    }

    /// <summary>Adds what another accumulator of the same task has gathered, as if this one had seen its samples too.</summary>
    /// <param name="other">An accumulator of an equal task, not this one itself.</param>
    /// <exception cref="ArgumentException">It is of another task, or is this one.</exception>
    public void Merge(ITaskMetric other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(other, this))
            throw new ArgumentException("metrics cannot be merged with themselves", nameof(other));
        if (other is not TaskMetrics metrics || metrics.GetType() != GetType())
            throw new ArgumentException(
                $"a {other.GetType().Name} cannot be merged into the built-in metrics of task '{Task.Name}'",
                nameof(other)
            );
        if (!metrics.Task.Equals(Task))
            throw new ArgumentException(
                $"metrics of task '{metrics.Task.Name}' cannot be merged into those of task '{Task.Name}'",
                nameof(other)
            );
        AddGathered(metrics.Gathered());
        Samples += metrics.Samples;
    }

    /// <inheritdoc/>
    public double[] GetState() => [Samples, .. Gathered()];

    /// <inheritdoc/>
    public void AddState(ReadOnlySpan<double> state)
    {
        if (state.Length == 0)
            throw new ArgumentException($"task '{Task.Name}': what another has gathered is empty", nameof(state));
        AddGathered(state[1..]);
        Samples += (long)state[0];
    }

    /// <summary>
    /// What was gathered, but for <see cref="Samples"/>, as numbers. Other accumulators of the task, also of other processes, add them.
    /// </summary>
    protected abstract double[] Gathered();

    /// <summary>Adds what <see cref="Gathered"/> of another accumulator of the same task and type gave.</summary>
    /// <param name="state">The numbers.</param>
    protected abstract void AddGathered(ReadOnlySpan<double> state);

    /// <summary>Throws unless there are as many numbers as there have to be.</summary>
    private protected void CheckState(ReadOnlySpan<double> state, int expected)
    {
        if (state.Length != expected)
            throw new ArgumentException(
                $"task '{Task.Name}': another accumulator has gathered {state.Length} numbers, not {expected}",
                nameof(state)
            );
    }

    /// <summary>What is wrong with a label, or null.</summary>
    /// <param name="label">[label channels, pixels].</param>
    /// <param name="pixels">H x W, or 1 where the task is about whole photographs.</param>
    protected virtual string? LabelFault(ReadOnlySpan<float> label, int pixels) => null;

    /// <summary>Adds one sample that was checked.</summary>
    /// <param name="prediction">[C, pixels], all finite.</param>
    /// <param name="label">[label channels, pixels].</param>
    /// <param name="pixels">H x W, or 1 where the task is about whole photographs.</param>
    protected abstract void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels);

    private JtrNonFiniteException NotFinite(int channel, int pixel, float value) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"task '{Task.Name}': the prediction of {Place(channel, pixel)} is {value}, not a finite number"
            ),
            $"prediction.{Task.Name}",
            samples: []
        );

    private string Place(int channel, int pixel) =>
        Task.Kind.Extent == TaskExtent.Image
            ? string.Create(CultureInfo.InvariantCulture, $"channel {channel}")
            : string.Create(CultureInfo.InvariantCulture, $"channel {channel}, pixel {pixel}");

    /// <summary>What <see cref="LabelFault"/> says of a value.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="pixel">Its pixel.</param>
    /// <param name="value">The value.</param>
    /// <param name="allowed">Which values there may be.</param>
    protected static string BadValue(int channel, int pixel, float value, string allowed) =>
        string.Create(CultureInfo.InvariantCulture, $"the label of channel {channel}, pixel {pixel} is {value}; {allowed}");

    /// <summary>A part in percent of the whole; NaN where that is 0.</summary>
    /// <param name="part">The part.</param>
    /// <param name="whole">The whole.</param>
    protected static double Percent(long part, long whole) => whole == 0 ? double.NaN : 100.0 * part / whole;

    /// <summary>A sum over a count; NaN where that is 0.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="count">The count.</param>
    protected static double Mean(double sum, long count) => count == 0 ? double.NaN : sum / count;
}
