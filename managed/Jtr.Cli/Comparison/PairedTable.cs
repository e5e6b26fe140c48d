using System.Globalization;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Comparison;

/// <summary>Each method against another one over the seeds that both have: task by task, and in Delta %.</summary>
internal sealed class PairedTable
{
    private readonly ComparisonTable _table;
    private readonly MethodRuns _against;

    private PairedTable(ComparisonTable table, MethodRuns against) => (_table, _against) = (table, against);

    /// <summary>The table; null where the method that others are compared with has no finished run.</summary>
    public static PairedTable? Of(ComparisonTable table, string against = ComparedMethod.Baseline) =>
        table.Methods.FirstOrDefault(m => m.Name == against) is { } runs ? new PairedTable(table, runs) : null;

    /// <summary>The method that the others are compared with.</summary>
    public string Against => _against.Name;

    /// <summary>The methods that have seeds in common with it.</summary>
    public IEnumerable<MethodRuns> Others => _table.Methods.Where(m => m != _against && Pairs(m).Any());

    /// <summary>A task's headline metric: positive where the method is better.</summary>
    public PairedDifference Task(MethodRuns method, int task)
    {
        bool higher = _table.Columns[task].Metric.HigherIsBetter;
        return PairedDifference.Of([
            .. Pairs(method)
                .Select(p => p.Own.Tasks[task].Headline.Value - p.Other.Tasks[task].Headline.Value)
                .Where(double.IsFinite)
                .Select(d => higher ? d : -d),
        ]);
    }

    /// <summary>Delta %: the mean over tasks of the relative improvement.</summary>
    public PairedDifference Delta(MethodRuns method) =>
        PairedDifference.Of([.. Pairs(method).Select(p => p.Own.DeltaPercent(p.Other)).Where(double.IsFinite)]);

    /// <summary>A heading, then a line for each method.</summary>
    public IReadOnlyList<string[]> Cells() =>
        [
            [
                $"better than {Against} by",
                .. _table.Columns.Select(c => Heading(c.Task, c.Metric)),
                "Delta %",
                "p (t)",
                "p (signs)",
                "pairs",
            ],
            .. Others.Select(m =>
            {
                PairedDifference delta = Delta(m);
                return (string[])
                    [
                        m.Name,
                        .. _table.Columns.Select((c, t) => Cell(Task(m, t), v => Signed(v, c.Metric))),
                        Cell(delta, MetricFormat.Delta),
                        Probability(delta.P),
                        Probability(delta.SignP),
                        delta.Count.ToString(CultureInfo.InvariantCulture),
                    ];
            }),
        ];

    /// <summary>What the cells are, in words.</summary>
    public const string About =
        "Paired by seed: mean difference and half of its 95 % interval (Student), positive where better; p of Delta % "
        + "by the paired t-test and "
        + "the sign test. An interval that holds 0 shows no difference.";

    private IEnumerable<(EvaluationResult Own, EvaluationResult Other)> Pairs(MethodRuns method) =>
        from own in method.Runs
        join other in _against.Runs on own.Seed equals other.Seed
        select (own.Result, other.Result);

    private static string Heading(string task, MetricValue metric) =>
        $"{task} {metric.Name}{(metric.Unit.Length == 0 ? "" : " " + metric.Unit)}";

    private static string Signed(double value, MetricValue metric) =>
        (value < 0 ? "" : "+") + MetricFormat.Value(metric with { Value = value });

    private static string Cell(PairedDifference d, Func<double, string> format)
    {
        if (double.IsNaN(d.Mean))
            return "-";
        return double.IsNaN(d.Half) ? format(d.Mean) : $"{format(d.Mean)} ± {format(d.Half).TrimStart('+')}";
    }

    private static string Probability(double p) =>
        double.IsNaN(p) ? "-" : p.ToString(p < 0.001 ? "0.0E0" : "0.000", CultureInfo.InvariantCulture);
}
