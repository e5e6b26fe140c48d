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
        Blocks = ColumnBlocks.Find(input, First, Second);
    }

    private BilinearTable(int input, int[] first, int[] second, float[] weight)
    {
        First = first;
        Second = second;
        Weight = weight;
        Blocks = ColumnBlocks.Find(input, first, second);
    }

    public int[] First { get; }

    public int[] Second { get; }

    public float[] Weight { get; }

    /// <summary>The same in runs of eight, or null where they lie too far apart.</summary>
    public ColumnBlocks? Blocks { get; }

    /// <summary>The same values out of a row that is read from right to left.</summary>
    /// <param name="input">Length of the row.</param>
    public BilinearTable Mirror(int input) =>
        new(input, [.. First.Select(x => input - 1 - x)], [.. Second.Select(x => input - 1 - x)], Weight);
}

/// <summary>
/// Eight neighbours of an enlarged row come from at most eight neighbours of the source: one load and two permutations, several
/// times as fast as fetching the values one by one. Immutable.
/// </summary>
internal sealed class ColumnBlocks
{
    /// <summary>Values of a block.</summary>
    public const int Size = 8;

    private ColumnBlocks(int blocks)
    {
        Starts = new int[blocks];
        First = new int[blocks * Size];
        Second = new int[blocks * Size];
    }

    /// <summary>Where each block's eight source values begin.</summary>
    public int[] Starts { get; }

    /// <summary>Places of the first values, counted from there.</summary>
    public int[] First { get; }

    /// <summary>Places of the second values, counted from there.</summary>
    public int[] Second { get; }

    /// <summary>Cuts columns into whole blocks; null if the source or a block does not allow it.</summary>
    public static ColumnBlocks? Find(int input, int[] first, int[] second)
    {
        if (input < Size)
            return null;
        ColumnBlocks blocks = new(first.Length / Size);
        for (int b = 0; b < blocks.Starts.Length; b++)
        {
            Range range = (b * Size)..((b + 1) * Size);
            int low = Math.Min(first[range].Min(), second[range].Min());
            int high = Math.Max(first[range].Max(), second[range].Max());
            if (high - low >= Size)
                return null;
            // Moved to the left at the right end, so that nothing behind the row is read.
            int start = blocks.Starts[b] = Math.Min(low, input - Size);
            for (int i = b * Size; i < (b + 1) * Size; i++)
            {
                blocks.First[i] = first[i] - start;
                blocks.Second[i] = second[i] - start;
            }
        }
        return blocks;
    }
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
        for (int i = 0; i < output; i++)
            table[i] = input == output ? i : Math.Min((int)MathF.Floor(i * scale), input - 1);
        return table;
    }

    /// <summary>Resizes a window of a plane bilinearly: along rows, then along columns.</summary>
    /// <param name="source">Begins at the window's first value.</param>
    /// <param name="stride">Values from one source row to the next.</param>
    /// <param name="rows">Where the rows come from.</param>
    /// <param name="columns">Where the columns come from.</param>
    /// <param name="destination">[rows, columns].</param>
    /// <param name="scratch">At least two rows of the destination.</param>
    public static void Bilinear(
        ReadOnlySpan<float> source,
        int stride,
        BilinearTable rows,
        BilinearTable columns,
        Span<float> destination,
        Span<float> scratch
    )
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
    public static void Nearest(
        ReadOnlySpan<float> source,
        int stride,
        ReadOnlySpan<int> rows,
        ReadOnlySpan<int> columns,
        float divisor,
        Span<float> destination
    )
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
            for (int x = 0; x < output.Length; x++)
                output[x] = input[columns[x]];
            if (divisor != 1f)
                Divide(output, divisor);
        }
    }

    /// <summary>Changes the sign of all values.</summary>
    public static void Negate(Span<float> values)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < wide.Length; i++)
            wide[i] = -wide[i];
        for (int x = wide.Length * Vector<float>.Count; x < values.Length; x++)
            values[x] = -values[x];
    }

    private static void Row(ReadOnlySpan<float> source, BilinearTable columns, Span<float> output)
    {
        ReadOnlySpan<int> first = columns.First.AsSpan(0, output.Length);
        ReadOnlySpan<int> second = columns.Second.AsSpan(0, output.Length);
        ReadOnlySpan<float> weight = columns.Weight.AsSpan(0, output.Length);
        int x = 0;
        if (Avx2.IsSupported && columns.Blocks is { } blocks)
        {
            for (int b = 0; b < blocks.Starts.Length; b++, x += ColumnBlocks.Size)
            {
                Vector256<float> values = Vector256.Create(source.Slice(blocks.Starts[b], ColumnBlocks.Size));
                Vector256<float> right = Vector256.Create(weight.Slice(x, ColumnBlocks.Size));
                Vector256<float> one = Avx2.PermuteVar8x32(
                    values,
                    Vector256.Create(new ReadOnlySpan<int>(blocks.First, x, ColumnBlocks.Size))
                );
                Vector256<float> two = Avx2.PermuteVar8x32(
                    values,
                    Vector256.Create(new ReadOnlySpan<int>(blocks.Second, x, ColumnBlocks.Size))
                );
                (one * (Vector256<float>.One - right) + two * right).CopyTo(output[x..]);
            }
        }
        for (; x < output.Length; x++)
            output[x] = source[first[x]] * (1f - weight[x]) + source[second[x]] * weight[x];
    }

    private static void Blend(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float weight, Span<float> output)
    {
        float rest = 1f - weight;
        ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(upper);
        ReadOnlySpan<Vector<float>> b = MemoryMarshal.Cast<float, Vector<float>>(lower)[..a.Length];
        Span<Vector<float>> o = MemoryMarshal.Cast<float, Vector<float>>(output)[..a.Length];
        for (int i = 0; i < o.Length; i++)
            o[i] = a[i] * rest + b[i] * weight;
        for (int x = o.Length * Vector<float>.Count; x < output.Length; x++)
            output[x] = upper[x] * rest + lower[x] * weight;
    }

    private static void Divide(Span<float> values, float divisor)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < wide.Length; i++)
            wide[i] /= divisor;
        for (int x = wide.Length * Vector<float>.Count; x < values.Length; x++)
            values[x] /= divisor;
    }
}
