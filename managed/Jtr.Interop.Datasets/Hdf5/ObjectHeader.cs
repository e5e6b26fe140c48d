using static Jtr.Interop.Hdf5.FileBytes;

namespace Jtr.Interop.Hdf5;

/// <summary>
/// What the header of an object says about sizes (HDF5 File Format Specification, section IV.A.1 and IV.A.2). See <see cref="FileClaims"/>.
/// </summary>
internal sealed class ObjectHeader
{
    private const int MostMessages = 4096;
    private const int MostBlocks = 64;

    private readonly FileBytes _file;
    private readonly Queue<(ulong At, ulong Bytes)> _blocks = new();
    private int _messages;
    private int _blockCount;

    private ObjectHeader(FileBytes file) => _file = file;

    /// <summary>Addresses of a group's symbol table and names, or null when it is no group.</summary>
    public (ulong Tree, ulong Heap)? Group { get; private set; }

    /// <summary>Index, bytes and rank (with the elements' bytes as one more size) of an array's chunks, or null when it has none.</summary>
    public (ulong Tree, ulong Bytes, int Rank)? Chunks { get; private set; }

    /// <summary>Reads and checks a header.</summary>
    /// <exception cref="JtrFormatException">A size is wrong, or there is something that is not read.</exception>
    public static ObjectHeader Read(FileBytes file, ulong address)
    {
        ObjectHeader header = new(file);
        byte[] prefix = file.Read(address, 16, "a header");
        if (prefix[0] != 1)
            throw file.Fault(address, $"a header of version {prefix[0]}; MATLAB 7.3 writes 1");
        header.Add(address + 16, Double(prefix, 8));
        while (header._blocks.TryDequeue(out (ulong At, ulong Bytes) block))
            header.Block(block.At, block.Bytes);
        return header;
    }

    private void Add(ulong at, ulong bytes)
    {
        _file.Need(at, bytes, "a header");
        if (++_blockCount > MostBlocks)
            throw _file.Fault(at, $"a header in more than {MostBlocks} parts");
        _blocks.Enqueue((at, bytes));
    }

    private void Block(ulong at, ulong bytes)
    {
        while (bytes > 0)
        {
            byte[] start = _file.Read(at, 8, "a message");
            int size = Word(start, 2);
            if ((ulong)size + 8 > bytes)
                throw _file.Fault(at, $"a message of {size} bytes, where the header has {bytes} left");
            if (++_messages > MostMessages)
                throw _file.Fault(at, $"a header of more than {MostMessages} messages");
            if ((start[4] & 2) != 0)
                throw _file.Fault(at, "a shared message, which is not read");
            Message(at, Word(start, 0), _file.Read(at + 8, size, "a message"));
            at += 8 + (ulong)size;
            bytes -= 8 + (ulong)size;
        }
    }

    private void Message(ulong at, int type, ReadOnlySpan<byte> data)
    {
        bool isWhole = type switch
        {
            0x01 => data.Length >= 4 && SpaceBytes(data) <= data.Length,
            0x03 => TypeBytes(data) is { } bytes && bytes <= data.Length,
            0x04 => data.Length >= 4 && 4 + (ulong)Double(data, 0) <= (ulong)data.Length,
            0x05 => FillBytes(data) <= (ulong)data.Length,
            0x08 => Layout(data),
            0x0B => Filters(data),
            0x0C => Attribute(data),
            0x0D => data.Contains((byte)0),
            0x10 => data.Length >= 16,
            0x11 => data.Length >= 16,
            // Nothing, times of change, sizes of nodes, count of references.
            0x00 or 0x0E or 0x12 or 0x13 or 0x16 => true,
            _ => throw _file.Fault(at, $"a message of type {type}, which MATLAB 7.3 does not write"),
        };
        if (!isWhole)
            throw _file.Fault(
                at,
                $"a message of type {type} and {data.Length} bytes is not whole, or of a form that MATLAB 7.3 does not write"
            );
        if (type == 0x10)
            Add(Quad(data, 0), Quad(data, 8));
        if (type != 0x11)
            return;
        if (Group is not null)
            throw _file.Fault(at, "two symbol tables");
        Group = (Quad(data, 0), Quad(data, 8));
    }

    /// <summary>Bytes of a dataspace: version, rank, flags (1: largest sizes follow), 5 (or 1) more, sizes.</summary>
    private static int SpaceBytes(ReadOnlySpan<byte> data) => (data[0] == 1 ? 8 : 4) + 8 * data[1] * ((data[2] & 1) != 0 ? 2 : 1);

