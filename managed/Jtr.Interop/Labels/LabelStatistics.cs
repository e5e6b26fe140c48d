using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>
/// What the labels of one task hold, counted label by label. <see cref="TaskKind.CreateStatistics"/> makes those of a kind. For one thread
/// at a time.
/// </summary>
public class LabelStatistics
{
    /// <summary>Makes an empty accumulator, which counts places with and without a value.</summary>
    /// <param name="task">The task.</param>
    public LabelStatistics(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Task = task;
    }

    /// <summary>The task.</summary>
    public VisionTask Task { get; }

    /// <summary>Labels that were added.</summary>
    public int Read { get; private set; }

    /// <summary>Pixels of these labels; of labels of whole photographs, one each.</summary>
    public long Pixels { get; private set; }

    /// <summary>Pixels without a value among them.</summary>
    public long Invalid { get; private set; }

    /// <summary>Pixels without a value, in percent; NaN while there is no label.</summary>
    public double InvalidPercent => 100.0 * Invalid / Pixels;

    /// <summary>
    /// Pixels of each class, or photographs that have each class or tag, in the order of <see cref="TaskKind.ClassNames"/>; empty for tasks
    /// without classes.
    /// </summary>
    public virtual IReadOnlyList<long> Classes => [];

    /// <summary>The smallest value; null where there is none, or labels are no numbers to compare.</summary>
    public virtual float? Lowest => null;

    /// <summary>The largest value; null as <see cref="Lowest"/>.</summary>
    public virtual float? Highest => null;

    /// <summary>The mean of all values; null as <see cref="Lowest"/>.</summary>
    public virtual double? Mean => null;

    /// <summary>The standard deviation of all values; null as <see cref="Lowest"/>.</summary>
    public virtual double? Deviation => null;

    /// <summary>What each value of a regression holds; empty for other tasks.</summary>
    public virtual IReadOnlyList<ValueSummary> Values => [];

    /// <summary>Adds a label.</summary>
    /// <param name="label">[label channels, H, W], or [label channels].</param>
    public void Add(ReadOnlySpan<float> label)
    {
        int places = label.Length / Task.LabelChannels;
        Read++;
        Pixels += places;
        for (int i = 0; i < places; i++)
        {
            if (Task.Kind.IsValid(label, i, places))
                AddValue(label, i, places);
            else
                Invalid++;
        }
    }

    /// <summary>Adds a place that has a value.</summary>
    /// <param name="label">[label channels, places].</param>
    /// <param name="place">The place.</param>
    /// <param name="places">Places of a channel.</param>
    protected virtual void AddValue(ReadOnlySpan<float> label, int place, int places) { }
}

/// <summary>What labels hold of one value of a regression.</summary>
/// <param name="Name">Name of the value.</param>
/// <param name="Count">Labels in which it is known.</param>
/// <param name="Lowest">The smallest, in the label's unit as all; null where there is none.</param>
/// <param name="Highest">The largest.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Deviation">The standard deviation.</param>
public sealed record ValueSummary(string Name, long Count, float? Lowest, float? Highest, double? Mean, double? Deviation);

/// <summary>Counts class ids.</summary>
internal sealed class ClassStatistics(VisionTask task, int classes) : LabelStatistics(task)
{
    private readonly long[] _classes = new long[classes];

    /// <inheritdoc/>
    public override IReadOnlyList<long> Classes => _classes;

    /// <inheritdoc/>
    protected override void AddValue(ReadOnlySpan<float> label, int place, int places) => _classes[(int)label[place]]++;
}

/// <summary>Range, mean and deviation of values. (Each channel has one.)</summary>
internal sealed class ValueStatistics(VisionTask task) : LabelStatistics(task)
{
    private double _sum;
    private double _squares;
    private float? _lowest;
    private float? _highest;

    /// <inheritdoc/>
    public override float? Lowest => _lowest;

    /// <inheritdoc/>
    public override float? Highest => _highest;

    /// <inheritdoc/>
    public override double? Mean => _lowest is null ? null : _sum / ((Pixels - Invalid) * Task.LabelChannels);

    /// <inheritdoc/>
    public override double? Deviation =>
        Mean is double mean ? Math.Sqrt(Math.Max(_squares / ((Pixels - Invalid) * Task.LabelChannels) - mean * mean, 0)) : null;

    /// <inheritdoc/>
    protected override void AddValue(ReadOnlySpan<float> label, int place, int places)
    {
        for (int i = place; i < label.Length; i += places)
        {
            float value = label[i];
            _sum += value;
            _squares += (double)value * value;
            _lowest = Math.Min(_lowest ?? value, value);
            _highest = Math.Max(_highest ?? value, value);
        }
    }
}

/// <summary>Counts the photographs that have each tag.</summary>
internal sealed class TagStatistics(TagsTask task) : LabelStatistics(task)
{
    private readonly long[] _tags = new long[task.TagCount];

    /// <inheritdoc/>
    public override IReadOnlyList<long> Classes => _tags;

    /// <inheritdoc/>
    protected override void AddValue(ReadOnlySpan<float> label, int place, int places)
    {
        for (int t = 0; t < _tags.Length; t++)
            _tags[t] += label[t * places + place] > 0 ? 1 : 0;
    }
}

/// <summary>Range, mean and deviation of each value, unknown ones left out; over all of them where there is but one.</summary>
internal sealed class RegressionStatistics(RegressionTask task) : LabelStatistics(task)
{
    private readonly RunningMoments[] _values = new RunningMoments[task.ValueCount];

    /// <inheritdoc/>
    public override IReadOnlyList<ValueSummary> Values =>
        [
            .. ((RegressionTask)Task).ValueNames.Zip(
                _values,
                (name, v) =>
                    v.Count == 0
                        ? new ValueSummary(name, 0, null, null, null, null)
                        : new ValueSummary(name, v.Count, (float)v.Lowest, (float)v.Highest, v.Mean, v.Deviation)
            ),
        ];

    /// <inheritdoc/>
    public override float? Lowest => Only?.Lowest;

    /// <inheritdoc/>
    public override float? Highest => Only?.Highest;

    /// <inheritdoc/>
    public override double? Mean => Only?.Mean;

    /// <inheritdoc/>
    public override double? Deviation => Only?.Deviation;

    private ValueSummary? Only => _values.Length == 1 ? Values[0] : null;

    /// <inheritdoc/>
    protected override void AddValue(ReadOnlySpan<float> label, int place, int places)
    {
        for (int v = 0; v < _values.Length; v++)
        {
            float value = label[v * places + place];
            if (!float.IsNaN(value))
                _values[v].Add(value);
        }
    }
}
