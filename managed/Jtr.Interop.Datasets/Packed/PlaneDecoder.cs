using System.Numerics;
using System.Runtime.InteropServices;
using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>Turns stored numbers back into floats, on the hot path of the loader: no allocation.</summary>
internal static class PlaneDecoder
{
    /// <summary>Writes the values of a plane.</summary>
    /// <param name="encoding">Its encoding.</param>
    /// <param name="table">Its table, or empty.</param>
    /// <param name="stored">As many values as the destination has.</param>
    /// <param name="destination">All channels of an image or a label.</param>
    public static void Read(PlaneEncoding encoding, ReadOnlySpan<float> table, ReadOnlySpan<byte> stored, Span<float> destination)
    {
        switch (encoding)
        {
            case PlaneEncoding.Float32:
                MemoryMarshal.Cast<byte, float>(stored).CopyTo(destination);
                break;
            case PlaneEncoding.Unit8:
                PackedLabel.ExpandUnit(stored, destination);
                break;
            case PlaneEncoding.Ids8:
                Ids(stored, destination);
                break;
            case PlaneEncoding.Table8:
                Table(table, stored, destination);
                break;
            case PlaneEncoding.Table16:
                Table(table, MemoryMarshal.Cast<byte, ushort>(stored), destination);
                break;
            case PlaneEncoding.Float16:
                Halves(MemoryMarshal.Cast<byte, ushort>(stored), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not an encoding");
        }
    }

    /// <summary>Whether a plane's places are all in its table.</summary>
    public static bool IsWithinTable(PlaneEncoding encoding, int entries, ReadOnlySpan<byte> stored) =>
        encoding switch
        {
            PlaneEncoding.Table8 => Largest(stored) < entries,
            PlaneEncoding.Table16 => Largest(MemoryMarshal.Cast<byte, ushort>(stored)) < entries,
            _ => true,
        };

    private static void Ids(ReadOnlySpan<byte> stored, Span<float> destination)
    {
        int count = Vector<byte>.Count;
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(destination[..stored.Length]);
        int x = 0;
        for (int o = 0; x + count <= stored.Length; x += count, o += 4)
        {
            Vector.Widen(new Vector<byte>(stored.Slice(x, count)), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(Vector.AsVectorInt16(low), out Vector<int> a, out Vector<int> b);
            Vector.Widen(Vector.AsVectorInt16(high), out Vector<int> c, out Vector<int> d);
            wide[o] = Vector.ConvertToSingle(a - Vector<int>.One);
            wide[o + 1] = Vector.ConvertToSingle(b - Vector<int>.One);
            wide[o + 2] = Vector.ConvertToSingle(c - Vector<int>.One);
            wide[o + 3] = Vector.ConvertToSingle(d - Vector<int>.One);
        }
        for (; x < stored.Length; x++)
            destination[x] = stored[x] - 1;
    }

    private static void Table(ReadOnlySpan<float> table, ReadOnlySpan<byte> places, Span<float> destination)
    {
        destination = destination[..places.Length];
        for (int i = 0; i < places.Length; i++)
            destination[i] = table[places[i]];
    }

    private static void Table(ReadOnlySpan<float> table, ReadOnlySpan<ushort> places, Span<float> destination)
    {
        destination = destination[..places.Length];
        for (int i = 0; i < places.Length; i++)
            destination[i] = table[places[i]];
    }

    private static void Halves(ReadOnlySpan<ushort> stored, Span<float> destination)
    {
        int count = Vector<ushort>.Count;
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(destination[..stored.Length]);
        int x = 0;
        for (int o = 0; x + count <= stored.Length; x += count, o += 2)
        {
            Vector.Widen(new Vector<ushort>(stored.Slice(x, count)), out Vector<uint> low, out Vector<uint> high);
            wide[o] = Halves(low);
            wide[o + 1] = Halves(high);
        }
        for (; x < stored.Length; x++)
            destination[x] = (float)BitConverter.UInt16BitsToHalf(stored[x]);
    }

    // Exponent and fraction moved to where float32 has them are the number over 2^112, subnormal or not, so a product puts
    // it right; only infinity and NaN, whose exponent is all ones in either format, do not become so by it.
    private static Vector<float> Halves(Vector<uint> bits)
    {
        const float scale = 5.192296858534828e33f;
        Vector<uint> sign = (bits & new Vector<uint>(0x8000)) << 16;
        Vector<uint> rest = (bits & new Vector<uint>(0x7FFF)) << 13;
        Vector<uint> special = Vector.GreaterThanOrEqual(rest, new Vector<uint>(0x7C00 << 13)) & new Vector<uint>(0x7F800000);
        return Vector.AsVectorSingle(Vector.AsVectorUInt32(Vector.AsVectorSingle(rest) * scale) | special | sign);
    }

    private static int Largest(ReadOnlySpan<byte> values)
    {
        int largest = 0;
        foreach (byte value in values)
            largest = Math.Max(largest, value);
        return largest;
    }

    private static int Largest(ReadOnlySpan<ushort> values)
    {
        int largest = 0;
        foreach (ushort value in values)
            largest = Math.Max(largest, value);
        return largest;
    }
}
