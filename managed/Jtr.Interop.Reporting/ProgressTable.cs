using System.Globalization;
using System.Text;
using Jtr.Interop.Training;

namespace Jtr.Interop.Reporting;

/// <summary>The losses of a run as comma-separated values: a heading, and a line for each report of its progress.</summary>
/// <param name="Tasks">Names of the tasks.</param>
/// <param name="Rows">The lines, in order of their steps.</param>
internal sealed record ProgressTable(IReadOnlyList<string> Tasks, IReadOnlyList<ProgressRow> Rows)
{
    private const string TaskPrefix = "task:";
    private static readonly string[] _columns =
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

    /// <summary>The heading.</summary>
    public static string Heading(IEnumerable<string> tasks) => string.Join(',', [.. _columns, .. tasks.Select(t => Quote(TaskPrefix + t))]);

    /// <summary>A line.</summary>
    public static string Line(ProgressRow row)
    {
        StringBuilder line = new();
        line.Append(
            CultureInfo.InvariantCulture,
            $"{row.Step},{row.Epoch},{row.Loss:R},{row.Supervised:R},{row.Dist:R},{row.Recon:R},"
                + $"{row.LearningRate:R},{row.StepsPerSecond:G4}"
        );
        foreach (double loss in row.TaskLosses)
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
        if (
            heading.Length < _columns.Length
            || !heading.AsSpan(0, _columns.Length).SequenceEqual(_columns)
            || heading[_columns.Length..].Any(h => !h.StartsWith(TaskPrefix, StringComparison.Ordinal))
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
                    numbers[4],
                    numbers[5],
                    numbers[6],
                    numbers[7],
                    numbers[_columns.Length..]
                )
            );
        }
        return new([.. heading[_columns.Length..].Select(h => h[TaskPrefix.Length..])], rows);
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
    double Dist,
    double Recon,
    double LearningRate,
    double StepsPerSecond,
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
            Of(p => p.Dist),
            Of(p => p.Recon),
            last.LearningRate,
            last.StepsPerSecond,
            tasks
        );
    }
}
