using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>Where samples of NYU-v2 come from. May be read by several threads at once.</summary>
internal abstract class NyuV2Source
{
    // Resizing shortens vectors where surfaces meet, and rounding lengthens them a little.
    private const double LongestNormal = 1.05;
    private const double MeanTolerance = 0.1;

    /// <summary>Number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>A sample's name.</summary>
    public abstract string GetName(int index);

    /// <summary>The file of a photograph, or null when it is in a file with others.</summary>
    public virtual string? GetImagePath(int index) => null;

    /// <summary>The tasks that a sample has labels for.</summary>
    public abstract TaskMask GetLabeled(int index);

    /// <summary>Reads the image, and those wanted labels that exist.</summary>
    public abstract void Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken);

    /// <summary>Closes what is open. Harmless when repeated.</summary>
    public virtual void Close() { }

    /// <summary>Checks and resizes depths in metres, [H, W]; 0 is none.</summary>
    protected static void WriteDepth(LabelSource source, ReadOnlySpan<float> values, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= 0 && float.IsFinite(values[i])))
                throw source.Fault(
                    i,
                    string.Create(CultureInfo.InvariantCulture, $"depth {values[i]}, which is no finite number from 0 up,")
                );
        }
        source.Nearest(values, destination);
    }

    /// <summary>Checks and resizes normals, [H, W, 3], which it changes; (0, 0, 0) and NaN are none.</summary>
    protected static void WriteNormals(LabelSource source, Pooled<float> normals, Span<float> destination)
    {
        Span<float> vectors = normals.Span;
        double sum = 0;
        int count = 0;
        for (int i = 0; i < vectors.Length; i += 3)
        {
            Span<float> v = vectors.Slice(i, 3);
            double length = Math.Sqrt((double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2]);
            if (double.IsNaN(length) || length == 0)
                continue;
            if (length > LongestNormal)
                throw source.Fault(
                    i / 3,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the vector ({v[0]}, {v[1]}, {v[2]}) of length {length:0.###}, which is no unit vector,"
                    )
                );
            sum += length;
            count++;
        }
        if (count > 0 && sum / count < 1 - MeanTolerance)
            throw new JtrFormatException(
                source.Path,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"vectors with a mean length of {sum / count:0.###}, where normals have 1; are they stored in another way, such as "
                        + $"(n + 1) / 2?"
                )
            );
        Normalize(vectors, float.NaN);
        using Pooled<float> resized = source.Bilinear(normals, 3);
        Normalize(resized.Span, 0);
        LabelSource.Planar(resized.Span, destination, 3);
    }

    private static void Normalize(Span<float> vectors, float none)
    {
        for (int i = 0; i < vectors.Length; i += 3)
        {
            Span<float> v = vectors.Slice(i, 3);
            double length = Math.Sqrt((double)v[0] * v[0] + (double)v[1] * v[1] + (double)v[2] * v[2]);
            if (length > 1e-6)
            {
                for (int c = 0; c < 3; c++)
                    v[c] = (float)(v[c] / length);
            }
            else
            {
                v.Fill(none);
            }
        }
    }
}
