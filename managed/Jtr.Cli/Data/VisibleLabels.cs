using Jtr.Cli.Commands;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Data;

/// <summary>The labels that training may see: drawn, or read from files, and then limited.</summary>
internal static class VisibleLabels
{
    /// <summary>The labels of a run.</summary>
    /// <param name="settings">The run's settings.</param>
    /// <param name="data">The training data.</param>
    /// <exception cref="UsageException">A limit fits no task.</exception>
    /// <exception cref="JtrFormatException">A file of labels is damaged, or for other data.</exception>
    public static LabelAssignment Of(TrainSettings settings, IMultiTaskDataset data) =>
        LabelLimit.Apply(All(settings, data), settings.Configuration.Data.LimitLabels, settings.Seed);

    private static LabelAssignment All(TrainSettings settings, IMultiTaskDataset data)
    {
        if (settings.LabelsFile is not null)
            return LabelsFile.Read(settings.LabelsFile, data);
        return data is JoinedDataset joined
            ? JoinedSources.Draw(settings.Scenario, joined, settings.Data.Sources ?? [], settings.Seed)
            : LabelAssignment.Draw(settings.Scenario, data, settings.Seed);
    }
}
