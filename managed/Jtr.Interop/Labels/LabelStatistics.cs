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

    /// <summary>Pixels of each class, in the order of <see cref="TaskKind.ClassNames"/>; empty for tasks without classes.</summary>
    public virtual IReadOnlyList<long> Classes => [];

    /// <summary>The smallest value; null where there is none, or labels are no numbers to compare.</summary>
    public virtual float? Lowest => null;

    /// <summary>The largest value; null as <see cref="Lowest"/>.</summary>
    public virtual float? Highest => null;

    /// <summary>The mean of all values; null as <see cref="Lowest"/>.</summary>
    public virtual double? Mean => null;

    /// <summary>The standard deviation of all values; null as <see cref="Lowest"/>.</summary>
    public virtual double? Deviation => null;

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

/// <summary>Counts class ids.</summary>
internal sealed class ClassStatistics(SegmentationTask task) : LabelStatistics(task)
{
    private readonly long[] _classes = new long[task.ClassCount];

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
