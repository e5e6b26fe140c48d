using Jtr.Cli.Commands;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;

namespace Jtr.Cli.Data;

/// <summary>Labels that a network has made, where training uses them.</summary>
internal static class MadeLabels
{
    /// <summary>The training data with those labels, and all labels that training sees; without them, both as they are.</summary>
    /// <param name="settings">The run's settings.</param>
    /// <param name="data">The training data.</param>
    /// <param name="visible">The labels of people that training may see.</param>
    /// <exception cref="UsageException">The data are no folder of photographs.</exception>
    public static (IMultiTaskDataset Data, LabelAssignment Labels) Add(
        TrainSettings settings,
        IMultiTaskDataset data,
        LabelAssignment visible
    )
    {
        if (settings.Configuration.Data.PseudoLabels is not { } folder)
            return (data, visible);
        if (data is not FolderDataset photographs)
            throw new UsageException("--pseudo-labels is for training on a folder of photographs.");
        PseudoLabelOptions standard = new();
        PseudoLabelDataset all = new(
            photographs,
            folder,
            visible,
            new PseudoLabelOptions
            {
                Weight = settings.Configuration.Data.PseudoWeight ?? standard.Weight,
                Threshold = settings.Configuration.Data.PseudoThreshold ?? standard.Threshold,
                Constraints = settings.Configuration.Data.DropViolations == true ? settings.Constraints : standard.Constraints,
            }
        );
        return (all, all.Labels);
    }
}
