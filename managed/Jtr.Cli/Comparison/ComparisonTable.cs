using System.Globalization;
using System.Text;
using Jtr.Cli.Output;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Comparison;

/// <summary>The finished runs of one method.</summary>
/// <param name="Name">The line's name.</param>
/// <param name="Runs">Each seed's scores and record.</param>
internal sealed record MethodRuns(string Name, IReadOnlyList<(ulong Seed, EvaluationResult Result, RunRecord Record)> Runs);

/// <summary>
/// The tables of a comparison: each task's headline metric and Delta % against supervised training with the same seed, mean and standard
/// deviation over seeds; and what training cost.
/// </summary>
internal sealed class ComparisonTable
{
    private readonly IReadOnlyList<MethodRuns> _methods;
    private readonly MethodRuns? _baseline;

    public ComparisonTable(IReadOnlyList<MethodRuns> methods)
    {
        _methods = [.. methods.Where(m => m.Runs.Count > 0)];
        _baseline = _methods.FirstOrDefault(m => m.Name == ComparedMethod.Baseline);
    }

    /// <summary>The methods that have finished runs.</summary>
    public IReadOnlyList<MethodRuns> Methods => _methods;

    /// <summary>The tasks' headline metrics.</summary>
    public IReadOnlyList<(string Task, MetricValue Metric)> Columns =>
        _methods.Count == 0 ? [] : [.. _methods[0].Runs[0].Result.Tasks.Select(t => (t.Name, t.Headline))];

    /// <summary>A task's headline metric over the seeds.</summary>
    public static Statistic Score(MethodRuns method, int task) =>
        Statistic.Of([.. method.Runs.Select(r => r.Result.Tasks[task].Headline.Value)]);

    /// <summary>Delta % over the seeds that supervised training has too.</summary>
    public Statistic Delta(MethodRuns method)
    {
        List<double> deltas = [];
        foreach ((ulong seed, EvaluationResult result, _) in method.Runs)
        {
            foreach ((ulong other, EvaluationResult baseline, _) in _baseline?.Runs ?? [])
            {
                if (other == seed)
                    deltas.Add(result.DeltaPercent(baseline));
            }
        }
        return Statistic.Of(deltas);
    }

    /// <summary>The scores: a heading, then a line for each method.</summary>
    public IReadOnlyList<string[]> ScoreCells() =>
        [
            ["method", .. Columns.Select(c => Heading(c.Task, c.Metric)), "Delta %", "seeds"],
            .. _methods.Select(m =>
                (string[])
                    [
                        m.Name,
                        .. Columns.Select((c, t) => Cell(Score(m, t), v => MetricFormat.Value(c.Metric with { Value = v }))),
                        Cell(Delta(m), MetricFormat.Delta),
                        m.Runs.Count.ToString(CultureInfo.InvariantCulture),
                    ]
            ),
        ];

    /// <summary>The scores by domain: a heading, then a line for each method and domain; empty where the data have one.</summary>
    public IReadOnlyList<string[]> DomainCells()
    {
        string[] domains = _methods.Count == 0 ? [] : [.. _methods[0].Runs[0].Result.Domains.Select(d => d.Domain)];
        if (domains.Length == 0)
            return [];
        return
        [
            ["method", "domain", .. Columns.Select(c => Heading(c.Task, c.Metric))],
            .. _methods.SelectMany(m =>
                domains.Select(d =>
                    (string[])
                        [
                            m.Name,
                            d,
                            .. Columns.Select(c => Cell(DomainScore(m, d, c.Task), v => MetricFormat.Value(c.Metric with { Value = v }))),
                        ]
                )
            ),
        ];
    }

    /// <summary>A task's headline metric on a domain over the seeds.</summary>
    public static Statistic DomainScore(MethodRuns method, string domain, string task) =>
        Statistic.Of([.. method.Runs.Select(r => r.Result.Domains.First(d => d.Domain == domain).Scores[task].Headline.Value)]);

    /// <summary>What training cost: a heading, then a line for each method.</summary>
    public IReadOnlyList<string[]> CostCells() =>
        [
            ["method", "steps/s", "CPU ms/step", "peak MiB", "added MiB"],
            .. _methods.Select(m =>
                (string[])
                    [
                        m.Name,
                        Cell(Cost(m, r => r.Seconds > 0 ? r.TimedSteps / r.Seconds : double.NaN), v => Number(v, "F2")),
                        Cell(Cost(m, r => r.TimedSteps > 0 ? 1000 * r.ProcessorSeconds / r.TimedSteps : double.NaN), v => Number(v, "F1")),
                        Cell(Cost(m, r => r.PeakMebibytes ?? double.NaN), v => Number(v, "F0")),
                        Cell(Cost(m, r => r.AddedMebibytes ?? double.NaN), v => Number(v, "F0")),
                    ]
            ),
        ];

