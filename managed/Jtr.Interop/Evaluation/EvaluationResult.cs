using System.Globalization;
using System.Text;

namespace Jtr.Interop.Evaluation;

/// <summary>The scores of a network on an evaluation set, task by task. Immutable.</summary>
public sealed class EvaluationResult
{
    /// <summary>Makes a result.</summary>
    /// <param name="samples">Number of samples evaluated.</param>
    /// <param name="tasks">1 or more tasks with different names.</param>
    public EvaluationResult(long samples, params IEnumerable<TaskResult> tasks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentNullException.ThrowIfNull(tasks);
        Samples = samples;
        Tasks = [.. tasks];
        if (Tasks.Count == 0)
            throw new ArgumentException("a result has at least one task", nameof(tasks));
        if (Tasks.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() != Tasks.Count)
            throw new ArgumentException("two tasks have the same name", nameof(tasks));
    }

    /// <summary>Takes the present scores of accumulators.</summary>
    /// <param name="samples">Number of samples evaluated.</param>
    /// <param name="metrics">One accumulator for each task.</param>
    public static EvaluationResult From(long samples, IEnumerable<TaskMetrics> metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return new EvaluationResult(samples, metrics.Select(TaskResult.From));
    }

    /// <summary>Number of samples evaluated.</summary>
    public long Samples { get; }

    /// <summary>The tasks' scores.</summary>
    public IReadOnlyList<TaskResult> Tasks { get; }

    /// <summary>The scores on the samples of each domain, where the data have several; else empty.</summary>
    public IReadOnlyList<DomainResult> Domains { get; init; } = [];

    /// <summary>A task's scores by its name; throws <see cref="KeyNotFoundException"/> when there is none of that name.</summary>
    public TaskResult this[string task] =>
        Tasks.FirstOrDefault(t => t.Name == task)
        ?? throw new KeyNotFoundException($"no task is named '{task}'; there are {string.Join(", ", Tasks.Select(t => t.Name))}");

    /// <summary>
    /// Delta %: mean over tasks of the relative improvement of the headline metric over a baseline,
    /// in percent, signed so that better is positive. Tasks that cannot be compared are left out; NaN when none can.
    /// </summary>
    /// <param name="baseline">The result to compare with.</param>
    public double DeltaPercent(EvaluationResult baseline) => CompareTo(baseline).Percent;

