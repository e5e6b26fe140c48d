using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Layouts;

/// <summary>
/// Reads samples whose photograph and labels are files of their own, and keeps them in memory where that is wanted. Several threads may use
/// it at once.
/// </summary>
internal sealed class SampleReader
{
    // Below this, samples are kept without being asked.
    private const long SmallCache = 1L << 30;

    private readonly TaskSet _tasks;
    private readonly int _height;
    private readonly int _width;
    private readonly TaskMask[] _labeled;
    private readonly Func<int, DecodedImage> _readImage;
    private readonly Func<int, int, LabelSource, PackedLabel> _readLabel;
    private readonly Func<int, int, string?> _labelPath;
    private readonly InputFiles? _inputs;
    private readonly Kept[]? _kept;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="height">Rows of the training size.</param>
    /// <param name="width">Columns of the training size.</param>
    /// <param name="labeled">The tasks of every sample for which there is a file.</param>
    /// <param name="keep">Whether samples stay in memory, or null to decide by their bytes.</param>
    /// <param name="bytesPerPixel">What all samples would take in memory, a pixel of the training size.</param>
    /// <param name="labelPath">The file of a sample's label for a task.</param>
    /// <param name="readImage">Reads a sample's photograph.</param>
    /// <param name="readLabel">Reads a sample's label for a task from its file.</param>
    /// <param name="inputs">Further inputs, or null for none.</param>
    public SampleReader(
        TaskSet tasks,
        int height,
        int width,
        TaskMask[] labeled,
        bool? keep,
        long bytesPerPixel,
        Func<int, int, string?> labelPath,
        Func<int, DecodedImage> readImage,
        Func<int, int, LabelSource, PackedLabel> readLabel,
        InputFiles? inputs = null
    )
    {
        _inputs = inputs;
        (_tasks, _height, _width, _labeled) = (tasks, height, width, labeled);
        (_labelPath, _readImage, _readLabel) = (labelPath, readImage, readLabel);
        if (keep ?? bytesPerPixel * height * width < SmallCache)
            _kept = [.. labeled.Select(_ => new Kept(tasks.Count, inputs?.Inputs.Count ?? 0))];
    }

    /// <summary>Whether samples, once read, stay in memory.</summary>
    public bool IsCached => _kept is not null;

    /// <summary>As a data set's Read. Between the files of a sample it looks at the token.</summary>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _labeled.Length);
        if (destination.Height != _height || destination.Width != _width)
            throw new ArgumentException(
                $"the buffer is for {destination.Height} x {destination.Width}, the samples are {_height} x {_width}",
                nameof(destination)
            );

        cancellationToken.ThrowIfCancellationRequested();
        // Threads that meet at a sample may read it twice; they find the same.
        Kept? kept = _kept?[index];
        DecodedImage image = kept?.Image ?? _readImage(index);
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
        for (int i = 0; i < destination.Inputs.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadInput(index, i, image, kept, destination);
        }
        TaskMask written = wanted & _labeled[index];
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (!written[t])
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            PackedLabel? known = kept is null ? null : Volatile.Read(ref kept.Labels[t]);
            PackedLabel label =
                known
                ?? _readLabel(index, t, new LabelSource(_labelPath(index, t)!, image.SourceHeight, image.SourceWidth, _height, _width));
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

    private void ReadInput(int index, int input, DecodedImage image, Kept? kept, SampleBuffer destination)
    {
        if (_inputs?.Inputs is not { } inputs || !inputs.FitsTo(destination.Inputs))
            throw new ArgumentException(
                $"the buffer is for the inputs {destination.Inputs.Describe()}; the data set has {_inputs?.Inputs.Describe() ?? "none"}",
                nameof(destination)
            );
        bool isPresent = _inputs.Has(input, index);
        if (isPresent)
        {
            PackedLabel? known = kept is null ? null : Volatile.Read(ref kept.Inputs[input]);
            PackedLabel values = known ?? _inputs.Read(input, index, image.SourceHeight, image.SourceWidth);
            values.Expand(destination.Input(input));
            if (kept is null)
            {
                values.Dispose();
            }
            else if (known is null)
            {
                values.Keep();
                Volatile.Write(ref kept.Inputs[input], values);
            }
        }
        destination.SetInput(input, isPresent);
    }

    /// <summary>What is kept of a sample.</summary>
    private sealed class Kept(int tasks, int inputs)
    {
        private DecodedImage? _image;

        public DecodedImage? Image
        {
            get => Volatile.Read(ref _image);
            set => Volatile.Write(ref _image, value);
        }

        public PackedLabel?[] Labels { get; } = new PackedLabel?[tasks];

        public PackedLabel?[] Inputs { get; } = new PackedLabel?[inputs];
    }
}
