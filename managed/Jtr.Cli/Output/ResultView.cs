using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Output;

/// <summary>Shows scores.</summary>
internal static class ResultView
{
    /// <summary>All scores, and Delta % over a baseline if there is one.</summary>
    public static void Show(CliConsole console, EvaluationResult result, EvaluationResult? baseline)
    {
        console.Title($"Scores on {result.Samples} samples");
        console.Table(result.ToTable(baseline), result.ToCells(baseline), numbers: baseline is null ? [2] : [2, 3, 5]);
        if (baseline is null || console.Terminal is null) return;
        // The plain table says this itself.
        DeltaResult delta = result.CompareTo(baseline);
        console.Line($"Delta % over the baseline: {MetricFormat.Delta(delta.Percent)}");
        foreach (string note in delta.Notes) console.Line(note);
    }

    /// <summary>The headline scores of several methods side by side.</summary>
    public static void Compare(CliConsole console, ResultsTable table, long samples)
    {
        console.Title($"Scores on {samples} samples");
        IReadOnlyList<string[]> cells = table.ToCells();
        console.Table(table.ToString(), cells, numbers: [.. Enumerable.Range(1, cells[0].Length - 1)]);
    }
}
