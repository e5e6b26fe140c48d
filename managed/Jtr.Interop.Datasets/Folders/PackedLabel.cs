using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// A resized label or image in the smallest form that loses nothing. What is read from a file always goes through this
/// form, so that values are the same whether or not it is kept. Its memory is the pool's until <see cref="Keep"/>.
/// </summary>
internal abstract class PackedLabel : IDisposable
{
    /// <summary>Writes the values as labels.</summary>
    public abstract void Expand(Span<float> destination);

    /// <summary>Moves the values to memory of their own, to be kept.</summary>
    public abstract void Keep();

    /// <summary>Gives the memory back. Harmless when repeated.</summary>
    public abstract void Dispose();

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
        for (; x < values.Length; x++)
            destination[x] = values[x] / 255f;
    }
}

/// <summary>Values of one type, which are taken over.</summary>
internal abstract class PackedLabel<T>(Pooled<T> values) : PackedLabel
    where T : unmanaged
{
    protected ReadOnlySpan<T> Values => values.Span;

    public override void Keep() => values.Keep();

    public override void Dispose() => values.Dispose();
}

/// <summary>Class ids plus 1, 0 where there is none, of at most 255 classes.</summary>
internal sealed class PackedIds(Pooled<byte> values) : PackedLabel<byte>(values)
{
    public override void Expand(Span<float> destination)
    {
        ReadOnlySpan<byte> values = Values;
        for (int i = 0; i < values.Length; i++)
            destination[i] = values[i] - 1;
    }
}

/// <summary>Class ids plus 1, 0 where there is none, of any number of classes.</summary>
internal sealed class PackedWideIds(Pooled<ushort> values) : PackedLabel<ushort>(values)
{
    public override void Expand(Span<float> destination)
    {
        ReadOnlySpan<ushort> values = Values;
        for (int i = 0; i < values.Length; i++)
            destination[i] = values[i] - 1;
    }
}

/// <summary>Depths in units of a scale.</summary>
internal sealed class PackedDepth(Pooled<ushort> values, double scale) : PackedLabel<ushort>(values)
{
    public override void Expand(Span<float> destination)
    {
        ReadOnlySpan<ushort> values = Values;
        for (int i = 0; i < values.Length; i++)
            destination[i] = (float)(values[i] * scale);
    }
}

/// <summary>Values from 0 to 1 in 65,535ths, which hold 8-bit and 16-bit values exactly.</summary>
internal sealed class PackedUnits(Pooled<ushort> values) : PackedLabel<ushort>(values)
{
    public override void Expand(Span<float> destination)
    {
        ReadOnlySpan<ushort> values = Values;
        for (int i = 0; i < values.Length; i++)
            destination[i] = values[i] / 65535f;
    }
}

/// <summary>8-bit values, 0..255 for 0..1.</summary>
internal sealed class PackedBytes(Pooled<byte> values) : PackedLabel<byte>(values)
{
    public override void Expand(Span<float> destination) => ExpandUnit(Values, destination);
}

/// <summary>Any values.</summary>
internal sealed class PackedFloats(Pooled<float> values) : PackedLabel<float>(values)
{
    public override void Expand(Span<float> destination) => Values.CopyTo(destination);
}

/// <summary>Values that are in memory anyway.</summary>
internal sealed class PackedRow(float[] values) : PackedLabel
{
    public override void Expand(Span<float> destination) => values.CopyTo(destination);

    public override void Keep() { }

    public override void Dispose() { }
}
