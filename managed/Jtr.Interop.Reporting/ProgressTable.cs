using System.Globalization;
using System.Text;
using Jtr.Interop.Training;

namespace Jtr.Interop.Reporting;

/// <summary>The losses of a run as comma-separated values: a heading, and a line for each report of its progress.</summary>
/// <param name="Terms">Names of the terms that the method adds.</param>
/// <param name="Tasks">Names of the tasks.</param>
/// <param name="Rows">The lines, in order of their steps.</param>
internal sealed record ProgressTable(IReadOnlyList<string> Terms, IReadOnlyList<string> Tasks, IReadOnlyList<ProgressRow> Rows)
{
    private const string TaskPrefix = "task:";
    private const string TermPrefix = "term:";
    private static readonly string[] _columns = ["step", "epoch", "loss", "supervised", "learning_rate", "steps_per_second"];

    // As it was before terms had names: the method's first two.
    private static readonly string[] _formerColumns =
    [
        "step",
        "epoch",
        "loss",
        "supervised",
        "dist",
        "recon",
        "learning_rate",
        "steps_per_second",
    ];
    private static readonly string[] _formerTerms = ["dist", "recon"];

    /// <summary>The heading.</summary>
    public static string Heading(IEnumerable<string> terms, IEnumerable<string> tasks) =>
        string.Join(',', [.. _columns, .. terms.Select(t => Quote(TermPrefix + t)), .. tasks.Select(t => Quote(TaskPrefix + t))]);

    /// <summary>
    /// The same lines with the terms of another method, or of the same one by their full names: terms that are not there are NaN.
    /// </summary>
    /// <param name="terms">The terms.</param>
    public ProgressTable With(IReadOnlyList<string> terms)
    {
        int[] places = [.. terms.Select((t, i) => PlaceOf(t, i))];
        return this with
        {
            Terms = [.. terms],
            Rows = [.. Rows.Select(r => r with { Terms = [.. places.Select(p => p < 0 ? double.NaN : r.Terms[p])] })],
        };
    }

    private int PlaceOf(string term, int number)
    {
        if (Terms.SequenceEqual(_formerTerms))
            return number < _formerTerms.Length ? number : -1;
        for (int i = 0; i < Terms.Count; i++)
        {
            if (Terms[i] == term)
                return i;
        }
        return -1;
    }

    /// <summary>A line.</summary>
    public static string Line(ProgressRow row)
    {
        StringBuilder line = new();
        line.Append(
            CultureInfo.InvariantCulture,
            $"{row.Step},{row.Epoch},{row.Loss:R},{row.Supervised:R},{row.LearningRate:R},{row.StepsPerSecond:G4}"
        );
        foreach (double loss in row.Terms.Concat(row.TaskLosses))
            line.Append(',').Append(double.IsNaN(loss) ? "" : loss.ToString("R", CultureInfo.InvariantCulture));
        return line.ToString();
    }

    /// <summary>Reads a file; lines that were cut by a crash are left out.</summary>
    /// <exception cref="JtrFormatException">The heading is another.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ProgressTable Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] heading = lines.Length == 0 ? [] : Split(lines[0]);
        bool isFormer = heading.AsSpan().StartsWith(_formerColumns);
        string[] columns = isFormer ? _formerColumns : _columns;
        int tasks = Array.FindIndex(heading, h => h.StartsWith(TaskPrefix, StringComparison.Ordinal));
        tasks = tasks < 0 ? heading.Length : tasks;
        if (
            !heading.AsSpan().StartsWith(columns)
            || heading[columns.Length..tasks].Any(h => !h.StartsWith(TermPrefix, StringComparison.Ordinal))
            || heading[tasks..].Any(h => !h.StartsWith(TaskPrefix, StringComparison.Ordinal))
        )
            throw new JtrFormatException(path, $"the heading must begin with {string.Join(',', _columns)}", 0);
        List<ProgressRow> rows = [];
        foreach (string line in lines.Skip(1))
        {
            string[] cells = Split(line);
            if (cells.Length != heading.Length)
                continue;
            double[] numbers =
            [
                .. cells.Select(c =>
                    double.TryParse(c, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN
                ),
            ];
            if (double.IsNaN(numbers[0]))
                continue;
            rows.Add(
                new(
                    (long)numbers[0],
                    (long)numbers[1],
                    numbers[2],
                    numbers[3],
                    numbers[columns.Length - 2],
                    numbers[columns.Length - 1],
                    isFormer ? numbers[4..6] : numbers[columns.Length..tasks],
                    numbers[tasks..]
                )
            );
        }
        return new(
            isFormer ? _formerTerms : [.. heading[columns.Length..tasks].Select(h => h[TermPrefix.Length..])],
            [.. heading[tasks..].Select(h => h[TaskPrefix.Length..])],
            rows
        );
    }

    private static string Quote(string text) =>
        text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    /// <summary>The cells of a line of comma-separated values, without their quotes.</summary>
    internal static string[] Split(string line)
    {
        List<string> cells = [];
        StringBuilder cell = new();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[++i]);
            else if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(line[i]);
        }
        return [.. cells, cell.ToString()];
    }
}

/// <summary>Losses of a run at a step: means over the steps since the line before.</summary>
internal sealed record ProgressRow(
    long Step,
    long Epoch,
    double Loss,
    double Supervised,
    double LearningRate,
    double StepsPerSecond,
    IReadOnlyList<double> Terms,
    IReadOnlyList<double> TaskLosses
)
{
    /// <summary>The mean of reports, each of as many steps as lie between it and the one before.</summary>
    public static ProgressRow Mean(IReadOnlyList<(TrainingProgress Report, long Steps)> reports)
    {
        TrainingProgress last = reports[^1].Report;
        double total = reports.Sum(r => r.Steps);
        double Of(Func<TrainingProgress, double> value) => reports.Sum(r => value(r.Report) * r.Steps) / total;
        double[] tasks = new double[last.TaskLosses.Count];
        for (int t = 0; t < tasks.Length; t++)
        {
            double weight = reports.Where(r => !double.IsNaN(r.Report.TaskLosses[t])).Sum(r => r.Steps);
            tasks[t] =
                weight == 0
                    ? double.NaN
                    : reports.Where(r => !double.IsNaN(r.Report.TaskLosses[t])).Sum(r => r.Report.TaskLosses[t] * r.Steps) / weight;
        }
        return new(
            last.Step,
            last.Epoch,
            Of(p => p.Loss),
            Of(p => p.Supervised),
            last.LearningRate,
            last.StepsPerSecond,
            [.. last.Terms.Select((_, i) => Of(p => p.Terms[i].Value))],
            tasks
        );
    }
}
