using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Training;
using Spectre.Console;

namespace Jtr.Cli.Output;

/// <summary>Scores a network, with a bar on a terminal.</summary>
internal static class EvaluationView
{
    /// <summary>Scores a network on all samples of a data set.</summary>
    public static EvaluationResult Show(
        CliConsole console,
        Trainer trainer,
        IMultiTaskDataset data,
        int? workers,
        CancellationToken cancellationToken
    )
    {
        EvaluateOptions options = new() { BatchSize = 8, Workers = workers };
        if (console.Terminal is null)
            return trainer.Evaluate(data, options, progress: null, cancellationToken);
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
