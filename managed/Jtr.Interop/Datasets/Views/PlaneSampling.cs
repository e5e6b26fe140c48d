using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Where the values of a resized row (or column) come from when corners are aligned: value i is
/// <c>source[First[i]] * (1 - Weight[i]) + source[Second[i]] * Weight[i]</c>. Immutable.
/// </summary>
/// <remarks>
/// Computed in float32 as torch.nn.functional.interpolate(mode="bilinear", align_corners=True) does, so that views
/// equal the published code's.
/// </remarks>
internal sealed class BilinearTable
{
    public BilinearTable(int input, int output)
    {
        First = new int[output];
        Second = new int[output];
        Weight = new float[output];
        float scale = output > 1 ? (float)(input - 1) / (output - 1) : 0f;
        for (int i = 0; i < output; i++)
        {
            float place = input == output ? i : scale * i;
            First[i] = Math.Min((int)place, input - 1);
            Weight[i] = Math.Clamp(place - First[i], 0f, 1f);
            // A source that the weight leaves out is not read, so that a NaN there does not spread.
            Second[i] = Weight[i] == 0f ? First[i] : Math.Min(First[i] + 1, input - 1);
        }
    }

    private BilinearTable(int[] first, int[] second, float[] weight)
    {
        First = first;
        Second = second;
        Weight = weight;
    }

    public int[] First { get; }

    public int[] Second { get; }

    public float[] Weight { get; }

    /// <summary>The same values out of a row that is read from right to left.</summary>
    /// <param name="input">Length of the row.</param>
    public BilinearTable Mirror(int input) => new([.. First.Select(x => input - 1 - x)], [.. Second.Select(x => input - 1 - x)], Weight);
}

/// <summary>Resizing of one plane of float32, on the hot path of the loader: no allocation.</summary>
internal static class PlaneSampling
{
    /// <summary>
    /// Source index of every value of a resized row, as torch.nn.functional.interpolate(mode="nearest") computes it:
    /// floor(i * (input / output)) in float32.
    /// </summary>
    public static int[] NearestTable(int input, int output)
    {
        int[] table = new int[output];
        float scale = (float)input / output;
        for (int i = 0; i < output; i++) table[i] = input == output ? i : Math.Min((int)MathF.Floor(i * scale), input - 1);
        return table;
    }

    /// <summary>Resizes a window of a plane bilinearly: along rows, then along columns.</summary>
    /// <param name="source">Begins at the window's first value.</param>
    /// <param name="stride">Values from one source row to the next.</param>
    /// <param name="rows">Where the rows come from.</param>
    /// <param name="columns">Where the columns come from.</param>
    /// <param name="destination">[rows, columns].</param>
    /// <param name="scratch">At least two rows of the destination.</param>
    public static void Bilinear(ReadOnlySpan<float> source, int stride, BilinearTable rows, BilinearTable columns, Span<float> destination, Span<float> scratch)
    {
        int width = columns.First.Length;
        Span<float> upper = scratch[..width];
        Span<float> lower = scratch.Slice(width, width);
        int upperRow = -1;
        int lowerRow = -1;
        for (int y = 0; y < rows.First.Length; y++)
        {
            // Every source row is resized once: moving down, the lower row of one pair is the upper row of the next.
            int first = rows.First[y];
            int second = rows.Second[y];
            if (upperRow != first)
            {
                if (lowerRow == first)
                {
                    Span<float> passed = upper;
                    upper = lower;
                    lower = passed;
                    (upperRow, lowerRow) = (lowerRow, upperRow);
                }
                else
                {
                    Row(source[(first * stride)..], columns, upper);
                    upperRow = first;
                }
            }
            Span<float> output = destination.Slice(y * width, width);
            if (second == first)
            {
                upper.CopyTo(output);
                continue;
            }
            if (lowerRow != second)
            {
                Row(source[(second * stride)..], columns, lower);
                lowerRow = second;
            }
            Blend(upper, lower, rows.Weight[y], output);
        }
    }

    /// <summary>Resizes a window of a plane by picking, and divides the values.</summary>
    /// <param name="source">Begins at the window's first value.</param>
    /// <param name="stride">Values from one source row to the next.</param>
    /// <param name="rows">Source row of every row.</param>
    /// <param name="columns">Source column of every column.</param>
    /// <param name="divisor">1 leaves the values as they are.</param>
    /// <param name="destination">[rows, columns].</param>
    public static void Nearest(ReadOnlySpan<float> source, int stride, ReadOnlySpan<int> rows, ReadOnlySpan<int> columns, float divisor, Span<float> destination)
    {
        int width = columns.Length;
        int previous = -1;
        for (int y = 0; y < rows.Length; y++)
        {
            Span<float> output = destination.Slice(y * width, width);
            if (rows[y] == previous)
            {
                destination.Slice((y - 1) * width, width).CopyTo(output);
                continue;
            }
            previous = rows[y];
            ReadOnlySpan<float> input = source[(previous * stride)..];
            for (int x = 0; x < output.Length; x++) output[x] = input[columns[x]];
            if (divisor != 1f) Divide(output, divisor);
        }
    }

    /// <summary>Changes the sign of all values.</summary>
    public static void Negate(Span<float> values)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < wide.Length; i++) wide[i] = -wide[i];
        for (int x = wide.Length * Vector<float>.Count; x < values.Length; x++) values[x] = -values[x];
    }

    private static unsafe void Row(ReadOnlySpan<float> source, BilinearTable columns, Span<float> output)
    {
        ReadOnlySpan<int> first = columns.First.AsSpan(0, output.Length);
        ReadOnlySpan<int> second = columns.Second.AsSpan(0, output.Length);
        ReadOnlySpan<float> weight = columns.Weight.AsSpan(0, output.Length);
        int x = 0;
        if (Avx2.IsSupported)
        {
            // One of the ends of the row is the furthest that is read.
            _ = source[Math.Max(second[0], second[^1])];
            fixed (float* from = source)
            {
                for (; x <= output.Length - Vector256<float>.Count; x += Vector256<float>.Count)
                {
                    Vector256<float> right = Vector256.Create(weight.Slice(x, Vector256<float>.Count));
                    Vector256<float> a = Avx2.GatherVector256(from, Vector256.Create(first.Slice(x, Vector256<float>.Count)), sizeof(float));
                    Vector256<float> b = Avx2.GatherVector256(from, Vector256.Create(second.Slice(x, Vector256<float>.Count)), sizeof(float));
                    (a * (Vector256<float>.One - right) + b * right).CopyTo(output[x..]);
                }
            }
        }
        for (; x < output.Length; x++) output[x] = source[first[x]] * (1f - weight[x]) + source[second[x]] * weight[x];
    }

    private static void Blend(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, Span<float> output)
    {
        float rest = 1f - weight;
        ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(upper);
        ReadOnlySpan<Vector<float>> b = MemoryMarshal.Cast<float, Vector<float>>(lower)[..a.Length];
        Span<Vector<float>> o = MemoryMarshal.Cast<float, Vector<float>>(output)[..a.Length];
        for (int i = 0; i < o.Length; i++) o[i] = a[i] * rest + b[i] * weight;
        for (int x = o.Length * Vector<float>.Count; x < output.Length; x++) output[x] = upper[x] * rest + lower[x] * weight;
    }

    private static void Divide(Span<float> values, float divisor)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < wide.Length; i++) wide[i] /= divisor;
        for (int x = wide.Length * Vector<float>.Count; x < values.Length; x++) values[x] /= divisor;
    }
}
