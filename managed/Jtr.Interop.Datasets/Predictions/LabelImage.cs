using System.Globalization;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Predictions;

/// <summary>How a kind of task's predictions are stored in whole numbers, as <see cref="FolderDataset"/> reads labels.</summary>
internal abstract class LabelImage
{
    /// <summary>That of a task; null where there is none, as for tasks of whole photographs.</summary>
    /// <param name="task">The task.</param>
    /// <param name="depthScale">Depth: units of one step.</param>
    public static LabelImage? Of(VisionTask task, double depthScale) => LabelFormat.Of(task.Kind).Image(task, depthScale);

    /// <summary>Bits of a number: 8 or 16.</summary>
    public virtual int Bits => 16;

    /// <summary>Whether a PNG file can hold it.</summary>
    public virtual bool Fits => true;

    /// <summary>What 1 step of the confidence's image stands for.</summary>
    public virtual double ConfidenceStep => 1.0 / ushort.MaxValue;

    /// <summary>Writes whole numbers.</summary>
    /// <param name="values">[channels, plane].</param>
    /// <param name="plane">Pixels.</param>
    /// <param name="words">Receives [plane, channels].</param>
    public abstract void Encode(ReadOnlySpan<float> values, int plane, Span<ushort> words);

    protected static ushort Word(double value) => (ushort)Math.Clamp(Math.Round(value), 0, ushort.MaxValue);
}

/// <summary>Class ids; the largest number is "none".</summary>
internal sealed class IdImage(int classes) : LabelImage
{
    public override int Bits => classes > byte.MaxValue ? 16 : 8;

    public override void Encode(ReadOnlySpan<float> values, int plane, Span<ushort> words)
    {
        ushort none = Bits == 8 ? byte.MaxValue : ushort.MaxValue;
        for (int i = 0; i < plane; i++)
            words[i] = values[i] < 0 ? none : (ushort)values[i];
    }
}

/// <summary>Depths in steps of a scale; 0 is "none", so that what is nearer than half a step is one step away.</summary>
internal sealed class DepthImage : LabelImage
{
    private readonly double _scale;

    public DepthImage(double depthScale)
    {
        if (!(depthScale > 0 && double.IsFinite(depthScale)))
            throw new ArgumentOutOfRangeException(
                nameof(depthScale),
                depthScale.ToString(CultureInfo.InvariantCulture),
                "the scale of depth has to be a finite number above 0"
            );
        _scale = depthScale;
    }

    public override double ConfidenceStep => _scale;

    public override void Encode(ReadOnlySpan<float> values, int plane, Span<ushort> words)
    {
        for (int i = 0; i < plane; i++)
            words[i] = values[i] > 0 ? Math.Max((ushort)1, Word(values[i] / _scale)) : (ushort)0;
    }
}

/// <summary>Normals: 0 to 65535 for -1 to 1; black is "none".</summary>
internal sealed class NormalsImage : LabelImage
{
    // Hundredths of a degree.
    public override double ConfidenceStep => 0.01;

    public override void Encode(ReadOnlySpan<float> values, int plane, Span<ushort> words)
    {
        for (int i = 0; i < plane; i++)
        {
            (float x, float y, float z) = (values[i], values[plane + i], values[2 * plane + i]);
            bool isNone = x == 0 && y == 0 && z == 0;
            words[3 * i] = isNone ? (ushort)0 : Word((x + 1.0) / 2 * ushort.MaxValue);
            words[3 * i + 1] = isNone ? (ushort)0 : Word((y + 1.0) / 2 * ushort.MaxValue);
            words[3 * i + 2] = isNone ? (ushort)0 : Word((z + 1.0) / 2 * ushort.MaxValue);
        }
    }
}

/// <summary>Maps: 0 to 65535 for 0 to 1. A PNG file has one channel or three.</summary>
internal sealed class MapImage(int channels) : LabelImage
{
    public override bool Fits => channels is 1 or 3;

    public override void Encode(ReadOnlySpan<float> values, int plane, Span<ushort> words)
    {
        for (int c = 0; c < channels; c++)
        {
            for (int i = 0; i < plane; i++)
                words[i * channels + c] = float.IsNaN(values[c * plane + i]) ? (ushort)0 : Word(values[c * plane + i] * ushort.MaxValue);
        }
    }
}
