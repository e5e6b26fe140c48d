using System.Globalization;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Inspection;

/// <summary>Shows an inspection.</summary>
internal static class InspectionView
{
    private const int MostProblems = 10;
    private const int MostSizes = 4;

    /// <summary>Counts, sizes, labels, statistics and the first problems of a part.</summary>
    public static void Show(CliConsole console, DataInspection part)
    {
        console.Title(part.Part == Data.DataPart.Train ? "To train on" : "To score on");
        console.Facts(
            (
                "samples",
                $"{part.Data.Count} of {part.Data.Height} x "
                    + $"{part.Data.Width}{(part.Data is JoinedDataset joined ? $": {JoinedSources.Describe(joined)}" : "")}"
            ),
            (
                "photographs",
                $"{(part.Sizes.Count == 0 ? "of no size of their own" : Sizes(part))}"
                    + $"{(part.Data.Inputs.IsRgb ? "" : $", of {part.Data.Inputs.ImageChannels} channels")}"
            ),
            ("read", $"{part.Read}{(part.Read < part.Data.Count ? " (--limit reads more)" : "")}, with a damaged file: {part.Bad}"),
            (
                "labels a sample",
                string.Join(
                    ", ",
                    part.LabelCounts.Select((n, k) => (n, k)).Where(p => p.n > 0).Select(p => $"{p.k} of {part.Tasks.Count}: {p.n}")
                )
            )
        );
        console.Line();
        List<string[]> tasks =
        [
            ["task", "kind", "labelled", "invalid %", "lowest", "mean", "highest"],
        ];
        tasks.AddRange(
            part.Tasks.Select(
                (t, i) =>
                    (string[])
                        [
                            t.Task.Name,
                            t.Task.Kind.Describe(t.Task),
                            $"{part.Labeled[i]}",
                            Number(t.InvalidPercent, "F2"),
                            Number(t.Lowest, "G4"),
                            Number(t.Mean, "G4"),
                            Number(t.Highest, "G4"),
                        ]
            )
        );
        console.Table(TextTable.Format(tasks, 2, 3, 4, 5, 6), tasks, numbers: [2, 3, 4, 5, 6]);
        if (part.Domains.Count > 0)
            ShowDomains(console, part);
        if (part.Data.Inputs.Count > 0)
            ShowInputs(console, part);
        foreach (LabelStatistics t in part.Tasks)
        {
            if (t.Classes.Count > 0 && t.Pixels > 0)
                ShowClasses(console, t.Task, t);
            if (t.Values.Count > 1)
                ShowValues(console, t);
        }
        if (part.Problems.Count == 0)
            return;
        console.Title($"Problems: {part.Problems.Count}");
        foreach (FolderProblem problem in part.Problems.Take(MostProblems))
            console.Line($"  {problem}");
        if (part.Problems.Count > MostProblems)
            console.Line($"  and {part.Problems.Count - MostProblems} more; --json lists all");
    }

    private static void ShowDomains(CliConsole console, DataInspection part)
    {
        console.Title("Domains");
        int channels = part.Data.Inputs.ImageChannels;
        string[] colors = part.Data.Inputs.IsRgb
            ? ["red", "green", "blue"]
            : [.. Enumerable.Range(0, channels).Select(c => $"channel {c}")];
        List<string[]> cells =
        [
            ["domain", "samples", .. part.Data.Tasks.Select(t => t.Name), .. colors],
            .. part.Domains.Select(d =>
                (string[])
                    [
                        d.Name,
                        $"{d.Samples}",
                        .. d.Labeled.Select(n => $"{n}"),
                        .. Enumerable
                            .Range(0, channels)
                            .Select(c => d.HasColors ? $"{Number(d.Mean[c], "F2")} ± {Number(d.Deviation[c], "F2")}" : "-"),
                    ]
            ),
        ];
        int[] numbers = [.. Enumerable.Range(1, cells[0].Length - 1)];
        console.Table(TextTable.Format(cells, numbers), cells, numbers);
    }

    private static void ShowInputs(CliConsole console, DataInspection part)
    {
        console.Title("Inputs beside the photograph");
        List<string[]> cells =
        [
            ["input", "kind", "channels", "unit", "samples that have it"],
            .. part.Data.Inputs.Select(
                (input, i) =>
                    (string[])
                        [input.Name, input.IsPlanes ? "planes" : "vector", $"{input.Channels}", input.Unit ?? "", $"{part.Present[i]}"]
            ),
        ];
        console.Table(TextTable.Format(cells, 2, 4), cells, numbers: [2, 4]);
    }

    private static string Sizes(DataInspection part)
    {
        IEnumerable<string> commonest = part
            .Sizes.OrderByDescending(s => s.Value)
            .Take(MostSizes)
            .Select(s => $"{s.Value} of {s.Key.Height} x {s.Key.Width}");
        return string.Join(", ", commonest) + (part.Sizes.Count > MostSizes ? $" and {part.Sizes.Count - MostSizes} further sizes" : "");
    }

    private static void ShowClasses(CliConsole console, VisionTask task, LabelStatistics t)
    {
        string places = task.Kind.Extent == TaskExtent.Pixel ? "pixels" : "photographs";
        console.Title($"{char.ToUpperInvariant(places[0])}{places[1..]} of {task.Name}");
        List<string[]> cells =
        [
            ["id", task.Kind.ClassWord, places, "%"],
        ];
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        for (int c = 0; c < t.Classes.Count; c++)
            cells.Add([$"{c}", names[c], Number(t.Classes[c], "F0"), Number(100.0 * t.Classes[c] / t.Pixels, "F2")]);
        cells.Add(["", "no label", Number(t.Invalid, "F0"), Number(t.InvalidPercent, "F2")]);
        console.Table(TextTable.Format(cells, 0, 2, 3), cells, numbers: [0, 2, 3]);
    }

    private static void ShowValues(CliConsole console, LabelStatistics t)
    {
        console.Title($"Values of {t.Task.Name}");
        List<string[]> cells =
        [
            ["value", "labels", "lowest", "mean", "deviation", "highest"],
            .. t.Values.Select(v =>
                (string[])
                    [
                        v.Name,
                        Number(v.Count, "F0"),
                        Number(v.Lowest, "G4"),
                        Number(v.Mean, "G4"),
                        Number(v.Deviation, "G4"),
                        Number(v.Highest, "G4"),
                    ]
            ),
        ];
        console.Table(TextTable.Format(cells, 1, 2, 3, 4, 5), cells, numbers: [1, 2, 3, 4, 5]);
    }

    private static string Number(double? value, string format) =>
        value is not double number || double.IsNaN(number) ? "-" : number.ToString(format, CultureInfo.InvariantCulture);
}
