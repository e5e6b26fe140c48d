using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Training;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>Scores a network, with a bar on a terminal.</summary>
internal static class EvaluationView
{
    /// <summary>Scores a network on all samples of a data set.</summary>
    /// <param name="console">Where to show progress, unless <paramref name="progress"/> does.</param>
    /// <param name="trainer">The network.</param>
    /// <param name="data">The data set.</param>
    /// <param name="workers">Threads that read samples, or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="progress">A display that has the terminal already, or null.</param>
    /// <param name="asDomain">Whose norms predict (<see cref="EvaluateOptions.AsDomain"/>).</param>
    public static EvaluationResult Show(
        CliConsole console,
        Trainer trainer,
        IMultiTaskDataset data,
        int? workers,
        CancellationToken cancellationToken,
        IProgress<EvaluationProgress>? progress = null,
        string? asDomain = null
    )
    {
        EvaluateOptions options = new()
        {
            BatchSize = 8,
            Workers = workers,
            AsDomain = asDomain,
        };
        if (console.Terminal is null || progress is not null)
            return trainer.Evaluate(data, options, progress, cancellationToken);
        return console
            .Terminal.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn { Width = 24 }, new PercentageColumn())
            .Start(context =>
                trainer.Evaluate(data, options, new Bar(context.AddTask("scoring", maxValue: data.Count)), cancellationToken)
            );
    }

    private sealed class Bar(ProgressTask task) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => task.Value = value.Done;
    }
}
