using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A label file and the size that its values are wanted in, for a <see cref="LabelFormat"/> to read.</summary>
public sealed class LabelFile
{
    private readonly LabelSource _source;

    internal LabelFile(LabelSource source, TaskSettings settings) => (_source, Settings) = (source, settings);

    internal LabelSource Source => _source;

    /// <summary>The file.</summary>
    public string Path => _source.Path;

    /// <summary>Rows of the photograph, and so of a label by pixel.</summary>
    public int ImageHeight => _source.ImageHeight;

    /// <summary>Columns of the photograph.</summary>
    public int ImageWidth => _source.ImageWidth;

    /// <summary>Rows that the label is wanted in.</summary>
    public int Height => _source.Height;

    /// <summary>Columns that the label is wanted in.</summary>
    public int Width => _source.Width;

    /// <summary>What tasks.json says of the task; none where there is no such file.</summary>
    public TaskSettings Settings { get; }

    /// <summary>
    /// Reads a map: PNG of 8 or 16 bits, 0..max for 0..1, or .npy of numbers in [0, 1], NaN where there is none. Resized bilinearly.
    /// </summary>
    /// <param name="channels">Channels of the file.</param>
    /// <param name="destination">Receives [channels, H, W].</param>
    /// <exception cref="JtrFormatException">It holds something else, or is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void ReadUnits(int channels, Span<float> destination)
    {
        using PackedLabel label = MapLabels.Read(_source, channels);
        label.Expand(destination);
    }

    /// <summary>
    /// Reads the numbers of one channel as they are: of a grey or palette PNG, or a .npy array. Resized by picking the pixels under the
    /// centres.
    /// </summary>
    /// <param name="destination">Receives [H, W].</param>
    /// <exception cref="JtrFormatException">It holds something else, or is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void ReadNumbers(Span<float> destination)
    {
        if (_source.IsNpy)
        {
            using NpyArray array = _source.ReadNpy(1).Array;
            using Pooled<float> values = LabelSource.Interleaved(array, planar: false, 1);
            _source.Nearest(values.Span, destination);
            return;
        }
        using Raster raster = _source.ReadPng(1, ids: true);
        using Pooled<ushort> words = raster.ToWords();
        using Pooled<ushort> picked = _source.Nearest<ushort>(words.Span);
        ReadOnlySpan<ushort> from = picked.Span;
        for (int i = 0; i < from.Length; i++)
            destination[i] = from[i];
    }

    /// <summary>An error about this file.</summary>
    /// <param name="message">What is wrong.</param>
    public JtrFormatException Fault(string message) => new(Path, message);
}
