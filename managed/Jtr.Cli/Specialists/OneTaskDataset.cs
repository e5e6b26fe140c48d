using System.Buffers;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Specialists;

/// <summary>The samples of a data set that are labelled for one task, with that task alone.</summary>
/// <remarks>Several threads may read at once.</remarks>
internal sealed class OneTaskDataset : DatasetDecorator
{
    private readonly int _task;
    private readonly int[] _samples;

    /// <summary>Takes the samples.</summary>
    /// <param name="data">All samples.</param>
    /// <param name="task">The task's place in the data set's tasks.</param>
    /// <param name="visible">The labels that may be seen, or null for all that there are.</param>
    public OneTaskDataset(IMultiTaskDataset data, int task, LabelAssignment? visible = null)
        : base(data)
    {
        _task = task;
        Tasks = new TaskSet(data.Tasks[task]);
        _samples = [.. Enumerable.Range(0, data.Count).Where(i => (data.GetLabeled(i) & (visible?[i] ?? data.Tasks.All))[task])];
    }

    /// <inheritdoc/>
    public override TaskSet Tasks { get; }

    /// <inheritdoc/>
    public override int Count => _samples.Length;

    /// <inheritdoc/>
    public override SampleInfo GetSampleInfo(int index) => Inner.GetSampleInfo(_samples[index]) with { Labeled = Tasks.All };

    /// <inheritdoc/>
    public override double GetLabelWeight(int index, int task) => Inner.GetLabelWeight(_samples[index], _task);

    /// <inheritdoc/>
    public override bool HasInput(int index, int input) => Inner.HasInput(_samples[index], input);

    /// <inheritdoc/>
    public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        int values = Inner.Tasks.LabelValues(Height, Width);
        float[] labels = ArrayPool<float>.Shared.Rent(values);
        try
        {
            SampleBuffer whole = new(
                Inner.Tasks,
                destination.Inputs,
                Height,
                Width,
                destination.Image,
                labels.AsSpan(0, values),
                destination.InputValues,
                destination.InputPresent
            );
            TaskMask asked = wanted[0] ? TaskMask.None.With(_task) : TaskMask.None;
            TaskMask read = Inner.Read(_samples[index], asked, whole, cancellationToken);
            if (!read[_task])
                return TaskMask.None;
            whole.Label(_task).CopyTo(destination.Label(0));
            return Tasks.All;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(labels);
        }
    }
}
