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
    // Below this, samples are kept without being asked.
    private const long SmallCache = 1L << 30;

    private readonly TaskMask[] _labelled;
    private readonly CachedSample[]? _cache;

    /// <summary>Takes over what was found in the folders.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="options">Training size and cache.</param>
    /// <param name="labelled">The tasks of every sample for which there is a file.</param>
    /// <param name="problems">What was passed over.</param>
    /// <param name="imageBytes">Bytes of a cached photograph a pixel.</param>
    private protected LayoutDataset(string root, TaskSet tasks, LayoutOptions options, TaskMask[] labelled, IReadOnlyList<FolderProblem> problems, int imageBytes = 3)
    {
        Root = root;
        Tasks = tasks;
        Height = options.Height;
        Width = options.Width;
        Problems = problems;
        _labelled = labelled;
        if (!(options.CacheInMemory ?? EstimateCache(imageBytes) < SmallCache)) return;
        _cache = new CachedSample[labelled.Length];
        for (int i = 0; i < _cache.Length; i++) _cache[i] = new CachedSample(tasks.Count);
    }

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <inheritdoc/>
    public TaskSet Tasks { get; }

    /// <inheritdoc/>
    public int Count => _labelled.Length;

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <summary>What was passed over: files of an unknown name, and, where the options allow it, missing or stray files.</summary>
    public IReadOnlyList<FolderProblem> Problems { get; }

    /// <summary>Whether samples, once read, stay in memory.</summary>
    public bool IsCached => _cache is not null;

    /// <inheritdoc/>
    public abstract string GetName(int index);

    /// <summary>The file of a photograph.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    public abstract string GetImagePath(int index);

    /// <summary>The file of a label, or null if there is none.</summary>
    /// <param name="index">0 or more, below <see cref="Count"/>.</param>
    /// <param name="task">0 or more, below the number of tasks.</param>
    public abstract string? GetLabelPath(int index, int task);

    /// <inheritdoc/>
    public TaskMask GetLabelled(int index) => _labelled[index];

    /// <inheritdoc/>
    /// <exception cref="IOException">A file of the sample cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file of the sample may not be read.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (destination.Height != Height || destination.Width != Width)
            throw new ArgumentException($"the buffer is for {destination.Height} x {destination.Width}, the samples are {Height} x {Width}", nameof(destination));

        // Threads that meet at a sample may read it twice; they find the same.
        CachedSample? kept = _cache?[index];
        DecodedImage image = kept?.Image ?? ReadImage(index);
        image.Values.Expand(destination.Image);
        if (kept is null)
        {
            image.Dispose();
        }
        else if (kept.Image is null)
        {
            image.Values.Keep();
            kept.Image = image;
        }
        TaskMask written = wanted & _labelled[index];
        for (int t = 0; t < Tasks.Count; t++)
        {
            if (!written[t]) continue;
            PackedLabel? known = kept is null ? null : Volatile.Read(ref kept.Labels[t]);
            PackedLabel label = known ?? ReadLabel(index, t, Source(GetLabelPath(index, t)!, image));
            label.Expand(destination.Label(t));
            if (kept is null)
            {
                label.Dispose();
            }
            else if (known is null)
            {
                label.Keep();
                Volatile.Write(ref kept.Labels[t], label);
            }
        }
        return written;
    }

    /// <summary>Reads a photograph.</summary>
    private protected abstract DecodedImage ReadImage(int index);

    /// <summary>Reads a label.</summary>
    /// <param name="index">The sample.</param>
    /// <param name="task">A task for which it has a file.</param>
    /// <param name="source">That file.</param>
    private protected abstract PackedLabel ReadLabel(int index, int task, LabelSource source);

    private LabelSource Source(string path, DecodedImage image) => new(path, image.SourceHeight, image.SourceWidth, Height, Width);

    private long EstimateCache(int imageBytes)
    {
        long perPixel = (long)imageBytes * Count;
        foreach (TaskMask mask in _labelled)
        {
            for (int t = 0; t < Tasks.Count; t++) perPixel += mask[t] ? Tasks[t] is SegmentationTask ? 1 : 4L * Tasks[t].LabelChannels : 0;
        }
        return perPixel * Height * Width;
    }

    /// <summary>What is kept of a sample.</summary>
    private sealed class CachedSample(int tasks)
    {
        private DecodedImage? _image;

        public DecodedImage? Image
        {
            get => Volatile.Read(ref _image);
            set => Volatile.Write(ref _image, value);
        }

        public PackedLabel?[] Labels { get; } = new PackedLabel?[tasks];
    }
}
