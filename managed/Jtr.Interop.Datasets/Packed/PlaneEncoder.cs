using System.Buffers;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>Finds the smallest encoding that keeps an image or a label as it is (or, if asked for, nearly), and writes it.</summary>
internal sealed class PlaneEncoder(PackPrecision precision)
{
    private readonly Dictionary<uint, int> _places = [];
    private readonly List<float> _table = [];
    private byte[] _bytes = [];
    private ushort[] _words = [];

    /// <summary>Writes values.</summary>
    /// <param name="values">All channels of an image or a label.</param>
    /// <param name="packing">What to try for the label's kind; null: an image.</param>
    /// <param name="output">Receives table and values, each padded to a multiple of <see cref="PlaneLayout.Alignment"/>.</param>
    /// <returns>The encoding and the number of entries of its table.</returns>
    public (PlaneEncoding Encoding, int Entries) Write(ReadOnlySpan<float> values, LabelPacking? packing, IBufferWriter<byte> output)
    {
        if (_bytes.Length != values.Length)
        {
            _bytes = new byte[values.Length];
            _words = new ushort[values.Length];
        }
        bool rounds = precision == PackPrecision.Compact && packing is not (LabelPacking.Ids or LabelPacking.Exact);
        if (packing is null or LabelPacking.Units && TryUnits(values, rounds && packing is null))
        {
            Put(_bytes, output);
            return (PlaneEncoding.Unit8, 0);
        }
        if (packing == LabelPacking.Ids && TryIds(values))
        {
            Put(_bytes, output);
            return (PlaneEncoding.Ids8, 0);
        }
        if (TryTable(values))
        {
            Put(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_table)), output);
            if (_table.Count <= 256)
            {
                for (int i = 0; i < values.Length; i++)
                    _bytes[i] = (byte)_words[i];
                Put(_bytes, output);
                return (PlaneEncoding.Table8, _table.Count);
            }
            Put(MemoryMarshal.AsBytes(_words.AsSpan()), output);
            return (PlaneEncoding.Table16, _table.Count);
        }
        if (rounds && TryHalves(values))
        {
            Put(MemoryMarshal.AsBytes(_words.AsSpan()), output);
            return (PlaneEncoding.Float16, 0);
        }
        Put(MemoryMarshal.AsBytes(values), output);
        return (PlaneEncoding.Float32, 0);
    }

    private bool TryUnits(ReadOnlySpan<float> values, bool rounds)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is not (>= 0 and <= 1))
                return false;
            byte nearest = (byte)(values[i] * 255f + 0.5f);
            if (!rounds && !Same(nearest / 255f, values[i]))
                return false;
            _bytes[i] = nearest;
        }
        return true;
    }

    private bool TryIds(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is not (>= -1 and <= 254))
                return false;
            _bytes[i] = (byte)(values[i] + 1);
            if (!Same(_bytes[i] - 1, values[i]))
                return false;
        }
        return true;
    }

    private bool TryTable(ReadOnlySpan<float> values)
    {
        _places.Clear();
        _table.Clear();
        // Above that, table and places take as much as the values.
        int most = Math.Min(PlaneLayout.MostEntries(PlaneEncoding.Table16), values.Length / 2);
        for (int i = 0; i < values.Length; i++)
        {
            ref int place = ref CollectionsMarshal.GetValueRefOrAddDefault(
                _places,
                BitConverter.SingleToUInt32Bits(values[i]),
                out bool known
            );
            if (!known)
            {
                if (_table.Count == most)
                    return false;
                place = _table.Count;
                _table.Add(values[i]);
            }
            _words[i] = (ushort)place;
        }
        return true;
    }

    private bool TryHalves(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Half half = (Half)values[i];
            // 0 says "no depth here", so nothing else may become it.
            if (Half.IsInfinity(half) != float.IsInfinity(values[i]) || (half == Half.Zero && values[i] != 0))
                return false;
            _words[i] = BitConverter.HalfToUInt16Bits(half);
        }
        return true;
    }

    // NaN and -0 count, too.
    private static bool Same(float a, float b) => BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);

    private static void Put(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        int padded = checked((int)PlaneLayout.Aligned(bytes.Length));
        Span<byte> to = output.GetSpan(padded);
        bytes.CopyTo(to);
        to[bytes.Length..padded].Clear();
        output.Advance(padded);
    }
}
