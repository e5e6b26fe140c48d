using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Hosting;

/// <summary>
/// A training in the background of a host. In configuration, the sections Trainer and Fit have the properties of
/// <see cref="TrainerOptions"/> and <see cref="FitOptions"/>, such as <c>Fit:BatchSize</c> and <c>Trainer:Optimizer:LearningRate</c>.
/// </summary>
public sealed class JtrTrainerOptions
{
    /// <summary>Whether training begins when the host starts; else <see cref="TrainingRun.Start"/> begins it.</summary>
    public bool StartWithHost { get; set; } = true;

    /// <summary>
    /// Whether a run goes on from its checkpoint where there is one, with that one's <see cref="TrainerOptions"/>; else it begins anew
    /// and the checkpoint is replaced.
    /// </summary>
    public bool Resume { get; set; } = true;

    /// <summary>Whether the host stops when training is done.</summary>
    public bool StopHostWhenDone { get; set; }

    /// <summary>
    /// Whether the host stops when training fails, as hosts do by default; else the failure is logged, <see cref="TrainingRun.Status"/>
    /// tells it, and <see cref="TrainingRun.Start"/> tries again.
    /// </summary>
    public bool StopHostOnFailure { get; set; } = true;

    /// <summary>What to train, made when the tasks of the data are known.</summary>
    public Func<TaskSet, TrainerOptions> Trainer { get; set; } = tasks => new TrainerOptions { Tasks = tasks };

    /// <summary>
    /// How long and how. <see cref="FitOptions.CheckpointPath"/> has to be set; <see cref="FitOptions.Name"/> is the name that the run
    /// was added with, unless set.
    /// </summary>
    public FitOptions Fit { get; set; } = new();

    /// <summary>
    /// Makes what is told about the progress of a run, besides log and metrics, such as a RunRecorder of Jtr.Interop.Reporting; or null.
    /// What it makes is called on the thread of the fit, and disposed at its end where it is <see cref="IDisposable"/>.
    /// </summary>
    public Func<Trainer, IProgress<TrainingProgress>>? Progress { get; set; }
}
