using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A data set that is another one with something changed. As it stands it forwards everything; what derives from it overrides what is to be
/// other. Both reads come by <see cref="Read(int, TaskMask, SampleBuffer, CancellationToken)"/>, so that one override is enough.
/// </summary>
/// <remarks>Who made the inner data set disposes it.</remarks>
public abstract class DatasetDecorator : IMultiTaskDataset
{
    /// <summary>Wraps a data set.</summary>
    /// <param name="data">The data set.</param>
    protected DatasetDecorator(IMultiTaskDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        Inner = data;
    }

    /// <summary>The data set that is wrapped.</summary>
    protected IMultiTaskDataset Inner { get; }

    /// <inheritdoc/>
    public virtual TaskSet Tasks => Inner.Tasks;

    /// <inheritdoc/>
    public virtual InputSet Inputs => Inner.Inputs;

    /// <inheritdoc/>
    public virtual int Count => Inner.Count;

    /// <inheritdoc/>
    public virtual int Height => Inner.Height;

    /// <inheritdoc/>
    public virtual int Width => Inner.Width;

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Domains => Inner.Domains;

    /// <inheritdoc/>
    public virtual SampleInfo GetSampleInfo(int index) => Inner.GetSampleInfo(index);

    /// <inheritdoc/>
    public virtual double GetLabelWeight(int index, int task) => Inner.GetLabelWeight(index, task);

    /// <inheritdoc/>
    public virtual bool HasInput(int index, int input) => Inner.HasInput(index, input);

    /// <inheritdoc/>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    public virtual TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken) =>
        Inner.Read(index, wanted, destination, cancellationToken);
}
