using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A benchmark's files as they are downloaded: one file for each photograph and one for each of its labels.</summary>
/// <remarks>
/// A label has the size of its photograph. Both are resized to one training size, whatever the photograph's proportions:
/// photographs, maps and normals bilinearly with antialiasing, class ids and depths by picking the pixel under the target's
/// centre. Several threads may read at once.
/// </remarks>
public abstract class LayoutDataset : IMultiTaskDataset
{
    private readonly TaskMask[] _labeled;
    private readonly SampleReader _reader;

    /// <summary>Takes over what was found in the folders.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="options">Training size and cache.</param>
    /// <param name="labeled">The tasks of every sample for which there is a file.</param>
    /// <param name="problems">What was passed over.</param>
    /// <param name="imageBytes">Bytes of a cached photograph a pixel.</param>
    private protected LayoutDataset(
        string root,
        TaskSet tasks,
        LayoutOptions options,
        TaskMask[] labeled,
        IReadOnlyList<FolderProblem> problems,
        int imageBytes = 3
    )
    {
        Root = root;
        Tasks = tasks;
        Height = options.Height;
        Width = options.Width;
        Problems = problems;
        _labeled = labeled;
        _reader = new SampleReader(
            tasks,
            Height,
            Width,
            labeled,
            options.CacheInMemory,
            BytesPerPixel(imageBytes),
            GetLabelPath,
            ReadImage,
            ReadLabel
        );
    }

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <inheritdoc/>
    public int Count => _labeled.Length;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>What was passed over: files of an unknown name, and, where the options allow it, missing or stray files.</summary>
    public IReadOnlyList<FolderProblem> Problems { get; }

    /// <summary>Whether samples, once read, stay in memory.</summary>
    public bool IsCached => _reader.IsCached;

    /// <inheritdoc/>
    public SampleInfo GetSampleInfo(int index) => new(NameOf(index), _labeled[index]);

    /// <summary>The file of a photograph.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public abstract string GetImagePath(int index);

    /// <summary>The file of a label, or null if there is none.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="task">0 or more, below the number of tasks.</param>
    public abstract string? GetLabelPath(int index, int task);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file of the sample may not be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) =>
        _reader.Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file of the sample may not be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken) =>
        _reader.Read(index, wanted, destination, cancellationToken);

    /// <summary>A sample's name.</summary>
    private protected abstract string NameOf(int index);

    /// <summary>Reads a photograph.</summary>
    private protected abstract DecodedImage ReadImage(int index);

    /// <summary>Reads a label.</summary>
    /// <param name="index">The sample.</param>
    /// <param name="task">A task for which it has a file.</param>
    /// <param name="source">That file.</param>
    private protected abstract PackedLabel ReadLabel(int index, int task, LabelSource source);

    private long BytesPerPixel(int imageBytes)
    {
        long perPixel = (long)imageBytes * Count;
        foreach (TaskMask mask in _labeled)
        {
            for (int t = 0; t < Tasks.Count; t++)
                perPixel += mask[t]
                    ? LabelFormat.Of(Tasks[t].Kind).Packing == LabelPacking.Ids
                        ? sizeof(byte)
                        : (long)sizeof(float) * Tasks[t].LabelChannels
                    : 0;
        }
        return perPixel;
    }
}
