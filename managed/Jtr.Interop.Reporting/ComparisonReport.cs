using System.Globalization;
using System.Text.Json;
using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Reporting;

/// <summary>
/// The page of HTML about a folder that 'jtr compare' filled: the tables of comparison.json, scores over the steps, Delta %, pictures.png,
/// settings.
/// </summary>
public static class ComparisonReport
{
    /// <summary>File that makes a folder one of a comparison.</summary>
    public const string DocumentName = "comparison.json";

    /// <summary>Writes the page.</summary>
    /// <param name="folder">The folder of the comparison.</param>
    /// <param name="path">The file to write; null: report.html in the folder.</param>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JtrFormatException">comparison.json is damaged.</exception>
    public static string Save(string folder, string? path = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        path ??= Path.Combine(folder, "report.html");
        Read(folder).Save(path);
        return path;
    }

    /// <summary>The page, to which parts may be added.</summary>
    /// <param name="folder">The folder of the comparison.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="JtrFormatException">comparison.json is damaged.</exception>
    public static ReportPage Read(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string file = Path.Combine(folder, DocumentName);
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(file));
            return Page(json.RootElement, folder);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new JtrFormatException(file, $"is not the comparison that 'jtr compare' writes: {e.Message}", innerException: e);
        }
    }

    private static ReportPage Page(JsonElement json, string folder)
    {
        Headline[] headlines =
        [
            .. json.GetProperty("Headlines")
                .EnumerateArray()
                .Select(h => new Headline(
                    Text(h, "Task"),
                    new MetricValue(
                        Text(h, "Metric"),
                        double.NaN,
                        Text(h, "Unit"),
                        h.GetProperty("HigherIsBetter").GetBoolean(),
                        IsHeadline: true
                    )
                )),
        ];
        JsonElement[] methods = [.. json.GetProperty("Methods").EnumerateArray()];
        List<(string, string)> settings = [];
        RunFiles.Flatten(json.GetProperty("Plan"), "", settings);
        List<ReportPart> parts =
        [
            new ReportTable(
                "Scores",
                [
                    ["method", .. headlines.Select(h => h.Title), "Delta %", "seeds"],
                    .. methods.Select(m =>
                        (string[])
                            [
                                Text(m, "Name"),
                                .. m.GetProperty("Scores")
                                    .EnumerateArray()
                                    .Select((s, t) => Cell(s, v => MetricFormat.Value(headlines[t].Metric with { Value = v }))),
                                Cell(m.GetProperty("DeltaPercent"), MetricFormat.Delta),
                                m.GetProperty("Runs").GetArrayLength().ToString(CultureInfo.InvariantCulture),
                            ]
                    ),
                ],
                "Mean and standard deviation over seeds. Delta % is the mean relative improvement over supervised training with the same "
                    + "seed, positive when better."
            ),
            .. Domains(json),
            new ReportBars(
                "Delta % against supervised",
                [
                    .. methods
                        .Select(m =>
                            (
                                Name: Text(m, "Name"),
                                Mean: Number(m.GetProperty("DeltaPercent"), "Mean"),
                                Deviation: Number(m.GetProperty("DeltaPercent"), "Deviation")
                            )
                        )
                        .Select(m => new ReportBar(m.Name, m.Mean, m.Deviation, MetricFormat.Delta(m.Mean))),
                ]
            ),
            .. WhileTraining(methods, headlines),
            new ReportTable(
                "What training cost",
                [
                    ["method", "steps a second", "processor ms a step", "peak MiB", "added MiB"],
                    .. methods.Select(m =>
                        (string[])
                            [
                                Text(m, "Name"),
                                Mean(m, r => Number(r, "TimedSteps") / Number(r, "Seconds"), "F2"),
                                Mean(m, r => 1000 * Number(r, "ProcessorSeconds") / Number(r, "TimedSteps"), "F1"),
                                Mean(m, r => Number(r, "PeakMebibytes"), "F0"),
                                Mean(m, r => Number(r, "AddedMebibytes"), "F0"),
                            ]
                    ),
                ],
                "Training alone, without scoring. The peak is the most memory that the process held, of which training added the last "
                    + "column to what it held before."
            ),
        ];
        string pictures = Path.Combine(folder, "pictures.png");
        if (File.Exists(pictures))
            parts.Add(new ReportPicture("Pictures", File.ReadAllBytes(pictures), "The same test images, predicted by each method"));
        parts.Add(
            new ReportTable(
                "Settings",
                [
                    ["setting", "value"],
                    .. settings.Select(s => (string[])[s.Item1, s.Item2]),
                ]
            )
        );
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return new ReportPage($"Comparison {name}", string.Join(", ", methods.Select(m => Text(m, "Name"))), parts);
    }

    /// <summary>The scores by domain; nothing where the data have one, or the comparison is of an earlier version.</summary>
    private static IEnumerable<ReportPart> Domains(JsonElement json)
    {
        if (!json.TryGetProperty("Domains", out JsonElement lines))
            yield break;
        yield return new ReportTable(
            "Scores by domain",
            [.. lines.EnumerateArray().Select(line => (string[])[.. line.EnumerateArray().Select(cell => cell.GetString()!)])],
            "Mean and standard deviation over seeds."
        );
    }

    /// <summary>The scores over the steps; nothing where they were taken at the end only, as then the table has them.</summary>
    private static IEnumerable<ReportPart> WhileTraining(JsonElement[] methods, Headline[] headlines)
    {
        ReportChart[] charts =
        [
            .. headlines.Select(
                (h, t) => new ReportChart(h.Title, "step", [.. methods.Select(m => new ReportCurve(Text(m, "Name"), Curve(m, t)))])
            ),
        ];
        if (charts.Any(c => c.Curves.Any(curve => curve.Points.Count > 1)))
            yield return new ReportCurves("Scores while training", charts);
    }

    /// <summary>A task's score over the steps, mean over the seeds that have it.</summary>
    private static (double X, double Y)[] Curve(JsonElement method, int task) =>
        [
            .. method
                .GetProperty("Runs")
                .EnumerateArray()
                .SelectMany(r => r.GetProperty("Record").GetProperty("Scores").EnumerateArray())
                .Select(s => (Step: (double)s.GetProperty("Step").GetInt64(), Value: s.GetProperty("Headlines")[task]))
                .Where(s => s.Value.ValueKind == JsonValueKind.Number)
                .GroupBy(s => s.Step, s => s.Value.GetDouble())
                .OrderBy(g => g.Key)
                .Select(g => (g.Key, g.Average())),
        ];

    /// <summary>The mean over the runs whose record has it.</summary>
    private static string Mean(JsonElement method, Func<JsonElement, double> value, string format)
    {
        double[] known =
        [
            .. method.GetProperty("Runs").EnumerateArray().Select(r => value(r.GetProperty("Record"))).Where(double.IsFinite),
        ];
        return known.Length == 0 ? "-" : known.Average().ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Cell(JsonElement statistic, Func<double, string> format)
    {
        double mean = Number(statistic, "Mean"),
            deviation = Number(statistic, "Deviation");
        if (double.IsNaN(mean))
            return "-";
        return double.IsNaN(deviation) ? format(mean) : $"{format(mean)} ± {format(deviation).TrimStart('+')}";
    }

    /// <summary>A number, or NaN where there is none: JSON has no NaN, and what is null may be left out.</summary>
    private static double Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private sealed record Headline(string Task, MetricValue Metric)
    {
        public string Title =>
            $"{Task} {Metric.Name}{(Metric.Unit.Length == 0 ? "" : " " + Metric.Unit)} ({(Metric.HigherIsBetter ? "higher" : "lower")})";
    }
}
