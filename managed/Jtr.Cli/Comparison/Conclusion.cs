using System.Globalization;
using System.Text;
using Jtr.Interop.Evaluation;

namespace Jtr.Cli.Comparison;

/// <summary>What a person should conclude from a comparison, in one paragraph.</summary>
internal static class Conclusion
{
    // Student's interval of fewer pairs is so wide that it decides hardly ever.
    private const int FewPairs = 3;

    /// <summary>The paragraph; empty where nothing can be said.</summary>
    public static string Of(ComparisonTable table)
    {
        if (PairedTable.Of(table) is not { } paired)
            return table.Methods.Count == 0
                ? ""
                : $"There is no run of '{ComparedMethod.Baseline}', so nothing says what the labels alone give.";
        StringBuilder text = new();
        MethodRuns? ceiling = paired.Others.FirstOrDefault(m => m.Name == ComparedMethod.Ceiling);
        if (ceiling is not null)
            text.Append(OfCeiling(paired, ceiling));
        List<(string Name, PairedDifference Delta)> others =
        [
            .. paired
                .Others.Where(m => m.Name is not ComparedMethod.Ceiling)
                .Select(m => (m.Name, paired.Delta(m)))
                .OrderByDescending(m => m.Item2.Mean),
        ];
        if (others.Count == 0)
            return text.Append("No method was compared with supervised training.").ToString();
        int pairs = others.Min(m => m.Delta.Count);
        Say(text, others.Where(m => m.Delta.IsAbove), "better than supervised training", "");
        Say(text, others.Where(m => m.Delta.IsBelow), "worse", "");
        List<(string Name, PairedDifference Delta)> open = [.. others.Where(m => !m.Delta.IsAbove && !m.Delta.IsBelow)];
        Say(text, open, "not shown to differ from it", others.Count == open.Count ? "No method is shown to gain. " : "");
        text.Append(
            pairs < FewPairs
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"With {pairs} {(pairs == 1 ? "pair" : "pairs")} of runs hardly anything can be shown: give more --seeds. "
                )
                : ""
        );
        if (others.Any(m => m.Delta.IsAbove) && table.Methods.All(m => m.Name != ComparedMethod.SupervisedViews))
            text.Append($"A gain may come of more views alone: '{ComparedMethod.SupervisedViews}' beside it would tell. ");
        return text.ToString().TrimEnd();
    }

    private static string OfCeiling(PairedTable paired, MethodRuns ceiling)
    {
        PairedDifference gap = paired.Delta(ceiling);
        return gap.IsAbove
            ? $"The ceiling: with all labels supervised training is better by {Percent(gap)}. "
            : $"It is not shown that there is anything to gain: with all labels supervised training differs by {Percent(gap)}. ";
    }

    private static void Say(StringBuilder text, IEnumerable<(string Name, PairedDifference Delta)> methods, string what, string before)
    {
        string[] named = [.. methods.Select(m => $"{m.Name} ({Percent(m.Delta)})")];
        if (named.Length > 0)
            text.Append(before)
                .Append(char.ToUpperInvariant(what[0]))
                .Append(what.AsSpan(1))
                .Append(": ")
                .AppendJoin(", ", named)
                .Append(". ");
    }

    private static string Percent(PairedDifference d) =>
        MetricFormat.Delta(d.Mean) + (double.IsNaN(d.Half) ? "" : " ± " + MetricFormat.Delta(d.Half).TrimStart('+')) + " %";
}
