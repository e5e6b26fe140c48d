using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Training;

/// <summary>A part of the loss, by its name, such as "jtr.dist" or "teacher.agreement".</summary>
/// <param name="Name">One of <see cref="Trainer.TermNames"/>.</param>
/// <param name="Value">Its value, unweighted.</param>
public readonly record struct LossTerm(string Name, double Value);

/// <summary>How far a fit is. Losses are means over the steps since the last report.</summary>
public sealed record TrainingProgress
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Steps in all.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Pass over the data set that the last step belongs to, counted from 1.</summary>
    public required long Epoch { get; init; }

    /// <summary>Passes over the data set in all.</summary>
    public required long TotalEpochs { get; init; }

    /// <summary>The whole loss.</summary>
    public required double Loss { get; init; }

    /// <summary>The supervised loss.</summary>
    public required double Supervised { get; init; }

    /// <summary>What the method adds, term by term; empty where it adds nothing.</summary>
    public IReadOnlyList<LossTerm> Terms { get; init; } = [];

    /// <summary>Each task's supervised loss, tasks in order; NaN where no sample was labelled for it.</summary>
    public required IReadOnlyList<double> TaskLosses { get; init; }

    /// <summary>The rate that Adam used last.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Euclidean norm of the last gradient of the multi-task network, before it was clipped.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Speed of this fit; 0 while unknown.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>Time left at that speed; null while unknown.</summary>
    public required TimeSpan? Remaining { get; init; }
}

/// <summary>What a fit did.</summary>
/// <param name="Steps">Steps of the trainer, those before the fit included.</param>
/// <param name="Last">Losses of the last step; null if there was none left to do.</param>
/// <param name="Elapsed">How long the fit took.</param>
/// <param name="StoppedEarly">Whether it ended because the scores did not improve any more
/// (<see cref="FitOptions.EarlyStopping"/>).</param>
public sealed record FitResult(long Steps, StepResult? Last, TimeSpan Elapsed, bool StoppedEarly = false)
{
    /// <summary>
    /// The scores of the trainer as it is now, where the fit took them (<see cref="FitOptions.EvaluateAtEnd"/>); else null.
    /// </summary>
    public EvaluationResult? Scores { get; init; }
}
