using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Output;

namespace Jtr.Cli.Commands;

/// <summary>`jtr compare --cost`: what a step costs with some numbers of tasks.</summary>
internal sealed class CompareCost(CliConsole console, CompareScreen screen)
{
    /// <summary>Measures, shows and writes it.</summary>
    public int Measure(
        RunConfiguration said,
        TrainSettings settings,
        IReadOnlyList<ComparedMethod> methods,
        string folder,
        int steps,
        int maxTasks,
        CancellationToken cancellationToken
    )
    {
        if (!settings.Data.IsScenes)
            throw new UsageException("--cost measures on scenes; leave --data out.");
        TaskCost cost = new(settings, MachineOptions.Device(said), steps);
        List<CostPoint> points = [];
        console.Title("Cost of a step against the number of tasks");
        cost.WarmUp(methods.Select(m => m.Method), cancellationToken);
        // The methods in turn, so that a machine that is busy for a while slows both down.
        for (int tasks = 2; tasks <= maxTasks; tasks++)
        {
            foreach (ComparedMethod method in methods)
            {
                CostPoint point = cost.Measure(method.Method, tasks, cancellationToken);
                points.Add(point);
                console.Line(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{method.Name}, {tasks} tasks: "
                            + $"{1000 * point.ProcessorSeconds:F1} ms of processor time a step, {point.AddedMebibytes:F0} MiB"
                    )
                );
            }
        }
        points = [.. methods.SelectMany(m => points.Where(p => p.Method == m.Method))];
        cost.Write(folder, points);
        screen.Show(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{settings.NetworkInWords}, {settings.BatchSize} samples of {settings.Data.Size}, "
                    + $"{Words.Of(Words.Scenarios, settings.Scenario)}"
            ),
            TaskCost.Cells(points)
        );
        screen.Show("Straight line and parabola, least squares", TaskCost.FitCells(points));
        console.Line($"Written: {Path.Combine(folder, "cost.md")}, cost.csv, cost.json, cost.png");
        return ExitCode.Success;
    }
}
