using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of a regression over the values that are known: mean absolute error (MAE), root mean square error (RMSE), both in the label's
/// unit, and R2, the part of the labels' variance that the prediction explains (1 at best, 0 for their mean).
/// </summary>
/// <remarks>
/// Of several values each has its own scores, and what is given is their mean: values count alike, however many labels they have. With more
/// than one value, the MAE of each stands beside it. A value of which the labels do not vary has no R2, and is left out of its mean.
/// </remarks>
public sealed class RegressionMetrics : TaskMetrics
{
    private readonly Value[] _values;
    private long _valid;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    public RegressionMetrics(RegressionTask task)
        : base(task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _values = new Value[task.ValueCount];
    }

    /// <inheritdoc/>
    public override long ValidCount => _valid;

    /// <summary>Mean over the values of the mean of |p - y|.</summary>
    public double AbsoluteError() => MeanOf(v => Mean(v.Absolute, v.Labels.Count));

    /// <summary>Mean over the values of the square root of the mean of (p - y)^2.</summary>
    public double RootMeanSquareError() => MeanOf(v => Math.Sqrt(Mean(v.Square, v.Labels.Count)));

    /// <summary>Mean over the values of 1 - the sum of (p - y)^2 over the sum of (mean of y - y)^2.</summary>
    public double R2() => MeanOf(v => v.Labels.Squares > 0 ? 1 - v.Square / v.Labels.Squares : double.NaN);

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute()
    {
        RegressionTask task = (RegressionTask)Task;
        List<MetricValue> values =
        [
            new("MAE", AbsoluteError(), task.Unit, HigherIsBetter: false, IsHeadline: true),
            new("RMSE", RootMeanSquareError(), task.Unit, HigherIsBetter: false, IsHeadline: false),
            new("R2", R2(), "", HigherIsBetter: true, IsHeadline: false),
        ];
        for (int i = 0; i < _values.Length && _values.Length > 1; i++)
            values.Add(new($"MAE {task.ValueNames[i]}", ValueError(i), task.Unit, HigherIsBetter: false, IsHeadline: false));
        return values;
    }

    /// <summary>Mean of |p - y| of one value.</summary>
    /// <param name="value">Its place in the task.</param>
    public double ValueError(int value)
    {
        if ((uint)value >= (uint)_values.Length)
            throw new ArgumentOutOfRangeException(nameof(value), value, $"task '{Task.Name}' has the values 0 to {_values.Length - 1}");
        return Mean(_values[value].Absolute, _values[value].Labels.Count);
    }

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (float.IsInfinity(label[i]))
                return FormattableString.Invariant($"the label of value {i} ('{((RegressionTask)Task).ValueNames[i]}') is {label[i]}; ")
                    + "it has to be a finite number, or NaN where it is not known";
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
            double error = (double)prediction[i] - label[i];
            ref Value value = ref _values[i];
            value.Absolute += Math.Abs(error);
            value.Square += error * error;
            value.Labels.Add(label[i]);
            _valid++;
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() =>
        [.. _values.SelectMany(v => (double[])[v.Absolute, v.Square, v.Labels.Count, v.Labels.Mean, v.Labels.Squares])];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        const int numbers = 5;
        CheckState(state, numbers * _values.Length);
        for (int i = 0; i < _values.Length; i++)
        {
            ReadOnlySpan<double> one = state.Slice(numbers * i, numbers);
            _values[i].Absolute += one[0];
            _values[i].Square += one[1];
            _values[i].Labels.Add(RunningMoments.Of((long)one[2], one[3], one[4]));
            _valid += (long)one[2];
        }
    }

    private double MeanOf(Func<Value, double> score)
    {
        double[] scores = [.. _values.Select(score).Where(s => !double.IsNaN(s))];
        return Mean(scores.Sum(), scores.Length);
    }

    /// <summary>Sums of one value: of |p - y| and (p - y)^2, and what the labels are.</summary>
    private struct Value
    {
        public double Absolute;
        public double Square;
        public RunningMoments Labels;
    }
}
