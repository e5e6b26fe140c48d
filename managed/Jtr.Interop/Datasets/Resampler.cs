using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;
using Jtr.Interop.Npy;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Resizes stored images to the training size. Bilinear with antialiasing: a triangle as wide as a target pixel (at
/// least as a source pixel), pixel centres at half-integers, cut off and renormalised at the borders, as Pillow's
/// BILINEAR. Nearest: the source pixel under the target pixel's centre.
/// </summary>
internal static class Resampler
{
    // Of a few sizes; photographs of ever new ones do not fill the memory.
    private const int MostTaps = 64;

    private static readonly ConcurrentDictionary<(int Input, int Output), Taps> _taps = new();

    /// <summary>The source pixel under the centre of a target pixel.</summary>
    public static int Nearest(int input, int output, int i) => (int)((2L * i + 1) * input / (2L * output));

    /// <summary>The source pixels under the centres of all target pixels.</summary>
    public static void Nearest(int input, Span<int> from)
    {
        for (int i = 0; i < from.Length; i++)
            from[i] = Nearest(input, from.Length, i);
    }

    /// <summary>Resizes values with interleaved channels.</summary>
    /// <param name="height">Rows of the source.</param>
    /// <param name="width">Columns of the source.</param>
    /// <param name="channels">Channels of both.</param>
    /// <param name="toHeight">Rows of the target.</param>
    /// <param name="toWidth">Columns of the target.</param>
    /// <param name="addRow">Adds a source row [W, C], times a weight, to sums.</param>
    /// <returns>[toH, toW, C], to be disposed.</returns>
    public static Pooled<float> Bilinear(int height, int width, int channels, int toHeight, int toWidth, AddRow addRow)
    {
        Taps rows = TapsOf(height, toHeight);
        Taps columns = TapsOf(width, toWidth);
        Pooled<float> resized = new(toHeight * toWidth * channels);
        Span<float> result = resized.Span;
        result.Clear();
        using Pooled<float> row = new(width * channels);
        Span<float> sums = row.Span;
        for (int y = 0; y < toHeight; y++)
        {
            sums.Clear();
            for (int k = 0; k < rows.Weights[y].Length; k++)
                addRow(rows.First[y] + k, rows.Weights[y][k], sums);
            for (int x = 0; x < toWidth; x++)
            {
                int to = (y * toWidth + x) * channels;
                float[] weights = columns.Weights[x];
                for (int k = 0; k < weights.Length; k++)
                {
                    int from = (columns.First[x] + k) * channels;
                    for (int c = 0; c < channels; c++)
                        result[to + c] += weights[k] * sums[from + c];
                }
            }
        }
        return resized;
    }

    /// <summary>Adds a source row, times a weight, to sums.</summary>
    public delegate void AddRow(int row, float weight, Span<float> sums);

    /// <summary>Adds values, times a weight, to as many sums.</summary>
    public static void Add(ReadOnlySpan<byte> values, float weight, Span<float> sums)
    {
        int count = Vector<byte>.Count;
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(sums[..values.Length]);
        int x = 0;
        for (int o = 0; x + count <= values.Length; x += count, o += 4)
        {
            Vector.Widen(new Vector<byte>(values.Slice(x, count)), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> a, out Vector<uint> b);
            Vector.Widen(high, out Vector<uint> c, out Vector<uint> d);
            wide[o] += weight * Vector.ConvertToSingle(Vector.AsVectorInt32(a));
            wide[o + 1] += weight * Vector.ConvertToSingle(Vector.AsVectorInt32(b));
            wide[o + 2] += weight * Vector.ConvertToSingle(Vector.AsVectorInt32(c));
            wide[o + 3] += weight * Vector.ConvertToSingle(Vector.AsVectorInt32(d));
        }
        for (; x < values.Length; x++)
            sums[x] += weight * values[x];
    }

    /// <summary>Adds values, times a weight, to as many sums.</summary>
    public static void Add(ReadOnlySpan<ushort> values, float weight, Span<float> sums)
    {
        for (int x = 0; x < values.Length; x++)
            sums[x] += weight * values[x];
    }

    private static Taps TapsOf(int input, int output)
    {
        if (_taps.TryGetValue((input, output), out Taps? known))
            return known;
        if (_taps.Count >= MostTaps)
            _taps.Clear();
        return _taps[(input, output)] = new Taps(input, output);
    }

    /// <summary>Which source pixels a target pixel consists of.</summary>
    private sealed class Taps
    {
        public Taps(int input, int output)
        {
            First = new int[output];
            Weights = new float[output][];
            double scale = (double)input / output;
            double reach = Math.Max(scale, 1.0);
            for (int i = 0; i < output; i++)
            {
                double center = (i + 0.5) * scale;
                int first = Math.Max((int)(center - reach + 0.5), 0);
                int end = Math.Min((int)(center + reach + 0.5), input);
                double[] weights = new double[end - first];
                for (int k = 0; k < weights.Length; k++)
                    weights[k] = Math.Max(0, 1 - Math.Abs(first + k + 0.5 - center) / reach);
                double sum = weights.Sum();
                First[i] = first;
                Weights[i] = [.. weights.Select(w => (float)(w / sum))];
            }
        }

        public int[] First { get; }

        public float[][] Weights { get; }
    }
}
