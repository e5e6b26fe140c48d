using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>The data that are checked, for what a check wants to know at its end.</summary>
internal sealed class CheckedData(
    IMultiTaskDataset train,
    IMultiTaskDataset? test,
    DataCheckOptions options,
    CancellationToken cancellationToken
)
{
    /// <summary>Stops.</summary>
    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>To train on.</summary>
    public IMultiTaskDataset Train => train;

    /// <summary>To score on, or null.</summary>
    public IMultiTaskDataset? Test => test;

    /// <summary>How to look.</summary>
    public DataCheckOptions Options => options;

    /// <summary>The tasks that training sees labels of.</summary>
    public TaskMask Visible(int sample) =>
        (options.Labels is LabelAssignment labels ? labels[sample] & train.GetLabeled(sample) : train.GetLabeled(sample)) & train.Tasks.All;

    /// <summary>Samples of a part that have a label of a task, evenly spread.</summary>
    /// <param name="isTest">Which part.</param>
    /// <param name="task">The task.</param>
    /// <param name="most">As many at most.</param>
    public int[] Labeled(bool isTest, int task, int most)
    {
        if (isTest)
            return test is null ? [] : Spread([.. Enumerable.Range(0, test.Count).Where(i => test.GetLabeled(i)[task])], most);
        return Spread([.. Enumerable.Range(0, train.Count).Where(i => Visible(i)[task])], most);
    }

    /// <summary>Some of many, evenly spread.</summary>
    public static int[] Spread(int[] all, int most) =>
        all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(k => all[(int)((2L * k + 1) * all.Length / (2L * most))])];
}
