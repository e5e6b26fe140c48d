using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>Score of a map: mean absolute error over the elements whose label is a number.</summary>
public sealed class MapMetrics : TaskMetrics
{
    private long _count;
    private double _absolute;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    public MapMetrics(MapTask task)
        : base(task) => ArgumentNullException.ThrowIfNull(task);

    /// <inheritdoc/>
    public override long ValidCount => _count;

    /// <summary>Mean of |p - y| over valid elements.</summary>
    public double AbsoluteError => Mean(_absolute, _count);

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute() => [new("L1", AbsoluteError, "", HigherIsBetter: false, IsHeadline: true)];

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (float.IsInfinity(label[i]))
                return BadValue(i / pixels, i % pixels, label[i], "a map value is a finite number, or NaN where there is no label");
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (float.IsNaN(label[i]))
                continue;
            _count++;
            _absolute += Math.Abs((double)prediction[i] - label[i]);
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() => [_count, _absolute];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        CheckState(state, 2);
        _count += (long)state[0];
        _absolute += state[1];
    }
}
