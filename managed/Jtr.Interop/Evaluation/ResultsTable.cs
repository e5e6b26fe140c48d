using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// The headline metrics of several methods on the same data, a line for each method, and Delta % over one of them, as papers print them.
/// </summary>
public sealed class ResultsTable
{
    private readonly List<(string Name, EvaluationResult Result)> _rows = [];
    private readonly string _baseline;

    /// <summary>Makes a table without lines.</summary>
    /// <param name="baseline">Name of the line that the others are compared with; it may be missing, then there is no Delta %.</param>
    public ResultsTable(string baseline)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        _baseline = baseline;
    }

    /// <summary>Adds a line.</summary>
    /// <param name="name">Name of the method.</param>
    /// <param name="result">Its scores.</param>
    public void Add(string name, EvaluationResult result)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(result);
        _rows.Add((name, result));
    }

    /// <summary>
    /// The cells: a heading, then a line for each method. Better values are marked in the heading with "higher" or "lower".
    /// </summary>
    public IReadOnlyList<string[]> ToCells()
    {
        List<(string Task, MetricValue Metric)> columns = [];
        foreach ((_, EvaluationResult result) in _rows)
        {
            foreach (TaskResult task in result.Tasks)
            {
                if (!columns.Any(c => c.Task == task.Name))
                    columns.Add((task.Name, task.Headline));
            }
        }
        EvaluationResult? baseline = _rows.Where(r => r.Name == _baseline).Select(r => r.Result).FirstOrDefault();
        List<string[]> lines =
        [
            ["method", .. columns.Select(c => Heading(c.Task, c.Metric)), "Delta %"],
        ];
        foreach ((string name, EvaluationResult result) in _rows)
        {
            lines.Add([
                name,
                .. columns.Select(c =>
                    result.Tasks.Where(t => t.Name == c.Task).Select(t => MetricFormat.Value(t.Headline)).FirstOrDefault("-")
                ),
                baseline is null ? "-" : MetricFormat.Delta(result.DeltaPercent(baseline)),
            ]);
        }
        return lines;
    }

    /// <summary>The table as aligned plain text; lines end in "\n".</summary>
    public override string ToString()
    {
        IReadOnlyList<string[]> lines = ToCells();
        return TextTable.Format(lines, [.. Enumerable.Range(1, lines[0].Length - 1)]);
    }

    private static string Heading(string task, MetricValue metric) =>
        $"{task} {metric.Name}{(metric.Unit.Length == 0 ? "" : " " + metric.Unit)} ({(metric.HigherIsBetter ? "higher" : "lower")})";
}
