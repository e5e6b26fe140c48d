using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// A resized label or image in the smallest form that loses nothing. What is read from a file always goes through this
/// form, so that values are the same whether or not it is kept.
/// </summary>
internal abstract class PackedLabel
{
    /// <summary>Writes the values as labels.</summary>
    public abstract void Expand(Span<float> destination);

    /// <summary>8-bit values that stand for 0 to 1.</summary>
    public static void ExpandUnit(ReadOnlySpan<byte> values, Span<float> destination)
    {
        int count = Vector<byte>.Count;
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(destination[..values.Length]);
        int x = 0;
        for (int o = 0; x + count <= values.Length; x += count, o += 4)
        {
            Vector.Widen(new Vector<byte>(values.Slice(x, count)), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> a, out Vector<uint> b);
            Vector.Widen(high, out Vector<uint> c, out Vector<uint> d);
            wide[o] = Vector.ConvertToSingle(Vector.AsVectorInt32(a)) / 255f;
            wide[o + 1] = Vector.ConvertToSingle(Vector.AsVectorInt32(b)) / 255f;
            wide[o + 2] = Vector.ConvertToSingle(Vector.AsVectorInt32(c)) / 255f;
            wide[o + 3] = Vector.ConvertToSingle(Vector.AsVectorInt32(d)) / 255f;
        }
        for (; x < values.Length; x++) destination[x] = values[x] / 255f;
    }
}

/// <summary>Class ids plus 1, 0 where there is none, of at most 255 classes.</summary>
internal sealed class PackedIds(byte[] values) : PackedLabel
{
    public override void Expand(Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++) destination[i] = values[i] - 1;
    }
}

/// <summary>Class ids plus 1, 0 where there is none, of any number of classes.</summary>
internal sealed class PackedWideIds(ushort[] values) : PackedLabel
{
    public override void Expand(Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++) destination[i] = values[i] - 1;
    }
}

/// <summary>Depths in units of a scale.</summary>
internal sealed class PackedDepth(ushort[] values, double scale) : PackedLabel
{
    public override void Expand(Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++) destination[i] = (float)(values[i] * scale);
    }
}

/// <summary>Values from 0 to 1 in 65,535ths, which hold 8-bit and 16-bit values exactly.</summary>
internal sealed class PackedUnits(ushort[] values) : PackedLabel
{
    public override void Expand(Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++) destination[i] = values[i] / 65535f;
    }
}

/// <summary>Any values.</summary>
internal sealed class PackedFloats(float[] values) : PackedLabel
{
    public override void Expand(Span<float> destination) => values.CopyTo(destination);
}
