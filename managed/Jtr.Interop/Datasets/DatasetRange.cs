using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A part of a data set: so many samples from one of them on.</summary>
/// <param name="data">The data set.</param>
/// <param name="first">The first sample.</param>
/// <param name="count">How many, 0 or more.</param>
internal sealed class DatasetRange(IMultiTaskDataset data, int first, int count) : DatasetDecorator(data)
{
    /// <inheritdoc/>
    public override int Count => count;

    /// <summary>The part of one of several processes; parts differ by a sample at most, and together are the data set.</summary>
    public static IMultiTaskDataset Share(IMultiTaskDataset data, int rank, int ranks)
    {
        if (ranks == 1)
            return data;
        (int begin, int end) = DataLoaderOptions.Share(data.Count, rank, ranks);
        return new DatasetRange(data, begin, end - begin);
    }

    /// <inheritdoc/>
    public override SampleInfo GetSampleInfo(int index) => Inner.GetSampleInfo(Place(index));

    /// <inheritdoc/>
    public override double GetLabelWeight(int index, int task) => Inner.GetLabelWeight(Place(index), task);

    /// <inheritdoc/>
    public override bool HasInput(int index, int input) => Inner.HasInput(Place(index), input);

    /// <inheritdoc/>
    public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken) =>
        Inner.Read(Place(index), wanted, destination, cancellationToken);

    private int Place(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return first + index;
    }
}
