using Jtr.Cli.Output;
using Jtr.Interop.Datasets.Checks;

namespace Jtr.Cli.Inspection;

/// <summary>Shows what the checks of data found.</summary>
internal static class CheckView
{
    /// <summary>With a title, and also where there is nothing to say.</summary>
    public static void ShowTitled(CliConsole console, DataCheckReport report)
    {
        console.Title("Checks");
        console.Line($"  looked at {Looked(report)}{(report.Findings.Count == 0 ? ": nothing to remark" : "")}");
        Show(console, report);
    }

    /// <summary>A line for each finding.</summary>
    public static void Show(CliConsole console, DataCheckReport report)
    {
        foreach (DataFinding finding in report.Findings)
            console.Warn($"{finding.Level.ToString().ToLowerInvariant()}: {finding}");
    }

    /// <summary>How much was looked at.</summary>
    public static string Looked(DataCheckReport report) =>
        $"{report.Labels} labels" + (report.Photographs > 0 ? $", {report.Photographs} photographs compared" : "");
}
