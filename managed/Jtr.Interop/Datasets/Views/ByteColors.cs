using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// PIL's ImageOps.posterize, solarize and equalize on [3, H, W] RGB in [0, 1], in place. Each value v is first made the
/// byte floor(255 v), as torchvision's ToPILImage does; the result is a byte / 255. One instance a thread.
/// </summary>
internal sealed class ByteColors(int pixels)
{
    private const int Values = 256;

    private readonly byte[] _plane = new byte[pixels];
    private readonly int[] _counts = new int[Lanes * Values];
    private readonly float[] _table = new float[Values];

    // Runs of one value would make each count wait for the one before.
    private const int Lanes = 4;

    /// <summary>Clears the lower bits of every byte.</summary>
    /// <param name="image">[3, H, W].</param>
    /// <param name="bits">Bits to keep, 1 to 8.</param>
    public static void Posterize(Span<float> image, int bits)
    {
        int mask = 0xFF << 8 - bits & 0xFF;
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(image);
        Vector<int> masks = new(mask);
        for (int i = 0; i < wide.Length; i++)
            wide[i] = Vector.ConvertToSingle(ToBytes(wide[i]) & masks) / 255f;
        for (int i = wide.Length * Vector<float>.Count; i < image.Length; i++)
            image[i] = (ToByte(image[i]) & mask) / 255f;
    }

    /// <summary>Inverts the bytes that are not below a threshold.</summary>
    /// <param name="image">[3, H, W].</param>
    /// <param name="threshold">0 to 255.</param>
    public static void Solarize(Span<float> image, float threshold)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(image);
        Vector<float> thresholds = new(threshold);
        Vector<float> largest = new(255f);
        for (int i = 0; i < wide.Length; i++)
        {
            Vector<float> bytes = Vector.ConvertToSingle(ToBytes(wide[i]));
            wide[i] = Vector.ConditionalSelect(Vector.LessThan(bytes, thresholds), bytes, largest - bytes) / 255f;
        }
        for (int i = wide.Length * Vector<float>.Count; i < image.Length; i++)
        {
            int value = ToByte(image[i]);
            image[i] = (value < threshold ? value : 255 - value) / 255f;
        }
    }

    /// <summary>Maps each channel's bytes so that they are spread as evenly as possible.</summary>
    /// <param name="image">[3, H, W].</param>
    public void Equalize(Span<float> image)
    {
        for (int start = 0; start < image.Length; start += pixels)
        {
            Span<float> channel = image.Slice(start, pixels);
            Quantise(channel, _plane);
            Count(_plane);
            MakeTable();
            ReadOnlySpan<float> table = _table.AsSpan(0, Values);
            for (int i = 0; i < channel.Length; i++)
                channel[i] = table[_plane[i]];
        }
    }

    /// <summary>The table of a channel's new values, out of the counts of its bytes, which go into the first lane.</summary>
    private void MakeTable()
    {
        int last = -1;
        int used = 0;
        for (int v = 0; v < Values; v++)
        {
            for (int lane = 1; lane < Lanes; lane++)
                _counts[v] += _counts[lane * Values + v];
            if (_counts[v] == 0)
                continue;
            used++;
            last = v;
        }
        // What the brightest byte has is left out, so that it becomes 255.
        int step = (pixels - _counts[last]) / 255;
        bool even = used > 1 && step > 0;
        int below = step / 2;
        for (int v = 0; v < Values; v++)
        {
            _table[v] = (even ? Math.Min(below / step, 255) : v) / 255f;
            below += _counts[v];
        }
    }

    private void Count(ReadOnlySpan<byte> plane)
    {
        Span<int> counts = _counts.AsSpan(0, Lanes * Values);
        counts.Clear();
        int i = 0;
        for (; i + Lanes <= plane.Length; i += Lanes)
        {
            counts[plane[i]]++;
            counts[Values + plane[i + 1]]++;
            counts[2 * Values + plane[i + 2]]++;
            counts[3 * Values + plane[i + 3]]++;
        }
        for (; i < plane.Length; i++)
            counts[plane[i]]++;
    }

    private static void Quantise(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        int count = Vector<float>.Count;
        int x = 0;
        for (; x + 4 * count <= values.Length; x += 4 * count)
        {
            Vector<short> low = Vector.Narrow(At(values, x), At(values, x + count));
            Vector<short> high = Vector.Narrow(At(values, x + 2 * count), At(values, x + 3 * count));
            Vector.Narrow(Vector.AsVectorUInt16(low), Vector.AsVectorUInt16(high)).CopyTo(bytes[x..]);
        }
        for (; x < values.Length; x++)
            bytes[x] = (byte)ToByte(values[x]);

        static Vector<int> At(ReadOnlySpan<float> from, int x) => ToBytes(new Vector<float>(from.Slice(x, Vector<float>.Count)));
    }

    private static Vector<int> ToBytes(Vector<float> values) => Vector.ConvertToInt32(FloatColors.Clamp(values) * 255f);

    private static int ToByte(float value) => (int)(FloatColors.Clamp(value) * 255f);
}
