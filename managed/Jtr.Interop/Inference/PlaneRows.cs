using System.Numerics;
using System.Runtime.InteropServices;
using Jtr.Interop.Npy;

namespace Jtr.Interop.Inference;

/// <summary>
/// Planes at another size, row by row: bilinearly between pixel centres, the edges' values going on outwards. So a large prediction
/// never is in memory as a whole.
/// </summary>
/// <param name="channels">C.</param>
/// <param name="height">Rows of the planes.</param>
/// <param name="width">Columns of the planes.</param>
/// <param name="toHeight">Rows wanted.</param>
/// <param name="toWidth">Columns wanted.</param>
internal sealed class PlaneRows(int channels, int height, int width, int toHeight, int toWidth) : IDisposable
{
    private readonly (int First, float Second)[] _columns = [.. Enumerable.Range(0, toWidth).Select(x => Place(x, width, toWidth))];

    // The two rows between which the last one lay, at their full width.
    private readonly Pooled<float> _upper = new(channels * toWidth),
        _lower = new(channels * toWidth);
    private int _upperRow = -1,
        _lowerRow = -1;

    /// <summary>Gives a row. Rows are asked for in any order; those of one place one after the other are fast.</summary>
    /// <param name="planes">[C, height, width].</param>
    /// <param name="y">Which row, below toHeight.</param>
    /// <param name="row">Receives [C, toWidth].</param>
    public void Get(ReadOnlySpan<float> planes, int y, Span<float> row)
    {
        (int above, float weight) = Place(y, height, toHeight);
        int below = Math.Min(above + 1, height - 1);
        if (_upperRow != above)
        {
            if (_lowerRow == above)
                _lower.Span.CopyTo(_upper.Span);
            else
                Widen(planes, above, _upper.Span);
            _upperRow = above;
        }
        if (weight == 0)
        {
            _upper.Span.CopyTo(row);
            return;
        }
        if (_lowerRow != below)
        {
            Widen(planes, below, _lower.Span);
            _lowerRow = below;
        }
        Mix(_upper.Span, _lower.Span, weight, row);
    }

    public void Dispose()
    {
        _upper.Dispose();
        _lower.Dispose();
    }

    private void Widen(ReadOnlySpan<float> planes, int y, Span<float> row)
    {
        for (int c = 0; c < channels; c++)
        {
            ReadOnlySpan<float> from = planes.Slice((c * height + y) * width, width);
            Span<float> to = row.Slice(c * toWidth, toWidth);
            if (width == toWidth)
            {
                from.CopyTo(to);
                continue;
            }
            for (int x = 0; x < to.Length; x++)
            {
                (int left, float weight) = _columns[x];
                float first = from[left];
                to[x] = first + weight * (from[Math.Min(left + 1, width - 1)] - first);
            }
        }
    }

    private static void Mix(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, Span<float> row)
    {
        ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(upper),
            b = MemoryMarshal.Cast<float, Vector<float>>(lower);
        Span<Vector<float>> to = MemoryMarshal.Cast<float, Vector<float>>(row[..upper.Length]);
        for (int i = 0; i < to.Length; i++)
            to[i] = a[i] + weight * (b[i] - a[i]);
        for (int i = to.Length * Vector<float>.Count; i < upper.Length; i++)
            row[i] = upper[i] + weight * (lower[i] - upper[i]);
    }

    /// <summary>The source pixel at or before a target pixel's centre, and the weight of the next one.</summary>
    private static (int First, float Second) Place(int i, int source, int target)
    {
        double center = Math.Clamp((i + 0.5) * source / target - 0.5, 0, source - 1);
        int first = (int)center;
        return (first, (float)(center - first));
    }
}