    /// <summary>Delta % with each task's part of it and notes on those left out.</summary>
    /// <param name="baseline">The result to compare with.</param>
    public DeltaResult CompareTo(EvaluationResult baseline)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        return DeltaResult.Compare(this, baseline);
    }

    /// <summary>
    /// All scores as an aligned table of plain text, a line for each metric; with a baseline, its scores and the improvement too.
    /// </summary>
    /// <param name="baseline">A result to compare with, or null.</param>
    public string ToTable(EvaluationResult? baseline = null)
    {
        StringBuilder text = new(TextTable.Format(ToCells(baseline), rightAligned: baseline is null ? [2] : [2, 3, 5]));
        if (baseline is not null)
        {
            DeltaResult delta = CompareTo(baseline);
            text.Append("Delta % over the baseline: ").Append(MetricFormat.Delta(delta.Percent)).Append('\n');
            foreach (string note in delta.Notes)
                text.Append(note).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>
    /// The cells of <see cref="ToTable"/>: a heading (task, metric, value, unit; or task, metric, value, baseline, unit, delta %), then a
    /// line for each metric.
    /// </summary>
    /// <param name="baseline">A result to compare with, or null.</param>
    public IReadOnlyList<string[]> ToCells(EvaluationResult? baseline = null)
    {
        DeltaResult? delta = baseline is null ? null : CompareTo(baseline);
        List<string[]> lines =
        [
            baseline is null ? ["task", "metric", "value", "unit"] : ["task", "metric", "value", "baseline", "unit", "delta %"],
        ];
        foreach (TaskResult task in Tasks)
        {
            TaskResult? other = baseline?.Tasks.FirstOrDefault(t => t.Name == task.Name);
            foreach (MetricValue metric in task.Metrics)
            {
                string name = task.Metrics[0] == metric ? task.Name : "";
                string value = MetricFormat.Value(metric);
                if (delta is null)
                {
                    lines.Add([name, metric.Name, value, metric.Unit]);
                    continue;
                }
                string theirs = other?.Metrics.Where(m => m.Name == metric.Name).Select(MetricFormat.Value).FirstOrDefault() ?? "";
                string change = metric.IsHeadline ? MetricFormat.Delta(delta.Tasks.First(t => t.Task == task.Name).Percent) : "";
                lines.Add([name, metric.Name, value, theirs, metric.Unit, change]);
            }
        }
        return lines;
    }

    /// <summary>
    /// The headline scores by domain as cells: a heading (task, metric, unit, the domains, all), the numbers of samples, then a line for
    /// each task. Empty where there are no domains.
    /// </summary>
    public IReadOnlyList<string[]> ToDomainCells()
    {
        if (Domains.Count == 0)
            return [];
        return
        [
            ["task", "metric", "unit", .. Domains.Select(d => d.Domain), "all"],
            ["samples", "", "", .. Domains.Select(d => Count(d.Scores.Samples)), Count(Samples)],
            .. Tasks.Select(t =>
                (string[])
                    [
                        t.Name,
                        t.Headline.Name,
                        t.Headline.Unit,
                        .. Domains.Select(d => MetricFormat.Value(d.Scores[t.Name].Headline)),
                        MetricFormat.Value(t.Headline),
                    ]
            ),
        ];

        static string Count(long samples) => samples.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The headline scores of each domain beside those of another network, such as one that was trained without the other domains: a
    /// heading (domain, task, metric, unit, value, baseline, delta %), then a line for each domain and task. The baseline's scores are
    /// those
    /// of the domain of that name or, where it knows no domains, all of them, if they are of as many samples as the domain alone has.
    /// Empty where there are none.
    /// </summary>
    /// <param name="baseline">The other network's scores.</param>
    public IReadOnlyList<string[]> ToDomainGapCells(EvaluationResult baseline)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        List<string[]> lines = [];
        foreach (DomainResult domain in Domains)
        {
            bool isOnly = Domains.Count(d => d.Scores.Samples == baseline.Samples) == 1 && domain.Scores.Samples == baseline.Samples;
            EvaluationResult? other =
                baseline.Domains.FirstOrDefault(d => d.Domain == domain.Domain)?.Scores
                ?? (baseline.Domains.Count == 0 && isOnly ? baseline : null);
            if (other is null)
                continue;
            DeltaResult delta = domain.Scores.CompareTo(other);
            foreach (TaskDelta task in delta.Tasks.Where(d => other.Tasks.Any(t => t.Name == d.Task)))
            {
                MetricValue own = domain.Scores[task.Task].Headline;
                string theirs = MetricFormat.Value(other[task.Task].Headline);
                lines.Add([
                    domain.Domain,
                    task.Task,
                    own.Name,
                    own.Unit,
                    MetricFormat.Value(own),
                    theirs,
                    MetricFormat.Delta(task.Percent),
                ]);
            }
        }
        return lines.Count == 0
            ? []
            :
            [
                ["domain", "task", "metric", "unit", "value", "baseline", "delta %"],
                .. lines,
            ];
    }

    /// <summary>
    /// All scores as comma-separated values with a heading: task, kind, metric, value, unit, better ("higher" or "lower"), headline (1 or
    /// 0) and, where there are domains, domain (empty: all samples). Values are exact; a score without a valid pixel is empty.
    /// </summary>
    public string ToCsv()
    {
        bool hasDomains = Domains.Count > 0;
        StringBuilder text = new("task,kind,metric,value,unit,better,headline");
        text.Append(hasDomains ? ",domain\n" : "\n");
        AppendCsv(text, hasDomains ? "," : "");
        foreach (DomainResult domain in Domains)
            domain.Scores.AppendCsv(text, $",{Quote(domain.Domain)}");
        return text.ToString();
    }

    private void AppendCsv(StringBuilder text, string end)
    {
        foreach (TaskResult task in Tasks)
        {
            foreach (MetricValue metric in task.Metrics)
                Line(text, task, metric, end);
            foreach (ClassScore score in task.Classes)
                Line(
                    text,
                    task,
                    new MetricValue($"{task.ClassScoreName} {score.Name}", score.Value, "%", HigherIsBetter: true, IsHeadline: false),
                    end
                );
        }
    }

    /// <summary>
    /// The confusion matrices (<see cref="TaskResult.Confusion"/>) as comma-separated values with a heading: task, label, prediction,
    /// pixels (photographs of a classification); a line for each pair of classes.
    /// </summary>
    public string ToConfusionCsv()
    {
        StringBuilder text = new("task,label,prediction,pixels\n");
        foreach (TaskResult task in Tasks)
        {
            if (task.Confusion is not { } counts)
                continue;
            for (int label = 0; label < counts.Count; label++)
            {
                for (int prediction = 0; prediction < counts.Count; prediction++)
                {
                    text.Append(Quote(task.Name))
                        .Append(',')
                        .Append(Quote(task.Classes[label].Name))
                        .Append(',')
                        .Append(Quote(task.Classes[prediction].Name))
                        .Append(',')
                        .Append(CultureInfo.InvariantCulture, $"{counts[label][prediction]}")
                        .Append('\n');
                }
            }
        }
        return text.ToString();
    }

    /// <summary>The result as JSON, which <see cref="FromJson"/> reads back exactly.</summary>
    public string ToJson() => EvaluationJson.Write(this);

    /// <summary>Writes <see cref="ToJson"/> to a file that appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void SaveJson(string path) => AtomicFile.Write(path, Encoding.UTF8.GetBytes(ToJson()));

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JtrFormatException">It is not such a text.</exception>
    public static EvaluationResult FromJson(string json) => EvaluationJson.Read(json, path: null);

    /// <summary>Reads a file that holds what <see cref="ToJson"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JtrFormatException">It does not hold a result.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static EvaluationResult LoadJson(string path) => EvaluationJson.Read(File.ReadAllText(path), path);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", Tasks.Select(t => $"{t.Name} {t.Headline.Name} {MetricFormat.Value(t.Headline)}"));

    private static void Line(StringBuilder text, TaskResult task, MetricValue metric, string end) =>
        text.Append(Quote(task.Name))
            .Append(',')
            .Append(task.Kind.Word)
            .Append(',')
            .Append(Quote(metric.Name))
            .Append(',')
            .Append(double.IsNaN(metric.Value) ? "" : metric.Value.ToString("R", CultureInfo.InvariantCulture))
            .Append(',')
            .Append(Quote(metric.Unit))
            .Append(',')
            .Append(metric.HigherIsBetter ? "higher" : "lower")
            .Append(',')
            .Append(metric.IsHeadline ? '1' : '0')
            .Append(end)
            .Append('\n');

    private static string Quote(string field) =>
        field.AsSpan().IndexOfAny(",\"\n\r") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
