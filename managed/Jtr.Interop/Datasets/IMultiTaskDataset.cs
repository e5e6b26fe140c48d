using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Photographs with labels for some tasks. Implementations fill memory of the caller and may be read by several
/// threads at once.
/// </summary>
public interface IMultiTaskDataset
{
    /// <summary>The tasks that the set may have labels for.</summary>
    TaskSet Tasks { get; }

    /// <summary>
    /// What samples have beside the photograph. <see cref="Read(int, TaskMask, SampleBuffer)"/> writes it where the buffer has a place for
    /// it, and says what a sample lacks with <see cref="SampleBuffer.SetInput"/>.
    /// </summary>
    InputSet Inputs => InputSet.None;

    /// <summary>Number of samples.</summary>
    int Count { get; }

    /// <summary>Rows of every sample.</summary>
    int Height { get; }

    /// <summary>Columns of every sample.</summary>
    int Width { get; }

    /// <summary>Names of the sources that the samples come from, 1 or more, all different.</summary>
    IReadOnlyList<string> Domains => [SampleInfo.OneDomain];

    /// <summary>What is known of a sample without reading it: its name, the tasks that it has labels for, its domain.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    SampleInfo GetSampleInfo(int index);

    /// <summary>
    /// How much a sample's label counts in training, 0 or more: its supervised loss is multiplied by it. 1 of labels that people made;
    /// less of what a network has labelled.
    /// </summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="task">The task's place in <see cref="Tasks"/>.</param>
    double GetLabelWeight(int index, int task) => 1;

    /// <summary>Whether a sample has an input, without reading it.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="input">The input's place in <see cref="Inputs"/>.</param>
    bool HasInput(int index, int input) => true;

    /// <summary>Reads a sample.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="wanted">Tasks whose labels are wanted; labels of others may be skipped.</param>
    /// <param name="destination">
    /// Receives image and labels. Labels that are wanted and exist are written whole (<see cref="VisionTask.InvalidLabel"/> where a
    /// pixel has none); the buffers of the others are left as they are.
    /// </param>
    /// <returns>The tasks whose labels were written.</returns>
    /// <exception cref="JtrFormatException">A file of the sample is damaged.</exception>
    TaskMask Read(int index, TaskMask wanted, SampleBuffer destination);

    /// <summary>
    /// Reads a sample, unless it is not wanted any more. As it stands here it looks at the token once and calls the other
    /// <c>Read</c>; a data set whose reads take long, and one that reads from another data set, implements it too.
    /// </summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="wanted">Tasks whose labels are wanted; labels of others may be skipped.</param>
    /// <param name="destination">Receives image and labels, as of the other <c>Read</c>. After a cancel its content means nothing.</param>
    /// <param name="cancellationToken">Says that nobody waits for the sample any more.</param>
    /// <returns>The tasks whose labels were written.</returns>
    /// <exception cref="JtrFormatException">A file of the sample is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Read(index, wanted, destination);
    }
}
