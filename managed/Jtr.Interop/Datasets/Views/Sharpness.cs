using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Blends an image with a smoothed one, <c>f * image + (1 - f) * smooth</c>, in place: PIL's ImageEnhance.Sharpness without its
/// rounding, torchvision's adjust_sharpness. Smooth is a 3 x 3 mean that counts the middle five times; the outermost pixels
/// stay as they are, and so do images that have no others. One instance a thread.
/// </summary>
internal sealed class Sharpness(int height, int width)
{
    private const float Middle = 5f;
    private const float Weights = 13f;

    // Rows as they were, the one above and this one, and the sums of three rows.
    private readonly float[] _above = new float[width];
    private readonly float[] _here = new float[width];
    private readonly float[] _sums = new float[width];

    /// <summary>Changes an image.</summary>
    /// <param name="image">[C, H, W].</param>
    /// <param name="factor">f.</param>
    public void Apply(Span<float> image, float factor)
    {
        if (height < 3 || width < 3)
            return;
        int plane = height * width;
        for (int start = 0; start < image.Length; start += plane)
            Plane(image.Slice(start, plane), factor);
    }

    private void Plane(Span<float> plane, float factor)
    {
        Span<float> above = _above;
        Span<float> here = _here;
        plane[..width].CopyTo(above);
        for (int y = 1; y < height - 1; y++)
        {
            Span<float> row = plane.Slice(y * width, width);
            row.CopyTo(here);
            Add(above, here, plane.Slice((y + 1) * width, width), _sums);
            Row(_sums, here, row, factor);
            Span<float> passed = above;
            above = here;
            here = passed;
        }
    }

    private static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> sums)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(sums);
        ReadOnlySpan<Vector<float>> wideA = MemoryMarshal.Cast<float, Vector<float>>(a)[..wide.Length];
        ReadOnlySpan<Vector<float>> wideB = MemoryMarshal.Cast<float, Vector<float>>(b)[..wide.Length];
        ReadOnlySpan<Vector<float>> wideC = MemoryMarshal.Cast<float, Vector<float>>(c)[..wide.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = wideA[i] + wideB[i] + wideC[i];
        for (int x = wide.Length * Vector<float>.Count; x < sums.Length; x++)
            sums[x] = a[x] + b[x] + c[x];
    }

    private static void Row(ReadOnlySpan<float> sums, ReadOnlySpan<float> here, Span<float> row, float factor)
    {
        float smooth = (1f - factor) / Weights;
        float own = factor + (Middle - 1f) * smooth;
        int last = row.Length - 1;
        int x = 1;
        for (; x + Vector<float>.Count <= last; x += Vector<float>.Count)
        {
            Vector<float> around = At(sums, x - 1) + At(sums, x) + At(sums, x + 1);
            FloatColors.Clamp(At(here, x) * own + around * smooth).CopyTo(row[x..]);
        }
        for (; x < last; x++)
            row[x] = FloatColors.Clamp(here[x] * own + (sums[x - 1] + sums[x] + sums[x + 1]) * smooth);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> At(ReadOnlySpan<float> values, int x) => new(values.Slice(x, Vector<float>.Count));
}
