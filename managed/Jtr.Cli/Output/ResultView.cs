using System.Globalization;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Output;

/// <summary>Shows scores.</summary>
internal static class ResultView
{
    /// <summary>All scores, and Delta % over a baseline if there is one.</summary>
    public static void Show(CliConsole console, EvaluationResult result, EvaluationResult? baseline)
    {
        console.Title($"Scores on {result.Samples} samples");
        console.Table(result.ToTable(baseline), result.ToCells(baseline), numbers: baseline is null ? [2] : [2, 3, 5]);
        ShowDeltas(console, result, baseline);
        if (result.ToDomainCells() is not { Count: > 0 } domains)
            return;
        console.Title("Scores by domain");
        int[] numbers = [.. Enumerable.Range(3, domains[0].Length - 3)];
        console.Table(TextTable.Format(domains, numbers), domains, numbers);
        if (baseline is null || result.ToDomainGapCells(baseline) is not { Count: > 0 } gap)
            return;
        console.Title("Domain gap: against the baseline");
        console.Table(TextTable.Format(gap, [4, 5, 6]), gap, [4, 5, 6]);
    }

    private static void ShowDeltas(CliConsole console, EvaluationResult result, EvaluationResult? baseline)
    {
        if (baseline is null || console.Terminal is null)
            return;
        // The plain table says this itself.
        DeltaResult delta = result.CompareTo(baseline);
        console.Line($"Delta % over the baseline: {MetricFormat.Delta(delta.Percent)}");
        foreach (string note in delta.Notes)
            console.Line(note);
    }

    /// <summary>Each class or tag: its score and, of classes, its share of the labelled pixels and the class it is most often taken
    /// for.</summary>
    public static void ShowClasses(CliConsole console, EvaluationResult result)
    {
        foreach (TaskResult task in result.Tasks.Where(t => t.Classes.Count > 0))
        {
            console.Title($"Classes of {task.Name}");
            string places = task.Kind.Extent == TaskExtent.Pixel ? "pixels %" : "photos %";
            List<string[]> cells = task.Confusion is null
                ?
                [
                    ["class", $"{task.ClassScoreName} %"],
                ]
                :
                [
                    ["class", $"{task.ClassScoreName} %", places, "found %", "most often taken for"],
                ];
            for (int c = 0; c < task.Classes.Count; c++)
            {
                ClassScore score = task.Classes[c];
                cells.Add([score.Name, Percent(score.Value), .. task.Confusion is { } counts ? Row(task, counts, c) : []]);
            }
            int[] numbers = task.Confusion is null ? [1] : [1, 2, 3];
            console.Table(TextTable.Format(cells, numbers), cells, numbers);
        }
    }

    private static string[] Row(TaskResult task, IReadOnlyList<IReadOnlyList<long>> counts, int c)
    {
        long labeled = counts[c].Sum();
        int other = Enumerable.Range(0, counts.Count).Where(p => p != c).MaxBy(p => counts[c][p]);
        return
        [
            Percent(100.0 * labeled / task.ValidCount),
            Percent(100.0 * counts[c][c] / labeled),
            counts[c][other] == 0 ? "" : $"{task.Classes[other].Name} ({Percent(100.0 * counts[c][other] / labeled)} %)",
        ];
    }

    private static string Percent(double value) => double.IsNaN(value) ? "-" : value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>The headline scores of several methods side by side.</summary>
    public static void Compare(CliConsole console, ResultsTable table, long samples)
    {
        console.Title($"Scores on {samples} samples");
        IReadOnlyList<string[]> cells = table.ToCells();
        console.Table(table.ToString(), cells, numbers: [.. Enumerable.Range(1, cells[0].Length - 1)]);
    }
}
