using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Training;

/// <summary>What a trainer remembers of scores in between (<see cref="Trainer.AddValidation"/>); checkpoints keep it.</summary>
public sealed record ValidationState
{
    /// <summary>The step of the last scores; 0 before the first.</summary>
    public long Step { get; init; }

    /// <summary>The step of the best scores; 0 before the first.</summary>
    public long BestStep { get; init; }

    /// <summary>The best score, see <see cref="Score"/>; null before the first.</summary>
    public double? BestScore { get; init; }

    /// <summary>How often scores were added since they were best.</summary>
    public int WithoutImprovement { get; init; }

    /// <summary>
    /// Scores as one number: the mean over tasks of the natural logarithm of the headline metric, negative where lower is better. A
    /// difference of 0.01 means 1 % better on geometric average, whatever the tasks' units; and unlike Delta % it puts all results in one
    /// order.
    /// Tasks without a score count for nothing.
    /// </summary>
    /// <param name="result">The scores.</param>
    public static double Score(EvaluationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        double sum = 0;
        int count = 0;
        foreach (TaskResult task in result.Tasks)
        {
            double value = task.Headline.Value;
            if (!double.IsFinite(value))
                continue;
            // A score of 0 has no logarithm; no headline metric that means anything is below this.
            double logarithm = Math.Log(Math.Max(value, 1e-6));
            sum += task.Headline.HigherIsBetter ? logarithm : -logarithm;
            count++;
        }
        return count == 0 ? double.NegativeInfinity : sum / count;
    }

    /// <summary>The state after further scores.</summary>
    /// <param name="step">Their step.</param>
    /// <param name="result">The scores.</param>
    /// <param name="minImprovement">By how many percent they have to be better than the best so far to count as better, 0 or more.</param>
    public ValidationState Add(long step, EvaluationResult result, double minImprovement = 0)
    {
        OptionRange.Holds(nameof(minImprovement), minImprovement, minImprovement >= 0, "0 or more and finite");
        double score = Score(result);
        bool better = BestScore is not { } best || score > best + Math.Log(1 + minImprovement / 100);
        return better && double.IsFinite(score)
            ? new ValidationState
            {
                Step = step,
                BestStep = step,
                BestScore = score,
            }
            : this with
            {
                Step = step,
                WithoutImprovement = WithoutImprovement + 1,
            };
    }
}

/// <summary>When to end a fit that does not get better.</summary>
public sealed record EarlyStoppingOptions
{
    /// <summary>How many times in a row scores may be no better than the best before, 1 or more.</summary>
    public int Patience { get; init; } = 5;

    /// <summary>By how many percent, on geometric average over the tasks, scores have to be better to count, 0 or more.</summary>
    public double MinImprovement { get; init; }

    /// <summary>Checks every property.</summary>
    /// <param name="name">Where these options are, for messages.</param>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate(string name = "EarlyStopping")
    {
        OptionRange.Within($"{name}.{nameof(Patience)}", Patience, 1, int.MaxValue);
        OptionRange.Holds($"{name}.{nameof(MinImprovement)}", MinImprovement, MinImprovement >= 0, "0 or more and finite");
    }
}
