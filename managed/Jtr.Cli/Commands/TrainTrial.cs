using System.Globalization;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>What `jtr train --dry-run` and `--find-lr` do.</summary>
internal static class TrainTrial
{
    private const int Lines = 20;

    /// <summary>Measures a few steps and shows what the run would need.</summary>
    public static void DryRun(
        CliConsole console,
        TrainerOptions trainer,
        IMultiTaskDataset data,
        FitOptions fit,
        CancellationToken cancellationToken
    )
    {
        DryRunResult result = Jtr.Interop.Training.DryRun.Run(
            trainer,
            data,
            fit,
            logger: console.Logger,
            cancellationToken: cancellationToken
        );
        console.Title("Dry run");
        console.Facts(
            (
                "parameters",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.NetworkParameters:N0} of the network, {result.Parameters:N0} with those of the method"
                )
            ),
            (
                "memory",
                $"{Size(result.PeakMemoryBytes)} of this process at "
                    + $"most{(result.PeakCudaMemoryBytes is { } gpu ? $", {Size(gpu)} of the GPU's" : "")}"
            ),
            (
                "step",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.StepTime.TotalMilliseconds:F1} ms, of which "
                        + $"{result.WaitTime.TotalMilliseconds:F1} ms wait for samples (median of {result.MeasuredSteps})"
                )
            ),
            ("checkpoint", Size(result.CheckpointBytes)),
            (
                "run",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.TotalSteps} steps: about {Durations.Format(result.TotalTime)}, scores and checkpoints not included"
                )
            )
        );
        console.Line("Nothing was written.");
    }

    /// <summary>Searches a rate and shows the losses.</summary>
    public static void FindRate(
        CliConsole console,
        TrainerOptions trainer,
        IMultiTaskDataset data,
        FitOptions fit,
        CancellationToken cancellationToken
    )
    {
        LearningRateSearchResult result = LearningRateFinder.Find(
            trainer,
            data,
            fit,
            logger: console.Logger,
            cancellationToken: cancellationToken
        );
        console.Title("Learning rates");
        List<string[]> cells =
        [
            ["rate", "loss", "smoothed"],
        ];
        int stride = Math.Max(1, (result.Points.Count + Lines - 1) / Lines);
        for (int i = 0; i < result.Points.Count; i += stride)
        {
            LearningRatePoint point = result.Points[i];
            cells.Add([point.Rate.ToString("0.00e+0", CultureInfo.InvariantCulture), Number(point.Loss), Number(point.Smoothed)]);
        }
        console.Table(Jtr.Interop.Evaluation.TextTable.Format(cells, rightAligned: [0, 1, 2]), cells, [0, 1, 2]);
        console.Line();
        foreach (string line in LossPlot.Draw([.. result.Points.Select(p => (p.Rate, p.Smoothed))], result.Suggested))
            console.Line(line);
        console.Line();
        console.Line(
            result.Suggested is double rate
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The loss falls fastest at the rate {rate:0.0e+0}: --learning-rate {rate:0.0e+0}. A schedule with --warmup bears more."
                )
                : "The loss never fell: more --batch-size, or data with more labels, may help."
        );
        if (!result.Diverged)
            console.Line("The loss did not grow up to the highest rate.");
        console.Line("Nothing was written.");
    }

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):N0} MiB");
}