    /// <summary>All tables as Markdown, and what to conclude.</summary>
    public string ToMarkdown() =>
        new StringBuilder()
            .Append(Conclusion.Of(this))
            .Append("\n\n")
            .Append(Markdown(ScoreCells()))
            .Append(
                "\nMean and standard deviation over seeds; Delta % against supervised training with the same seed, positive when "
                    + "better.\n\n"
            )
            .Append(DomainCells() is { Count: > 0 } domains ? $"Scores by domain:\n\n{Markdown(domains)}\n" : "")
            .Append(PairedTable.Of(this) is { } paired && paired.Others.Any() ? $"{Markdown(paired.Cells())}\n{PairedTable.About}\n\n" : "")
            .Append(Markdown(CostCells()))
            .Append(
                "\nTraining alone, without scoring; the peak is the most memory that the process held, of which training added the last "
                    + "column to what it held before.\n"
            )
            .ToString();

    /// <summary>
    /// Delta % of each method in each of several comparisons: a heading, then a line for each method that is in one of them.
    /// </summary>
    /// <param name="tables">Comparisons by what sets them apart.</param>
    public static IReadOnlyList<string[]> DeltaCells(IReadOnlyList<(string Name, ComparisonTable Table)> tables)
    {
        string[] methods = [.. tables.SelectMany(t => t.Table.Methods).Select(m => m.Name).Distinct()];
        return
        [
            ["Delta %", .. tables.Select(t => t.Name)],
            .. methods.Select(name =>
                (string[])
                    [
                        name,
                        .. tables.Select(t =>
                            t.Table.Methods.FirstOrDefault(m => m.Name == name) is MethodRuns runs
                                ? Cell(t.Table.Delta(runs), MetricFormat.Delta)
                                : "-"
                        ),
                    ]
            ),
        ];
    }

    /// <summary>
    /// The scores as comma-separated values: method, task, metric, unit, better, mean, deviation, seeds. Nothing in there depends on the
    /// machine's speed.
    /// </summary>
    public string ToCsv()
    {
        StringBuilder text = new("method,task,metric,unit,better,mean,deviation,seeds\n");
        foreach (MethodRuns method in _methods)
        {
            for (int t = 0; t < Columns.Count; t++)
            {
                (string task, MetricValue metric) = Columns[t];
                Line(text, method.Name, task, metric.Name, metric.Unit, metric.HigherIsBetter, Score(method, t));
            }
            Line(text, method.Name, "", "Delta", "%", higher: true, Delta(method));
        }
        return text.ToString();
    }

    /// <summary>One column of the costs over the seeds whose cost is known.</summary>
    public static Statistic Cost(MethodRuns method, Func<RunRecord, double> column) =>
        Statistic.Of([.. method.Runs.Select(r => column(r.Record)).Where(double.IsFinite)]);

    /// <summary>A table in Markdown.</summary>
    public static string Markdown(IReadOnlyList<string[]> cells)
    {
        StringBuilder text = new();
        for (int line = 0; line < cells.Count; line++)
        {
            text.Append("| ").AppendJoin(" | ", cells[line].Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
            if (line == 0)
                text.Append('|').Append(" --- |").Insert(text.Length, " ---: |", cells[0].Length - 1).Append('\n');
        }
        return text.ToString();
    }

    private static string Heading(string task, MetricValue metric) =>
        $"{task} {metric.Name}{(metric.Unit.Length == 0 ? "" : " " + metric.Unit)} ({(metric.HigherIsBetter ? "higher" : "lower")})";

    private static string Cell(Statistic s, Func<double, string> format)
    {
        if (double.IsNaN(s.Mean))
            return "-";
        return double.IsNaN(s.Deviation) ? format(s.Mean) : $"{format(s.Mean)} ± {format(s.Deviation).TrimStart('+')}";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string method, string task, string metric, string unit, bool higher, Statistic s) =>
        text.Append(Csv.Field(method))
            .Append(',')
            .Append(Csv.Field(task))
            .Append(',')
            .Append(Csv.Field(metric))
            .Append(',')
            .Append(Csv.Field(unit))
            .Append(',')
            .Append(higher ? "higher" : "lower")
            .Append(',')
            .Append(Exact(s.Mean))
            .Append(',')
            .Append(Exact(s.Deviation))
            .Append(',')
            .Append(s.Count)
            .Append('\n');

    private static string Exact(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);
}
