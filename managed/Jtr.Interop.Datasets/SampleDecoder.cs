using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Reads photographs and labels that are in memory or come by a stream, such as those of a database or an upload, as
/// <see cref="FolderDataset"/> reads files: for data sets of one's own.
/// </summary>
/// <remarks>Several threads may use one.</remarks>
public sealed class SampleDecoder
{
    private readonly FolderOptions _options;
    private readonly Func<LabelSource, PackedLabel>[] _readers;

    /// <summary>Makes a decoder.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="options">The size that everything is resized to, and how labels are read.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="JtrNativeLibraryException">libvips, which reads images, cannot be loaded.</exception>
    public SampleDecoder(TaskSet tasks, FolderOptions options)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Vips.EnsureLoaded();
        (Tasks, _options) = (tasks, options);
        _readers = [.. tasks.Select(t => LabelFormat.Of(t.Kind).Reader(t, TaskSettings.Empty, options))];
    }

    /// <summary>The tasks.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Reads a photograph.</summary>
    /// <param name="content">What would be in a JPEG or PNG file.</param>
    /// <param name="sample">Receives the image.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>Its rows and columns before it was resized, which its labels have too.</returns>
    /// <exception cref="ArgumentException">The buffer is for another size.</exception>
    /// <exception cref="JtrFormatException">The content is neither, or damaged.</exception>
    public (int Height, int Width) ReadPhotograph(ReadOnlySpan<byte> content, SampleBuffer sample, string name = "photograph")
    {
        Check(sample);
        using Photograph photograph = Photograph.Read(content.ToArray(), name, _options.Height, _options.Width);
        PackedLabel.ExpandUnit(photograph.Values.Span, sample.Image);
        return (photograph.SourceHeight, photograph.SourceWidth);
    }

    /// <summary>Reads a label by pixel.</summary>
    /// <param name="task">The task's place in <see cref="Tasks"/>.</param>
    /// <param name="content">What would be in a PNG or .npy file, as folders of data have them.</param>
    /// <param name="photograph">Rows and columns of its photograph, which the label has to have.</param>
    /// <param name="sample">Receives the label.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="ArgumentException">
    /// The buffer is for another size or other tasks, or the task is about whole photographs: its label is no file, and is written into
    /// <see cref="SampleBuffer.Label"/> as it is.
    /// </exception>
    /// <exception cref="JtrFormatException">The content is damaged, or does not fit the task or the photograph.</exception>
    public void ReadLabel(
        int task,
        ReadOnlySpan<byte> content,
        (int Height, int Width) photograph,
        SampleBuffer sample,
        string name = "label"
    )
    {
        Check(sample);
        ArgumentOutOfRangeException.ThrowIfNegative(task);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(task, Tasks.Count);
        if (Tasks[task].Kind.Extent == TaskExtent.Image)
            throw new ArgumentException(
                $"task '{Tasks[task].Name}' is about whole photographs: its label is numbers, which go into the buffer as they are",
                nameof(task)
            );
        LabelSource source = new(name, photograph.Height, photograph.Width, _options.Height, _options.Width)
        {
            Content = content.ToArray(),
        };
        using PackedLabel label = _readers[task](source);
        label.Expand(sample.Label(task));
    }

    /// <summary>Reads a stream to its end, for the two functions above.</summary>
    /// <param name="stream">What would be in a file.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<byte[]> ReadAllAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private void Check(SampleBuffer sample)
    {
        if (sample.Height != _options.Height || sample.Width != _options.Width)
            throw new ArgumentException(
                $"the buffer is for {sample.Height} x {sample.Width}, the decoder for {_options.Height} x {_options.Width}",
                nameof(sample)
            );
        if (!sample.Tasks.Equals(Tasks))
            throw new ArgumentException($"the buffer is for the tasks {sample.Tasks}, the decoder for {Tasks}", nameof(sample));
    }
}
