using Jtr.Cli.Output;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Data;

/// <summary>What --skip-bad does: wraps data sets and says at the end what was skipped.</summary>
internal static class BadSamples
{
    private const int Named = 5;

    /// <summary>The data set as it is, or, where bad samples are to be skipped, wrapped.</summary>
    public static IMultiTaskDataset Wrap(DataRequest request, IMultiTaskDataset data, LabelAssignment? labels = null) =>
        request.SkipBad ? new SkipBadDataset(data, labels) : data;

    /// <summary>Says how many files were left out of a packed data set, and names the first.</summary>
    public static void ReportPacked(CliConsole console, IReadOnlyList<SkippedSample> skipped, int samples)
    {
        if (skipped.Count == 0)
            return;
        console.Line($"warning: damaged files that were left out: {skipped.Count} (samples that are missing for it: {samples})");
        foreach (SkippedSample sample in skipped.Take(Named))
            console.Line($"warning: sample {sample.Index} ('{sample.Name}'): {sample.Message}");
        if (skipped.Count > Named)
            console.Line($"warning: {skipped.Count - Named} more; 'jtr inspect' lists them");
    }

    /// <summary>Says how many samples of wrapped data sets were skipped, and names the first.</summary>
    public static void Report(CliConsole console, params IEnumerable<IMultiTaskDataset?> data)
    {
        SkippedSample[] skipped = [.. data.OfType<SkipBadDataset>().SelectMany(d => d.Skipped)];
        if (skipped.Length == 0)
            return;
        console.Line($"warning: samples that cannot be read and were skipped, others standing in for them: {skipped.Length}");
        foreach (SkippedSample sample in skipped.Take(Named))
            console.Line($"warning: {sample}");
        if (skipped.Length > Named)
            console.Line($"warning: {skipped.Length - Named} more; 'jtr inspect' lists them");
    }
}
