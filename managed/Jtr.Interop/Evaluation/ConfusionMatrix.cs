using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of segmentation from one confusion matrix over the whole set: mIoU in percent over the classes that occur in
/// prediction or label, and pixel accuracy.
/// </summary>
public sealed class ConfusionMatrix : TaskMetrics
{
    // Pixels are handled in blocks that fit the stack, so that the logits are read plane by plane, as they lie in memory.
    private const int Block = 256;

    private readonly int _classes;
    private readonly long[] _counts;
    private long _valid;
    private long _right;

    /// <summary>Makes an empty matrix.</summary>
    /// <param name="task">The task; its classes are the rows and columns.</param>
    public ConfusionMatrix(SegmentationTask task)
        : base(task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _classes = task.ClassCount;
        _counts = new long[(long)_classes * _classes];
    }

    /// <summary>Number of pixels of one class that were predicted as another (or the same).</summary>
    /// <param name="label">The class that the label says.</param>
    /// <param name="prediction">The class that was predicted.</param>
    public long this[int label, int prediction]
    {
        get
        {
            CheckClass(label, nameof(label));
            CheckClass(prediction, nameof(prediction));
            return _counts[label * _classes + prediction];
        }
    }

    /// <inheritdoc/>
    public override long ValidCount => _valid;

    /// <summary>Labelled pixels whose class is right, in percent.</summary>
    public double PixelAccuracy => Percent(_right, _valid);

    /// <summary>Intersection over union of one class in percent; NaN when neither prediction nor label has it.</summary>
    /// <param name="class">The class id.</param>
    public double ClassIou(int @class)
    {
        CheckClass(@class, nameof(@class));
        long labeled = 0,
            predicted = 0,
            both = _counts[@class * _classes + @class];
        for (int other = 0; other < _classes; other++)
        {
            labeled += _counts[@class * _classes + other];
            predicted += _counts[other * _classes + @class];
        }
        return Percent(both, labeled + predicted - both);
    }

    /// <summary>Mean of <see cref="ClassIou"/> over the classes that have one, in percent.</summary>
    public double MeanIou()
    {
        double sum = 0;
        int present = 0;
        for (int c = 0; c < _classes; c++)
        {
            double iou = ClassIou(c);
            if (double.IsNaN(iou))
                continue;
            sum += iou;
            present++;
        }
        return Mean(sum, present);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute() =>
        [
            new("mIoU", MeanIou(), "%", HigherIsBetter: true, IsHeadline: true),
            new("pixel accuracy", PixelAccuracy, "%", HigherIsBetter: true, IsHeadline: false),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<ClassScore> ComputeClassScores() =>
        [.. Task.Kind.ClassNames(Task).Select((name, id) => new ClassScore(name, ClassIou(id)))];

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<long>>? CopyConfusion() =>
        _classes > TaskResult.MostConfused
            ? null
            : [.. Enumerable.Range(0, _classes).Select(label => _counts.AsSpan(label * _classes, _classes).ToArray())];

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            float id = label[i];
            if (!(id >= -1f && id < _classes) || id != (int)id)
                return BadValue(0, i, id, $"a class id is a whole number of 0 to {_classes - 1}, or -1 where there is no label");
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        Span<float> largest = stackalloc float[Block];
        Span<int> winner = stackalloc int[Block];
        for (int start = 0; start < pixels; start += Block)
        {
            int count = Math.Min(Block, pixels - start);
            prediction.Slice(start, count).CopyTo(largest);
            winner.Clear();
            for (int c = 1; c < _classes; c++)
            {
                ReadOnlySpan<float> plane = prediction.Slice(c * pixels + start, count);
                for (int i = 0; i < plane.Length; i++)
                {
                    // The lowest class id wins among equals.
                    if (plane[i] <= largest[i])
                        continue;
                    largest[i] = plane[i];
                    winner[i] = c;
                }
            }
            for (int i = 0; i < count; i++)
            {
                int truth = (int)label[start + i];
                if (truth < 0)
                    continue;
                _counts[truth * _classes + winner[i]]++;
                _valid++;
                if (truth == winner[i])
                    _right++;
            }
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() => [_valid, _right, .. _counts.Select(c => (double)c)];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        CheckState(state, 2 + _counts.Length);
        _valid += (long)state[0];
        _right += (long)state[1];
        for (int i = 0; i < _counts.Length; i++)
            _counts[i] += (long)state[2 + i];
    }

    private void CheckClass(int id, string name)
    {
        if ((uint)id >= (uint)_classes)
            throw new ArgumentOutOfRangeException(name, id, $"task '{Task.Name}' has the classes 0 to {_classes - 1}");
    }
}
