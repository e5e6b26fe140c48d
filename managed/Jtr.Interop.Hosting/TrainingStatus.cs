using Jtr.Interop.Training;

namespace Jtr.Interop.Hosting;

/// <summary>Where a <see cref="TrainingRun"/> is.</summary>
public enum TrainingState
{
    /// <summary>It has not begun.</summary>
    Waiting = 0,

    /// <summary>It trains, or prepares to.</summary>
    Running = 1,

    /// <summary>It has done all its steps, or stopped because scores did not improve.</summary>
    Done = 2,

    /// <summary>The host stopped before; its checkpoint has all steps, and the next start goes on there.</summary>
    Canceled = 3,

    /// <summary>It ended by an error.</summary>
    Failed = 4,
}

/// <summary>How a <see cref="TrainingRun"/> is doing, at one moment.</summary>
/// <param name="State">Where it is.</param>
/// <param name="Progress">The last report, or null before the first one.</param>
/// <param name="Result">What it did, where it is done.</param>
/// <param name="Failure">What went wrong, where it failed.</param>
public sealed record TrainingStatus(
    TrainingState State,
    TrainingProgress? Progress = null,
    FitResult? Result = null,
    Exception? Failure = null
);
