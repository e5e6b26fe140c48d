using System.Text.Json;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Comparison;

/// <summary>comparison.json: every run, and the means that the tables show.</summary>
internal sealed record ComparisonDocument
{
    public required ComparisonPlan Plan { get; init; }
    public required IReadOnlyList<MetricDocument> Headlines { get; init; }
    public required IReadOnlyList<MethodDocument> Methods { get; init; }

    /// <summary>The lines of the table of scores by domain, its heading first; null where the data have one domain.</summary>
    public IReadOnlyList<string[]>? Domains { get; init; }

    /// <summary>What to conclude, in words.</summary>
    public string? Conclusion { get; init; }

    /// <summary>A task's headline metric.</summary>
    internal sealed record MetricDocument(string Task, string Metric, string Unit, bool HigherIsBetter);

    /// <summary>Mean and standard deviation; null where there is none.</summary>
    internal sealed record StatisticDocument(double? Mean, double? Deviation, int Count)
    {
        public static StatisticDocument Of(Statistic s) => new(Nullable(s.Mean), Nullable(s.Deviation), s.Count);
    }

    /// <summary>A method.</summary>
    internal sealed record MethodDocument(
        string Name,
        IReadOnlyList<StatisticDocument> Scores,
        StatisticDocument DeltaPercent,
        IReadOnlyList<RunDocument> Runs,
        PairedDocument? AgainstSupervised
    );

    /// <summary>A method against supervised training with the same seeds.</summary>
    internal sealed record PairedDocument(IReadOnlyList<DifferenceDocument> Tasks, DifferenceDocument DeltaPercent);

    /// <summary>A paired difference, positive where better; null where there is none.</summary>
    internal sealed record DifferenceDocument(int Pairs, double? Mean, double? HalfInterval95, double? PairedTTestP, double? SignTestP)
    {
        public static DifferenceDocument Of(PairedDifference d) =>
            new(d.Count, Nullable(d.Mean), Nullable(d.Half), Nullable(d.P), Nullable(d.SignP));
    }

    /// <summary>A run.</summary>
    internal sealed record RunDocument(ulong Seed, IReadOnlyList<double?> Headlines, RunRecord Record);

    public static string Write(ComparisonPlan plan, ComparisonTable table)
    {
        PairedTable? paired = PairedTable.Of(table);
        ComparisonDocument document = new()
        {
            Plan = plan,
            Conclusion = Comparison.Conclusion.Of(table),
            Domains = table.DomainCells() is { Count: > 0 } domains ? domains : null,
            Headlines = [.. table.Columns.Select(c => new MetricDocument(c.Task, c.Metric.Name, c.Metric.Unit, c.Metric.HigherIsBetter))],
            Methods =
            [
                .. table.Methods.Select(m => new MethodDocument(
                    m.Name,
                    [.. table.Columns.Select((_, t) => StatisticDocument.Of(ComparisonTable.Score(m, t)))],
                    StatisticDocument.Of(table.Delta(m)),
                    [.. m.Runs.Select(r => new RunDocument(r.Seed, HeadlinesOf(r.Result), r.Record))],
                    paired is null || m.Name == paired.Against
                        ? null
                        : new PairedDocument(
                            [.. table.Columns.Select((_, t) => DifferenceDocument.Of(paired.Task(m, t)))],
                            DifferenceDocument.Of(paired.Delta(m))
                        )
                )),
            ],
        };
        return JsonSerializer.Serialize(document, ComparisonJson.Default.ComparisonDocument) + "\n";
    }

    private static IReadOnlyList<double?> HeadlinesOf(EvaluationResult result) => [.. result.Tasks.Select(t => Nullable(t.Headline.Value))];

    // JSON has no NaN.
    private static double? Nullable(double value) => double.IsNaN(value) ? null : value;
}
