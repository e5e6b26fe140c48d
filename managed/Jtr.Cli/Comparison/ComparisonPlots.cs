using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;
using ScottPlot;

namespace Jtr.Cli.Comparison;

/// <summary>The plots of a comparison, as PNG.</summary>
internal static class ComparisonPlots
{
    private const int Width = 900;
    private const int PanelHeight = 360;
    private const int CurvePoints = 60;

    // ScottPlot's own for lines, so that a method has one colour in all plots.
    private static readonly ScottPlot.Palettes.Category10 _palette = new ScottPlot.Palettes.Category10();

    /// <summary>Each task's headline metric over the epochs, mean over seeds, a line for each method; a panel for each task.</summary>
    /// <param name="table">The finished runs.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="path">The file.</param>
    public static void Scores(ComparisonTable table, long stepsPerEpoch, string path)
    {
        IReadOnlyList<(string Task, MetricValue Metric)> columns = table.Columns;
        Multiplot figure = new();
        figure.AddPlots(columns.Count);
        for (int t = 0; t < columns.Count; t++)
        {
            Plot plot = figure.GetPlot(t);
            foreach (MethodRuns method in table.Methods)
            {
                (double[] epochs, double[] values) = Curve(method, t, stepsPerEpoch);
                plot.Add.Scatter(epochs, values).LegendText = method.Name;
            }
            (string task, MetricValue metric) = columns[t];
            plot.Title(
                $"{task}: {metric.Name}{(metric.Unit.Length == 0 ? "" : $" ({metric.Unit})")}, "
                    + $"{(metric.HigherIsBetter ? "higher" : "lower")} is better"
            );
            if (t == columns.Count - 1)
                plot.XLabel("epochs");
            plot.ShowLegend(Edge.Right);
        }
        WholeFile.Save(path, beside => figure.SavePng(beside, Width, columns.Count * PanelHeight));
    }

    /// <summary>Delta % of each method against supervised training, with the standard deviation over seeds.</summary>
    public static void Delta(ComparisonTable table, string path)
    {
        using Plot plot = new();
        List<Tick> ticks = [];
        foreach (MethodRuns method in table.Methods)
        {
            Statistic delta = table.Delta(method);
            if (double.IsNaN(delta.Mean))
                continue;
            Bar bar = new()
            {
                Position = ticks.Count,
                Value = delta.Mean,
                Label = MetricFormat.Delta(delta.Mean),
                FillColor = _palette.GetColor(ticks.Count),
            };
            if (!double.IsNaN(delta.Deviation))
                bar.Error = delta.Deviation;
            plot.Add.Bar(bar);
            ticks.Add(new Tick(ticks.Count, method.Name));
        }
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. ticks]);
        plot.Add.HorizontalLine(0, 1, Colors.Black);
        plot.Title("Delta % against supervised, mean and standard deviation over seeds");
        WholeFile.Save(path, beside => plot.SavePng(beside, Width, PanelHeight));
    }

    /// <summary>Points of one quantity over another with the parabolas that fit them best, a panel for each quantity.</summary>
    /// <param name="panels">The panels: a title, and named lines.</param>
    /// <param name="xLabel">What is along the bottom.</param>
    /// <param name="path">The file.</param>
    public static void Lines(
        IReadOnlyList<(string Title, IReadOnlyList<(string Name, double[] X, double[] Y)> Lines)> panels,
        string xLabel,
        string path
    )
    {
        Multiplot figure = new();
        figure.AddPlots(panels.Count);
        for (int p = 0; p < panels.Count; p++)
        {
            Plot plot = figure.GetPlot(p);
            foreach ((string name, double[] x, double[] y) in panels[p].Lines)
            {
                ScottPlot.Plottables.Scatter points = plot.Add.ScatterPoints(x, y);
                points.LegendText = name;
                PolynomialFit? fit = PolynomialFit.Of(2, [.. x.Zip(y).Where(q => double.IsFinite(q.Second))]);
                if (fit is null)
                    continue;
                double[] between = [.. Enumerable.Range(0, CurvePoints + 1).Select(i => x[0] + (x[^1] - x[0]) * i / CurvePoints)];
                plot.Add.ScatterLine(between, [.. between.Select(fit.At)], points.Color);
            }
            plot.Title(panels[p].Title);
            plot.Axes.SetLimitsY(0, 1.1 * panels[p].Lines.SelectMany(l => l.Y).Where(double.IsFinite).DefaultIfEmpty(1).Max());
            if (p == panels.Count - 1)
                plot.XLabel(xLabel);
            plot.ShowLegend(Edge.Right);
        }
        WholeFile.Save(path, beside => figure.SavePng(beside, Width, panels.Count * PanelHeight));
    }

    /// <summary>A task's mean over the seeds that were scored at a step.</summary>
    private static (double[] Epochs, double[] Values) Curve(MethodRuns method, int task, long stepsPerEpoch)
    {
        List<double> epochs = [],
            values = [];
        foreach (IGrouping<long, ScorePoint> at in method.Runs.SelectMany(r => r.Record.Scores).GroupBy(s => s.Step).OrderBy(g => g.Key))
        {
            double[] known =
            [
                .. at.Where(s => task < s.Headlines.Count && s.Headlines[task] is not null).Select(s => s.Headlines[task]!.Value),
            ];
            if (known.Length == 0)
                continue;
            epochs.Add((double)at.Key / stepsPerEpoch);
            values.Add(known.Average());
        }
        return ([.. epochs], [.. values]);
    }
}
