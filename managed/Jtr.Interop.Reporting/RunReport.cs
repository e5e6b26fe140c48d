using System.Globalization;
using System.Text;
using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Reporting;

/// <summary>
/// Pages of HTML about runs, from what their folders hold (progress.csv, history.csv, results.json, predictions.png,
/// checkpoint.safetensors, environment.json):
/// curves, tables, pictures, settings, machine. A page is one file that needs no other and no network.
/// </summary>
public static class RunReport
{
    private const string SegNet = "segnet";

    /// <summary>Writes the page about a run.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="path">The file to write; null: report.html in the folder.</param>
    /// <param name="baseline">Scores to compare with, or null.</param>
    /// <param name="parts">Parts of your own, which stand behind the scores and pictures; null for none.</param>
    /// <returns>The file.</returns>
    /// <exception cref="ArgumentException">A table of yours has no heading, or lines of different lengths.</exception>
    /// <exception cref="IOException">A file cannot be read or written, or the folder is not there.</exception>
    /// <exception cref="JtrFormatException">The folder is not that of a run, or a file in it is damaged.</exception>
    public static string Save(
        string folder,
        string? path = null,
        EvaluationResult? baseline = null,
        IReadOnlyList<ReportPart>? parts = null
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        path ??= Path.Combine(folder, "report.html");
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(OfRun(RunFiles.Read(folder), baseline, parts ?? [])));
        return path;
    }

    /// <summary>Writes a page that compares runs: their curves in the same charts, their scores in one table.</summary>
    /// <param name="folders">Their folders, two or more; the first is the baseline of Delta %.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="ArgumentException">There are fewer than two folders.</exception>
    /// <exception cref="IOException">A file cannot be read or written, or a folder is not there.</exception>
    /// <exception cref="JtrFormatException">A folder is not that of a run, or a file in it is damaged.</exception>
    public static void SaveComparison(IReadOnlyList<string> folders, string path)
    {
        ArgumentNullException.ThrowIfNull(folders);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (folders.Count < 2)
            throw new ArgumentException($"a comparison takes two folders or more, not {folders.Count}", nameof(folders));
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(OfComparison([.. folders.Select(RunFiles.Read)])));
    }

    private static string OfRun(RunFiles run, EvaluationResult? baseline, IReadOnlyList<ReportPart> parts)
    {
        HtmlPage page = new($"Run {run.Name}");
        string method = Option(run, "method", "training.method") ?? "unknown method";
        page.Lead(
            $"{method}, {Network(run)}, seed {Option(run, "seed", "training.seed") ?? "?"}"
                + (run.Environment.Count == 0 ? "" : $"; begun {run.Environment[^1].Value}")
        );
        page.Tiles(Tiles(run, baseline));
        Curves(page, [run]);
        if (run.Result is { } result)
        {
            page.Section($"Scores on {result.Samples} samples");
            page.Table([.. result.ToCells(baseline)]);
            if (result.ToDomainCells() is { Count: > 0 } domains)
                page.Section("Scores by domain").Table([.. domains]);
            if (baseline is not null && result.ToDomainGapCells(baseline) is { Count: > 0 } gap)
                page.Section("Domain gap: against the baseline").Table([.. gap]);
            foreach (TaskResult task in result.Tasks.Where(t => t.Classes.Count > 0))
            {
                page.Section($"Classes of {task.Name}");
                page.Table([
                    ["class", $"{task.ClassScoreName} %"],
                    .. task.Classes.Select(c =>
                        new[] { c.Name, double.IsNaN(c.Value) ? "-" : c.Value.ToString("F2", CultureInfo.InvariantCulture) }
                    ),
                ]);
            }
        }
        if (run.Picture is { } picture)
            page.Section("Pictures").Picture(picture, "Photographs, labels and predictions");
        foreach (ReportPart part in parts)
        {
            page.Section(part.Title);
            part.AppendTo(page);
        }
        if (run.Options.Count > 0)
            page.Section("Settings").Facts(run.Options);
        if (run.Environment.Count > 0)
            page.Section("Machine").Facts(run.Environment);
        return page.ToString();
    }

    private static string OfComparison(IReadOnlyList<RunFiles> runs)
    {
        HtmlPage page = new($"{runs.Count} runs: {string.Join(", ", runs.Select(r => r.Name))}");
        page.Lead($"Delta % is the mean relative improvement over {runs[0].Name}, signed so that better is positive.");
        RunFiles[] scored = [.. runs.Where(r => r.Result is not null)];
        if (scored.Length > 0)
        {
            ResultsTable table = new(baseline: scored[0].Name);
            foreach (RunFiles run in scored)
                table.Add(run.Name, run.Result!);
            page.Section("Scores").Table([.. table.ToCells()]);
        }
        Curves(page, runs);
        string[] names = [.. runs.SelectMany(r => r.Options).Select(o => o.Name).Distinct()];
        string[][] different =
        [
            .. names.Select(n => (string[])[n, .. runs.Select(r => Option(r, n) ?? "")]).Where(l => l.Skip(1).Distinct().Count() > 1),
        ];
        if (different.Length > 0)
            page.Section("Settings that differ")
                .Table([
                    ["setting", .. runs.Select(r => r.Name)],
                    .. different,
                ]);
        foreach (RunFiles run in runs.Where(r => r.Picture is not null))
            page.Section($"Pictures of {run.Name}").Picture(run.Picture, $"{run.Name}: photographs, labels and predictions");
        return page.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Tiles(RunFiles run, EvaluationResult? baseline)
    {
        if (run.Result is { } result)
        {
            if (baseline is not null)
                yield return ("Delta % over the baseline", MetricFormat.Delta(result.DeltaPercent(baseline)));
            foreach (TaskResult task in result.Tasks)
                yield return (
                    $"{task.Name}: {task.Headline.Name}, {Better(task.Headline)}",
                    MetricFormat.Value(task.Headline) + (task.Headline.Unit == "%" ? " %" : "")
                );
        }
        if (run.Progress?.Rows is [.., ProgressRow last])
        {
            yield return ("steps", last.Step.ToString("N0", CultureInfo.InvariantCulture));
            yield return ("last loss", last.Loss.ToString("G4", CultureInfo.InvariantCulture));
            if (last.StepsPerSecond > 0)
                yield return ("steps a second", last.StepsPerSecond.ToString("G3", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The losses and scores over the steps: of one run a chart of each kind of loss, of several a chart of each loss.</summary>
    private static void Curves(HtmlPage page, IReadOnlyList<RunFiles> runs)
    {
        List<LineChart> charts = [];
        LineChart Losses(string title, Func<RunFiles, IEnumerable<(string Name, Func<ProgressRow, double> Value)>> curves) =>
            new(
                title,
                [
                    .. runs.SelectMany(
                        (r, i) =>
                            curves(r)
                                .Select(
                                    (c, k) =>
                                        new LineSeries(
                                            runs.Count == 1 ? c.Name : r.Name,
                                            Points(r, c.Value),
                                            (runs.Count == 1 ? k : i) % HtmlPage.Colors
                                        )
                                )
                    ),
                ]
            );

        charts.Add(Losses("Loss", _ => [("loss", row => row.Loss)]));
        if (runs.Count == 1)
        {
            charts.Add(Losses("Terms of the loss, unweighted", r => Terms(r)));
            charts.Add(
                Losses(
                    "Supervised loss of each task",
                    r => (r.Progress?.Tasks ?? []).Select((name, t) => (name, (Func<ProgressRow, double>)(row => row.TaskLosses[t])))
                )
            );
        }
        else
        {
            foreach (string name in runs.SelectMany(Terms).Select(t => t.Name).Distinct())
                charts.Add(Losses(char.ToUpperInvariant(name[0]) + name[1..], r => Terms(r).Where(t => t.Name == name)));
            foreach (string task in runs.SelectMany(r => r.Progress?.Tasks ?? []).Distinct())
                charts.Add(
                    Losses(
                        $"Supervised loss of {task}",
                        r =>
                            (r.Progress?.Tasks ?? [])
                                .Select((name, t) => (Name: name, Value: (Func<ProgressRow, double>)(row => row.TaskLosses[t])))
                                .Where(c => c.Name == task)
                    )
                );
        }
        foreach ((string task, string metric) in runs.SelectMany(r => r.Scores).Select(s => (s.Task, s.Metric)).Distinct())
        {
            MetricValue? known = runs.SelectMany(r => r.Result?.Tasks ?? [])
                .Where(t => t.Name == task)
                .SelectMany(t => t.Metrics)
                .Where(m => m.Name == metric)
                .Select(m => (MetricValue?)m)
                .FirstOrDefault();
            charts.Add(
                new LineChart(
                    $"Score: {task}, {metric}{(known is { } m ? $"{(m.Unit.Length == 0 ? "" : " " + m.Unit)} ({Better(m)})" : "")}",
                    [
                        .. runs.Select(
                            (r, i) =>
                                new LineSeries(
                                    r.Name,
                                    [.. r.Scores.Where(s => s.Task == task && s.Metric == metric).Select(s => ((double)s.Step, s.Value))],
                                    i % HtmlPage.Colors
                                )
                        ),
                    ],
                    IsSmooth: true
                )
            );
        }
        if (runs.SelectMany(r => r.Progress?.Rows ?? []).Select(r => r.LearningRate).Distinct().Count() > 1)
            charts.Add(Losses("Learning rate", _ => [("rate", row => row.LearningRate)]));
        // Scores that were taken once, at the end, are in the table.
        LineChart[] drawn = [.. charts.Where(c => c.IsSmooth ? c.HasCurves : c.HasPoints)];
        if (drawn.Length > 0)
            page.Section("Curves").Charts(drawn);
    }

    /// <summary>The supervised loss and what the method adds; terms that are 0 throughout say nothing.</summary>
    private static IEnumerable<(string Name, Func<ProgressRow, double> Value)> Terms(RunFiles run) =>
        (run.Progress?.Terms ?? [])
            .Select((name, i) => (Name: name, Value: (Func<ProgressRow, double>)(r => r.Terms[i])))
            .Where(t => run.Progress!.Rows.Any(row => t.Value(row) is not (0 or double.NaN)))
            .Prepend((Name: "supervised", Value: r => r.Supervised));

    private static (double, double)[] Points(RunFiles run, Func<ProgressRow, double> value) =>
        [.. (run.Progress?.Rows ?? []).Select(r => ((double)r.Step, value(r)))];

    private static string Better(MetricValue metric) => metric.HigherIsBetter ? "higher is better" : "lower is better";

    /// <summary>A setting, which a trainer's options and a configuration call differently.</summary>
    private static string Network(RunFiles run) =>
        Option(run, "network.backbone") is { } backbone && backbone != SegNet
            ? $"{backbone} and {Option(run, "network.decoder") ?? "?"}"
            : $"width {Option(run, "width", "training.width") ?? "?"}";

    private static string? Option(RunFiles run, params string[] names) =>
        run.Options.Where(o => names.Contains(o.Name)).Select(o => o.Value).FirstOrDefault();
}
