using System.Globalization;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Comparison;
using Jtr.Cli.Data;
using Jtr.Cli.Inspection;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Reporting;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Commands;

/// <summary>What `jtr compare` says of comparisons, before and after.</summary>
internal sealed class CompareScreen(CliConsole console)
{
    /// <summary>Says what is to be compared.</summary>
    public void Introduce(
        TrainSettings settings,
        OpenData data,
        ScenarioComparison[] comparisons,
        DataCheckReport? checks,
        int seeds,
        long total,
        string folder
    )
    {
        int runs = comparisons.Sum(c => c.Runs.Count);
        console.Title("Comparison");
        console.Facts(
            (
                "data",
                $"{settings.Data.Data}: {data.Train.Count} samples of {data.Train.Height} x {data.Train.Width}, {data.Test!.Count} "
                    + $"to score on"
            ),
            ("tasks", string.Join(", ", data.Train.Tasks.Select(t => t.Name))),
            ("labels", settings.LabelsFile ?? string.Join(", ", comparisons.Select(c => c.Name))),
            ("checked", checks is null ? "no" : CheckView.Looked(checks)),
            ("preset", Preset.Of(settings.Configuration).Describe(settings.Configuration) ?? "none"),
            ("methods", string.Join(", ", comparisons[0].Methods.Select(m => m.Name))),
            (
                "runs",
                $"{runs} ({seeds} {(seeds == 1 ? "seed" : "seeds")}), {comparisons.Sum(c => c.Runs.Count(r => r.IsFinished))} of "
                    + $"them finished"
            ),
            (
                "each",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{total} steps of {settings.BatchSize} samples, {settings.NetworkInWords}, "
                        + $"rate {settings.LearningRate:G6}, balancing {settings.Configuration.Balancing.Rule}"
                )
            ),
            ("choices", comparisons[0].TuningInWords),
            ("output", folder)
        );
        foreach (string note in data.Notes)
            console.Line(note);
        if (checks is not null)
            CheckView.Show(console, checks);
    }

    /// <summary>Writes and shows the tables of a comparison.</summary>
    public void Conclude(ScenarioComparison comparison, OpenData data, CancellationToken cancellationToken)
    {
        comparison.WriteTables();
        comparison.WriteFigures(data, cancellationToken);
        ComparisonTable table = comparison.Table();
        Show($"{comparison.Name}: scores on {data.Test!.Count} samples, " + "mean ± standard deviation over seeds", table.ScoreCells());
        if (table.DomainCells() is { Count: > 0 } domains)
            Show("Scores by domain, mean ± standard deviation over seeds", domains);
        if (PairedTable.Of(table) is { } paired && paired.Others.Any())
        {
            Show($"Against {paired.Against}, paired by seed: mean difference ± half of the 95 % interval", paired.Cells());
        }
        if (comparison.TuningCells() is { Count: > 1 } choices)
            Show("What was chosen on a part of the training data", choices);
        Show("Cost of training", table.CostCells());
        if (Conclusion.Of(table) is { Length: > 0 } conclusion)
        {
            console.Title("What this says");
            console.Line(conclusion);
        }
        console.Title("Written");
        console.Facts(
            ("tables", $"{comparison.TablesPath}, scores.csv, comparison.json"),
            ("plots", $"{Path.Combine(Path.GetDirectoryName(comparison.TablesPath)!, "scores.png")}, delta.png"),
            ("pictures", comparison.PicturesPath),
            ("report", ComparisonReport.Save(Path.GetDirectoryName(comparison.TablesPath)!))
        );
    }

    /// <summary>Writes and shows the table of several comparisons.</summary>
    public void ConcludeAll(ScenarioComparison[] comparisons, string folder, bool ofFractions)
    {
        (string Name, ComparisonTable Table)[] tables = [.. comparisons.Select(c => (c.Name, c.Table()))];
        IReadOnlyList<string[]> cells = ComparisonTable.DeltaCells(tables);
        string text = ComparisonTable.Markdown(cells);
        Show($"Delta % {(ofFractions ? "for each part of the labels" : "in each scenario")}, mean ± standard deviation over seeds", cells);
        string written = Path.Combine(folder, "comparison.md");
        if (ofFractions)
        {
            LabelCurve curve = new(tables);
            IReadOnlyList<string[]> scores = curve.Cells();
            text += "\n" + ComparisonTable.Markdown(scores);
            Show("Scores for each part of the labels, mean ± standard deviation over seeds", scores);
            curve.Draw(Path.Combine(folder, "labels.png"));
            written += ", labels.png";
        }
        WholeFile.Write(Path.Combine(folder, "comparison.md"), text);
        console.Line($"Written: {written}");
    }

    /// <summary>Shows a table.</summary>
    public void Show(string title, IReadOnlyList<string[]> cells)
    {
        console.Title(title);
        int[] numbers = [.. Enumerable.Range(1, cells[0].Length - 1)];
        console.Table(Jtr.Interop.Evaluation.TextTable.Format(cells, numbers), cells, numbers);
    }
}
