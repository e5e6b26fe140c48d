using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of tags over the labels that are known: mAP, the mean of the tags' average precision, and F1 at a probability of 0.5, over all
/// tags together (micro) and as a mean over the tags (macro); all in percent.
/// </summary>
/// <remarks>
/// The average precision of a tag ranks the photographs by the tag's score and adds up, over those that have the tag, the precision down to
/// there, divided by their number. Photographs of equal score are taken together, at the precision behind the last of them, so that their
/// order does not count; this is average_precision_score of scikit-learn. A tag that no label has is left out of the mean.
/// Beyond 16,384 different scores of a tag they are counted in steps of 1/256 of a logit, so that memory stays bounded.
/// </remarks>
public sealed class TagMetrics : TaskMetrics
{
    private readonly Tag[] _tags;
    private long _valid;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    public TagMetrics(TagsTask task)
        : base(task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _tags = [.. Enumerable.Range(0, task.TagCount).Select(_ => new Tag())];
    }

    /// <inheritdoc/>
    public override long ValidCount => _valid;

    /// <summary>Mean of <see cref="AveragePrecision"/> over the tags that a label has, in percent.</summary>
    public double MeanAveragePrecision() => MeanOf(AveragePrecision);

    /// <summary>F1 of all tags of all samples together at a probability of 0.5, in percent.</summary>
    public double MicroF1() => Percent(2 * _tags.Sum(t => t.Right), _tags.Sum(t => t.Scores.With + t.Right + t.Wrong));

    /// <summary>Mean of <see cref="TagF1"/> over the tags that occur in predictions or labels, in percent.</summary>
    public double MacroF1() => MeanOf(TagF1);

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute() =>
        [
            new("mAP", MeanAveragePrecision(), "%", HigherIsBetter: true, IsHeadline: true),
            new("F1", MicroF1(), "%", HigherIsBetter: true, IsHeadline: false),
            new("macro F1", MacroF1(), "%", HigherIsBetter: true, IsHeadline: false),
        ];

    /// <summary>The average precision of each tag, in percent.</summary>
    public override IReadOnlyList<ClassScore> ComputeClassScores() =>
        [.. ((TagsTask)Task).TagNames.Select((name, tag) => new ClassScore(name, AveragePrecision(tag)))];

    /// <inheritdoc/>
    public override string ClassScoreName => "AP";

    /// <summary>Average precision of one tag in percent; NaN when no label has it.</summary>
    /// <param name="tag">Its place in the task.</param>
    public double AveragePrecision(int tag)
    {
        ScoreCounts scores = Check(tag).Scores;
        if (scores.With == 0)
            return double.NaN;
        double sum = 0;
        long right = 0,
            all = 0;
        foreach ((long with, long without) in scores.Ranked())
        {
            right += with;
            all += with + without;
            sum += with * ((double)right / all);
        }
        return 100 * sum / scores.With;
    }

    /// <summary>
    /// F1 of one tag in percent, at a probability of 0.5: twice those that are right over those that have it and those that are predicted
    /// to have it; NaN when neither prediction nor label has it.
    /// </summary>
    /// <param name="tag">Its place in the task.</param>
    public double TagF1(int tag)
    {
        Tag one = Check(tag);
        return Percent(2 * one.Right, one.Scores.With + one.Right + one.Wrong);
    }

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (label[i] is not (0 or 1 or float.NaN))
                return FormattableString.Invariant($"the label of tag {i} ('{((TagsTask)Task).TagNames[i]}') is {label[i]}; ")
                    + "it has to be 1, 0, or NaN where it is not known";
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            // A probability above 0.5 is a logit above 0.
            if (label[i] == 1)
                _tags[i].Right += prediction[i] > 0 ? 1 : 0;
            else if (label[i] == 0)
                _tags[i].Wrong += prediction[i] > 0 ? 1 : 0;
            else
                continue;
            _tags[i].Scores.Add(prediction[i], hasTag: label[i] == 1);
            _valid++;
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() =>
        [.. _tags.SelectMany(t => (double[])[t.Right, t.Wrong, t.Scores.StateLength, .. t.Scores.State()])];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        for (int t = 0; t < _tags.Length; t++)
        {
            const int own = 3;
            if (state.Length < own || state.Length < own + state[2])
                throw new ArgumentException($"task '{Task.Name}': what another has gathered is cut off", nameof(state));
            _tags[t].Right += (long)state[0];
            _tags[t].Wrong += (long)state[1];
            int scores = (int)state[2];
            ScoreCounts counts = _tags[t].Scores;
            long before = counts.With + counts.Without;
            counts.AddState(state.Slice(own, scores));
            _valid += counts.With + counts.Without - before;
            state = state[(own + scores)..];
        }
        CheckState(state, 0);
    }

    private double MeanOf(Func<int, double> score)
    {
        double[] scores = [.. Enumerable.Range(0, _tags.Length).Select(score).Where(s => !double.IsNaN(s))];
        return Mean(scores.Sum(), scores.Length);
    }

    private Tag Check(int tag) =>
        (uint)tag < (uint)_tags.Length
            ? _tags[tag]
            : throw new ArgumentOutOfRangeException(nameof(tag), tag, $"task '{Task.Name}' has the tags 0 to {_tags.Length - 1}");

    /// <summary>Scores of the photographs that have a tag and of those that have not; how many of each are above one half.</summary>
    private sealed class Tag
    {
        public ScoreCounts Scores { get; } = new();

        public long Right { get; set; }

        public long Wrong { get; set; }
    }
}
