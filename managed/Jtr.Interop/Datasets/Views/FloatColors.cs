using System.Numerics;
using System.Runtime.InteropServices;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// The colour operations that blend an image with something else, <c>f * image + (1 - f) * other</c>, and automatic
/// contrast; on [3, H, W] RGB in [0, 1], in place, in float32, clamped to [0, 1]. As PIL's ImageEnhance and ImageOps, but
/// for its rounding to 8 bits; as torchvision's adjust_brightness, adjust_saturation, adjust_contrast and autocontrast.
/// </summary>
internal static class FloatColors
{
    // ITU-R 601-2 luma, as torchvision rounds it.
    private const float Red = 0.2989f;
    private const float Green = 0.587f;
    private const float Blue = 0.114f;

    /// <summary>Blends with black.</summary>
    public static void Brightness(Span<float> image, float factor) => Affine(image, factor, 0f);

    /// <summary>Blends every pixel with its own grey.</summary>
    public static void Color(Span<float> image, float factor)
    {
        int plane = image.Length / InputSet.RgbChannels;
        Span<float> r = image[..plane];
        Span<float> g = image.Slice(plane, plane);
        Span<float> b = image.Slice(2 * plane, plane);
        Span<Vector<float>> wideR = MemoryMarshal.Cast<float, Vector<float>>(r);
        Span<Vector<float>> wideG = MemoryMarshal.Cast<float, Vector<float>>(g)[..wideR.Length];
        Span<Vector<float>> wideB = MemoryMarshal.Cast<float, Vector<float>>(b)[..wideR.Length];
        float rest = 1f - factor;
        for (int i = 0; i < wideR.Length; i++)
        {
            Vector<float> grey = (wideR[i] * Red + wideG[i] * Green + wideB[i] * Blue) * rest;
            wideR[i] = Clamp(wideR[i] * factor + grey);
            wideG[i] = Clamp(wideG[i] * factor + grey);
            wideB[i] = Clamp(wideB[i] * factor + grey);
        }
        for (int i = wideR.Length * Vector<float>.Count; i < plane; i++)
        {
            float grey = (r[i] * Red + g[i] * Green + b[i] * Blue) * rest;
            r[i] = Clamp(r[i] * factor + grey);
            g[i] = Clamp(g[i] * factor + grey);
            b[i] = Clamp(b[i] * factor + grey);
        }
    }

    /// <summary>Blends with the image's mean grey.</summary>
    public static void Contrast(Span<float> image, float factor)
    {
        int plane = image.Length / InputSet.RgbChannels;
        double grey = Red * Sum(image[..plane]) + Green * Sum(image.Slice(plane, plane)) + Blue * Sum(image.Slice(2 * plane, plane));
        Affine(image, factor, (1f - factor) * (float)(grey / plane));
    }

    /// <summary>Stretches each channel to the whole of [0, 1]; a channel of one value stays as it is.</summary>
    public static void AutoContrast(Span<float> image)
    {
        int plane = image.Length / InputSet.RgbChannels;
        for (int c = 0; c < InputSet.RgbChannels; c++)
        {
            Span<float> channel = image.Slice(c * plane, plane);
            (float low, float high) = Range(channel);
            float scale = 1f / (high - low);
            if (float.IsFinite(scale))
                Stretch(channel, low, scale);
            else
                Stretch(channel, 0f, 1f);
        }
    }

    private static void Affine(Span<float> values, float factor, float offset)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> offsets = new(offset);
        for (int i = 0; i < wide.Length; i++)
            wide[i] = Clamp(wide[i] * factor + offsets);
        for (int i = wide.Length * Vector<float>.Count; i < values.Length; i++)
            values[i] = Clamp(values[i] * factor + offset);
    }

    private static void Stretch(Span<float> values, float low, float scale)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> lows = new(low);
        for (int i = 0; i < wide.Length; i++)
            wide[i] = Clamp((wide[i] - lows) * scale);
        for (int i = wide.Length * Vector<float>.Count; i < values.Length; i++)
            values[i] = Clamp((values[i] - low) * scale);
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> lows = new(float.PositiveInfinity);
        Vector<float> highs = new(float.NegativeInfinity);
        for (int i = 0; i < wide.Length; i++)
        {
            lows = Vector.Min(lows, wide[i]);
            highs = Vector.Max(highs, wide[i]);
        }
        float low = float.PositiveInfinity;
        float high = float.NegativeInfinity;
        for (int k = 0; k < Vector<float>.Count; k++)
        {
            low = Math.Min(low, lows[k]);
            high = Math.Max(high, highs[k]);
        }
        for (int i = wide.Length * Vector<float>.Count; i < values.Length; i++)
        {
            low = Math.Min(low, values[i]);
            high = Math.Max(high, values[i]);
        }
        return (low, high);
    }

    // In double between short runs, so that a large image's mean is as exact as a small one's.
    private static double Sum(ReadOnlySpan<float> values)
    {
        const int run = 64;
        ReadOnlySpan<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(values);
        double sum = 0;
        for (int start = 0; start < wide.Length; start += run)
        {
            Vector<float> part = Vector<float>.Zero;
            int end = Math.Min(start + run, wide.Length);
            for (int i = start; i < end; i++)
                part += wide[i];
            sum += Vector.Sum(part);
        }
        for (int i = wide.Length * Vector<float>.Count; i < values.Length; i++)
            sum += values[i];
        return sum;
    }

    internal static Vector<float> Clamp(Vector<float> values) => Vector.Min(Vector.Max(values, Vector<float>.Zero), Vector<float>.One);

    internal static float Clamp(float value) => Math.Min(Math.Max(value, 0f), 1f);
}
