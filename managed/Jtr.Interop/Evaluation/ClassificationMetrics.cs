using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of a classification over the labelled photographs: accuracy, top-5 accuracy where there are more than 5 classes, and macro F1,
/// all in percent, and the confusion matrix.
/// </summary>
public sealed class ClassificationMetrics : TaskMetrics
{
    private const int Top = 5;

    private readonly int _classes;
    private readonly long[] _counts;
    private long _valid;
    private long _right;
    private long _top;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task; its classes are the rows and columns of the confusion matrix.</param>
    public ClassificationMetrics(ClassificationTask task)
        : base(task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _classes = task.ClassCount;
        _counts = new long[(long)_classes * _classes];
    }

    /// <inheritdoc/>
    public override long ValidCount => _valid;

    /// <summary>Photographs whose class is that of the largest logit (of equal ones, the lowest class id), in percent.</summary>
    public double Accuracy => Percent(_right, _valid);

    /// <summary>Photographs whose class is among the five of the largest logits, in percent.</summary>
    public double TopFiveAccuracy => Percent(_top, _valid);

    /// <summary>Mean of <see cref="ClassF1"/> over the classes that occur in predictions or labels, in percent.</summary>
    public double MacroF1()
    {
        double[] scores = [.. Enumerable.Range(0, _classes).Select(ClassF1).Where(s => !double.IsNaN(s))];
        return Mean(scores.Sum(), scores.Length);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute()
    {
        MetricValue accuracy = new("accuracy", Accuracy, "%", HigherIsBetter: true, IsHeadline: true),
            f1 = new("macro F1", MacroF1(), "%", HigherIsBetter: true, IsHeadline: false);
        return _classes > Top
            ? [accuracy, new("top-5", TopFiveAccuracy, "%", HigherIsBetter: true, IsHeadline: false), f1]
            : [accuracy, f1];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ClassScore> ComputeClassScores() =>
        [.. Task.Kind.ClassNames(Task).Select((name, id) => new ClassScore(name, ClassF1(id)))];

    /// <inheritdoc/>
    public override string ClassScoreName => "F1";

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<long>>? CopyConfusion() =>
        _classes > TaskResult.MostConfused
            ? null
            : [.. Enumerable.Range(0, _classes).Select(label => _counts.AsSpan(label * _classes, _classes).ToArray())];

    /// <summary>
    /// F1 of one class in percent: twice those that are right over those that are labelled and those that are predicted as it; NaN when
    /// neither prediction nor label has it.
    /// </summary>
    /// <param name="class">The class id.</param>
    public double ClassF1(int @class)
    {
        if ((uint)@class >= (uint)_classes)
            throw new ArgumentOutOfRangeException(nameof(@class), @class, $"task '{Task.Name}' has the classes 0 to {_classes - 1}");
        long either = 0;
        for (int other = 0; other < _classes; other++)
            either += _counts[@class * _classes + other] + _counts[other * _classes + @class];
        return Percent(2 * _counts[@class * _classes + @class], either);
    }

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        float id = label[0];
        return !(id >= -1f && id < _classes) || id != (int)id
            ? FormattableString.Invariant(
                $"the label is {id}; a class id is a whole number of 0 to {_classes - 1}, or -1 where there is no label"
            )
            : null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        int truth = (int)label[0];
        if (truth < 0)
            return;
        int best = 0,
            before = 0;
        for (int c = 0; c < _classes; c++)
        {
            if (prediction[c] > prediction[best])
                best = c;
            if (prediction[c] > prediction[truth] || (prediction[c] == prediction[truth] && c < truth))
                before++;
        }
        _counts[truth * _classes + best]++;
        _valid++;
        _right += truth == best ? 1 : 0;
        _top += before < Top ? 1 : 0;
    }

    /// <inheritdoc/>
    protected override double[] Gathered() => [_top, _valid, _right, .. _counts.Select(c => (double)c)];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        CheckState(state, 3 + _counts.Length);
        _top += (long)state[0];
        _valid += (long)state[1];
        _right += (long)state[2];
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += (long)state[3 + i];
    }
}
