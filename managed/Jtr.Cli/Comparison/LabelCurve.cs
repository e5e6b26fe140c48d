using System.Globalization;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using ScottPlot;

namespace Jtr.Cli.Comparison;

/// <summary>Scores of each method against the part of the labels that training sees: a comparison for each part.</summary>
/// <param name="Parts">The parts, from few to many, as they were asked for, with what was reached.</param>
internal sealed record LabelCurve(IReadOnlyList<(string Name, ComparisonTable Table)> Parts)
{
    private const int Width = 900;
    private const int PanelHeight = 360;

    /// <summary>A heading, then a line for each method and task: its score for each part.</summary>
    public IReadOnlyList<string[]> Cells()
    {
        ComparisonTable? first = Parts.Select(p => p.Table).FirstOrDefault(t => t.Methods.Count > 0);
        if (first is null)
            return
            [
                ["labels", .. Parts.Select(p => p.Name)],
            ];
        return
        [
            ["method", "score", .. Parts.Select(p => $"{p.Name} of the labels")],
            .. Names()
                .SelectMany(name =>
                    first.Columns.Select(
                        (column, task) =>
                            (string[])
                                [
                                    name,
                                    $"{column.Task} {column.Metric.Name}",
                                    .. Parts.Select(p => Cell(p.Table, name, task, column.Metric)),
                                ]
                    )
                ),
        ];
    }

    /// <summary>A panel for each task: scores over the part of the labels, mean and standard deviation over seeds.</summary>
    /// <param name="path">The file.</param>
    public void Draw(string path)
    {
        ComparisonTable? first = Parts.Select(p => p.Table).FirstOrDefault(t => t.Methods.Count > 0);
        if (first is null)
            return;
        Multiplot figure = new();
        figure.AddPlots(first.Columns.Count);
        for (int task = 0; task < first.Columns.Count; task++)
        {
            Plot plot = figure.GetPlot(task);
            foreach (string name in Names())
            {
                (double X, Statistic Score)[] points =
                [
                    .. Parts
                        .Select(p => (X: Math.Log2(LabelLimit.Part(p.Name) ?? 1), Score: Score(p.Table, name, task)))
                        .Where(p => double.IsFinite(p.Score.Mean)),
                ];
                ScottPlot.Plottables.Scatter line = plot.Add.Scatter(
                    points.Select(p => p.X).ToArray(),
                    points.Select(p => p.Score.Mean).ToArray()
                );
                line.LegendText = name;
                plot
                    .Add.ErrorBar(
                        points.Select(p => p.X).ToArray(),
                        points.Select(p => p.Score.Mean).ToArray(),
                        points.Select(p => double.IsNaN(p.Score.Deviation) ? 0 : p.Score.Deviation).ToArray()
                    )
                    .Color = line.Color;
            }
            (string title, MetricValue metric) = first.Columns[task];
            plot.Title($"{title}: {metric.Name}{(metric.Unit.Length == 0 ? "" : $" ({metric.Unit})")}");
            plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([
                .. Parts.Select(p => new Tick(Math.Log2(LabelLimit.Part(p.Name) ?? 1), p.Name)),
            ]);
            if (task == first.Columns.Count - 1)
                plot.XLabel("part of the labels");
            plot.ShowLegend(Edge.Right);
        }
        WholeFile.Save(path, beside => figure.SavePng(beside, Width, first.Columns.Count * PanelHeight));
    }

    private IEnumerable<string> Names() => Parts.SelectMany(p => p.Table.Methods).Select(m => m.Name).Distinct();

    private static Statistic Score(ComparisonTable table, string method, int task) =>
        table.Methods.FirstOrDefault(m => m.Name == method) is { } runs ? ComparisonTable.Score(runs, task) : Statistic.Of([]);

    private static string Cell(ComparisonTable table, string method, int task, MetricValue metric)
    {
        Statistic score = Score(table, method, task);
        string Text(double value) => MetricFormat.Value(metric with { Value = value });
        return double.IsNaN(score.Deviation)
            ? Text(score.Mean)
            : string.Create(CultureInfo.InvariantCulture, $"{Text(score.Mean)} ± {Text(score.Deviation)}");
    }
}