    /// <summary>Elements of a dataspace.</summary>
    private static ulong Elements(ReadOnlySpan<byte> data)
    {
        UInt128 count = 1;
        for (int i = 0; i < data[1]; i++)
            count = UInt128.Min(count * Quad(data, (data[0] == 1 ? 8 : 4) + 8 * i), ulong.MaxValue);
        return (ulong)count;
    }

    /// <summary>Bytes of a datatype: numbers, texts, references, and lists of these; null for others.</summary>
    private static int? TypeBytes(ReadOnlySpan<byte> data) =>
        data.Length < 8
            ? null
            : (data[0] & 15) switch
            {
                0 => 12,
                1 => 20,
                3 or 7 => 8,
                9 when data.Length >= 16 && (data[8] & 15) != 9 => 8 + TypeBytes(data[8..]),
                _ => null,
            };

    private static ulong FillBytes(ReadOnlySpan<byte> data)
    {
        if (data.Length < 2)
            return ulong.MaxValue;
        bool isOld = data[0] < 3;
        int at = isOld ? 4 : 2;
        if (data.Length < at)
            return ulong.MaxValue;
        bool isDefined = isOld ? data[0] == 1 || data[3] == 1 : (data[1] & 0x20) != 0;
        if (!isDefined)
            return (ulong)at;
        return data.Length < at + 4 ? ulong.MaxValue : (ulong)at + 4 + Double(data, at);
    }

    private bool Layout(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4 || data[0] != 3)
            return false;
        switch (data[1])
        {
            case 0:
                return 4 + Word(data, 2) <= data.Length;
            case 1:
                return data.Length >= 18;
            case 2:
                int rank = data[2];
                if (rank is < 2 or > 33 || data.Length < 11 + 4 * rank || Chunks is not null)
                    return false;
                UInt128 bytes = 1;
                for (int i = 0; i < rank; i++)
                    bytes = UInt128.Min(bytes * Double(data, 11 + 4 * i), ulong.MaxValue);
                ulong tree = Quad(data, 3);
                if (tree == None)
                    throw _file.Fault(0, "an array that was never written");
                Chunks = (tree, (ulong)bytes, rank);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Deflate, shuffle and a checksum, each once at most: twice deflated is a bomb.</summary>
    private static bool Filters(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8 || data[0] is not (1 or 2))
            return false;
        int at = data[0] == 1 ? 8 : 2;
        HashSet<int> seen = [];
        for (int i = 0; i < data[1]; i++)
        {
            int head = data[0] == 1 ? 8 : 6;
            if (data.Length < at + 8)
                return false;
            int id = Word(data, at);
            if (id is not (1 or 2 or 3) || !seen.Add(id))
                return false;
            int name = data[0] == 1 ? (Word(data, at + 2) + 7) / 8 * 8 : 0;
            int values = Word(data, at + head - 2);
            at += head + name + 4 * values + (data[0] == 1 && values % 2 == 1 ? 4 : 0);
        }
        return at <= data.Length;
    }

    /// <summary>Version, flags, sizes of name, type and space, then these three and the values.</summary>
    private static bool Attribute(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8 || data[0] is < 1 or > 3 || (data[0] > 1 && data[1] != 0))
            return false;
        int multiple = data[0] == 1 ? 8 : 1;
        int name = Word(data, 2),
            type = Padded(Word(data, 4), multiple),
            space = Padded(Word(data, 6), multiple);
        int at = data[0] == 3 ? 9 : 8;
        if (data.Length < at + Padded(name, multiple) + type + space)
            return false;
        int end = data[at..].IndexOf((byte)0);
        // The library looks for the zero behind the name.
        if (end < 0 || Padded(end + 1, multiple) != Padded(name, multiple))
            return false;
        at += Padded(name, multiple);
        ReadOnlySpan<byte> types = data.Slice(at, type),
            spaces = data.Slice(at + type, space);
        if (TypeBytes(types) is not { } typeBytes || typeBytes > type || space < 4 || SpaceBytes(spaces) > space)
            return false;
        UInt128 values = (UInt128)Double(types, 4) * Elements(spaces);
        return values <= (UInt128)(data.Length - at - type - space);
    }

    private static int Padded(int bytes, int multiple) => (bytes + multiple - 1) / multiple * multiple;
}
