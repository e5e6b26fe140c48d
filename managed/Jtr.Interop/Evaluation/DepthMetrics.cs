using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of depth over the valid pixels (label other than 0): absolute error |p - y|, relative error |p - y| / y, root mean
/// square error, and the percentage of pixels with max(p / y, y / p) &lt; 1.25^k for k = 1, 2, 3. Errors are in
/// the label's own measure, <see cref="DepthTask.Unit"/>.
/// </summary>
public sealed class DepthMetrics : TaskMetrics
{
    private long _count;
    private double _absolute;
    private double _relative;
    private double _square;
    private long _within1;
    private long _within2;
    private long _within3;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    public DepthMetrics(DepthTask task)
        : base(task) => ArgumentNullException.ThrowIfNull(task);

    /// <inheritdoc/>
    public override long ValidCount => _count;

    /// <summary>Mean of |p - y|.</summary>
    public double AbsoluteError => Mean(_absolute, _count);

    /// <summary>Mean of |p - y| / y.</summary>
    public double RelativeError => Mean(_relative, _count);

    /// <summary>Square root of the mean of (p - y)^2.</summary>
    public double RootMeanSquareError => Math.Sqrt(Mean(_square, _count));

    /// <summary>Percentage of pixels with max(p / y, y / p) &lt; 1.25^k. A prediction of 0 or less is never within.</summary>
    /// <param name="k">1, 2 or 3.</param>
    public double PercentWithin(int k) =>
        k switch
        {
            1 => Percent(_within1, _count),
            2 => Percent(_within2, _count),
            3 => Percent(_within3, _count),
            _ => throw new ArgumentOutOfRangeException(nameof(k), k, "the thresholds are 1.25^k with k of 1 to 3"),
        };

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute() =>
        [
            new("absolute error", AbsoluteError, ((DepthTask)Task).Unit, HigherIsBetter: false, IsHeadline: true),
            new("relative error", RelativeError, "", HigherIsBetter: false, IsHeadline: false),
            new("RMSE", RootMeanSquareError, ((DepthTask)Task).Unit, HigherIsBetter: false, IsHeadline: false),
            new("delta < 1.25", PercentWithin(1), "%", HigherIsBetter: true, IsHeadline: false),
            new("delta < 1.25^2", PercentWithin(2), "%", HigherIsBetter: true, IsHeadline: false),
            new("delta < 1.25^3", PercentWithin(3), "%", HigherIsBetter: true, IsHeadline: false),
        ];

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (!(label[i] >= 0f) || float.IsInfinity(label[i]))
                return BadValue(0, i, label[i], "a depth is a finite number above 0, or 0 where there is no label");
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < pixels; i++)
        {
            double truth = label[i],
                predicted = prediction[i];
            if (truth == 0)
                continue;
            double error = Math.Abs(predicted - truth);
            _count++;
            _absolute += error;
            _relative += error / truth;
            _square += error * error;
            // max(p / y, y / p) < t without a division, so that p = 0 needs no case of its own.
            double low = Math.Min(predicted, truth),
                high = Math.Max(predicted, truth);
            if (high < 1.25 * low)
                _within1++;
            if (high < 1.5625 * low)
                _within2++;
            if (high < 1.953125 * low)
                _within3++;
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() => [_count, _absolute, _relative, _square, _within1, _within2, _within3];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        CheckState(state, 7);
        _count += (long)state[0];
        _absolute += state[1];
        _relative += state[2];
        _square += state[3];
        _within1 += (long)state[4];
        _within2 += (long)state[5];
        _within3 += (long)state[6];
    }
}
