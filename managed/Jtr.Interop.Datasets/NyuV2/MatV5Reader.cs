using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Jtr.Interop.Datasets.NyuV2;

/// <summary>A value of a MAT-file: a numeric array, text, a cell array or a struct.</summary>
/// <param name="Shape">Sizes, the first index running fastest.</param>
/// <param name="Numbers">Elements of a numeric array (real part), else empty.</param>
/// <param name="Text">Text of a character array, else empty.</param>
/// <param name="Cells">Elements of a cell array, else empty.</param>
/// <param name="Fields">Fields of a struct of one element, else empty.</param>
internal sealed record MatValue(int[] Shape, double[] Numbers, string Text, MatValue[] Cells, IReadOnlyDictionary<string, MatValue> Fields)
{
    public static IReadOnlyDictionary<string, MatValue> NoFields { get; } = new Dictionary<string, MatValue>();
}

/// <summary>
/// Reads MAT-files of level 5 ("MATLAB 5.0 MAT-file", what save -v6 and -v7 write), compressed or not, of either byte order, as
/// far as tables of NYU-v2 need it: numeric and character arrays, cell arrays, structs. Format: "MAT-File Format", The
/// MathWorks.
/// </summary>
internal sealed class MatV5Reader
{
    private const int LargestFile = 8 << 20;
    private const int LargestVariable = 8 << 20;
    private const int Deepest = 8;

    private const int Int8 = 1;
    private const int UInt8 = 2;
    private const int Int32 = 5;
    private const int UInt32 = 6;
    private const int Matrix = 14;
    private const int Compressed = 15;

    private readonly string _path;
    private readonly byte[] _data;
    private readonly bool _bigEndian;

    private MatV5Reader(string path, byte[] data, bool bigEndian)
    {
        _path = path;
        _data = data;
        _bigEndian = bigEndian;
    }

    /// <summary>Reads all variables of a file.</summary>
    /// <exception cref="JtrFormatException">It is no such file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Dictionary<string, MatValue> Read(string path)
    {
        FileInfo info = new(path);
        if (info.Exists && info.Length > LargestFile)
            throw new JtrFormatException(path, $"a table of {info.Length} bytes; up to {LargestFile} are read");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Reads all variables of a file's bytes.</summary>
    internal static Dictionary<string, MatValue> Parse(string path, byte[] file)
    {
        if (file.Length < 128 || !file.AsSpan().StartsWith("MATLAB 5.0 MAT-file"u8))
        {
            bool isNewer =
                file.AsSpan().StartsWith("MATLAB 7.3"u8)
                || file.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F']);
            throw new JtrFormatException(
                path,
                isNewer
                    ? "a MAT-file of version 7.3, where a small table is read from versions 5 to 7 (save -v7)"
                    : "no MAT-file of version 5 to 7: its header is missing",
                0
            );
        }
        bool bigEndian = (file[126], file[127]) switch
        {
            ((byte)'I', (byte)'M') => false,
            ((byte)'M', (byte)'I') => true,
            _ => throw new JtrFormatException(path, "the mark of the byte order is missing", 126),
        };

        Dictionary<string, MatValue> variables = [];
        MatV5Reader reader = new(path, file, bigEndian);
        int at = 128;
        while (at < file.Length)
        {
            (int type, int start, int length, int next) = reader.Tag(at, file.Length);
            // Only here a compressed element is not padded.
            at = type == Compressed ? start + length : next;
            if (type == Compressed)
            {
                byte[] inflated = reader.Inflate(start, length);
                MatV5Reader inner = new(path, inflated, bigEndian);
                (int innerType, int innerStart, int innerLength, _) = inner.Tag(0, inflated.Length);
                if (innerType == Matrix)
                    inner.Variable(innerStart, innerLength, variables);
            }
            else if (type == Matrix)
            {
                reader.Variable(start, length, variables);
            }
        }
        return variables;
    }

    private void Variable(int start, int length, Dictionary<string, MatValue> variables)
    {
        (string name, MatValue value) = Array(start, length, 0);
        variables[name] = value;
    }

    /// <summary>Type and place of the element at a place; small ones have their bytes in the tag.</summary>
    private (int Type, int Start, int Length, int Next) Tag(int at, int end)
    {
        if (end - at < 8)
            throw Fault(at, "the file is truncated");
        uint type = UInt(at);
        if (type >> 16 != 0)
        {
            int small = (int)(type >> 16);
            return small <= 4 ? ((int)(type & 0xFFFF), at + 4, small, at + 8) : throw Fault(at, $"a small element of {small} bytes");
        }
        uint length = UInt(at + 4);
        if (length > end - at - 8)
            throw Fault(at, $"the file is truncated: an element claims {length} bytes, {end - at - 8} are left");
        // The last element's padding may be missing.
        return ((int)type, at + 8, (int)length, Math.Min(at + 8 + ((int)length + 7) / 8 * 8, end));
    }

    private (string Name, MatValue Value) Array(int at, int length, int depth)
    {
        int end = at + length;
        if (length == 0)
            return ("", Plain([0, 0]));
        if (depth > Deepest)
            throw Fault(at, $"arrays in arrays, more than {Deepest} deep");
        int[] flags = Integers(ref at, end, UInt32);
        if (flags.Length != 2)
            throw Fault(at, "an array without its class");
        int kind = flags[0] & 0xFF;
        if (kind > 15)
            return ("", Plain([0, 0])); // functions and objects have parts of their own
        int[] shape = Integers(ref at, end, Int32);
        long count = 1;
        foreach (int size in shape)
        {
            if (size < 0)
                throw Fault(at, $"a size of {size}");
            count = Math.Min(count * size, LargestVariable + 1L);
        }
        if (count > LargestVariable)
            throw Fault(at, $"an array of more than {LargestVariable} elements");
        string name = Characters(ref at, end, Int8);
        MatValue value = kind switch
        {
            1 => CellArray(ref at, end, shape, (int)count, depth),
            2 => Structure(ref at, end, shape, (int)count, depth),
            4 => Plain(shape) with { Text = string.Concat(Numbers(ref at, end, (int)count).Select(c => (char)c)) },
            >= 6 and <= 15 => Plain(shape) with { Numbers = Numbers(ref at, end, (int)count) },
            _ => Plain(shape), // old objects and sparse arrays: nobody asks for them
        };
        return (name, value);
    }

    private MatValue CellArray(ref int at, int end, int[] shape, int count, int depth)
    {
        // Each takes 8 bytes at least.
        if (count > (end - at) / 8)
            throw Fault(at, $"a cell array of {count} elements in {end - at} bytes");
        MatValue[] cells = new MatValue[count];
        for (int i = 0; i < count; i++)
            cells[i] = Element(ref at, end, depth);
        return Plain(shape) with { Cells = cells };
    }

    private MatValue Structure(ref int at, int end, int[] shape, int count, int depth)
    {
        int[] lengths = Integers(ref at, end, Int32);
        string names = Characters(ref at, end, Int8);
        if (lengths is not [> 0 and <= 64] || names.Length % lengths[0] != 0)
            throw Fault(at, "a struct whose names are damaged");
        if (count != 1)
            return Plain(shape);
        Dictionary<string, MatValue> fields = [];
        for (int i = 0; i < names.Length; i += lengths[0])
            fields[names.Substring(i, lengths[0]).TrimEnd('\0')] = Element(ref at, end, depth);
        return Plain(shape) with { Fields = fields };
    }

    private MatValue Element(ref int at, int end, int depth)
    {
        (int type, int start, int length, int next) = Tag(at, end);
        if (type != Matrix)
            throw Fault(at, $"an element of type {type} where an array belongs");
        at = next;
        return Array(start, length, depth + 1).Value;
    }

    private int[] Integers(ref int at, int end, int expected)
    {
        (int type, int start, int length, int next) = Tag(at, end);
        if (type != expected || length % 4 != 0)
            throw Fault(at, $"an element of type {type} and {length} bytes, where type {expected} belongs");
        at = next;
        int[] values = new int[length / 4];
        for (int i = 0; i < values.Length; i++)
            values[i] = (int)UInt(start + 4 * i);
        return values;
    }

    private string Characters(ref int at, int end, int expected)
    {
        (int type, int start, int length, int next) = Tag(at, end);
        if (type != expected && type != UInt8)
            throw Fault(at, $"an element of type {type}, where a name belongs");
        at = next;
        return Encoding.ASCII.GetString(_data, start, length);
    }

    private double[] Numbers(ref int at, int end, int count)
    {
        (int type, int start, int length, int next) = Tag(at, end);
        int size = type switch
        {
            Int8 or UInt8 or 16 => 1,
            3 or 4 or 17 => 2,
            Int32 or UInt32 or 7 => 4,
            9 or 12 or 13 => 8,
            _ => throw Fault(at, $"elements of type {type}"),
        };
        if (length != (long)count * size)
            throw Fault(at, $"{length} bytes for {count} elements of {size} bytes");
        at = next;
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = Number(type, _data.AsSpan(start + i * size, size));
        return values;
    }

    private double Number(int type, ReadOnlySpan<byte> bytes) =>
        type switch
        {
            Int8 => (sbyte)bytes[0],
            UInt8 or 16 => bytes[0],
            3 => _bigEndian ? BinaryPrimitives.ReadInt16BigEndian(bytes) : BinaryPrimitives.ReadInt16LittleEndian(bytes),
            4 or 17 => _bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            Int32 => _bigEndian ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes),
            UInt32 => _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            7 => _bigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes) : BinaryPrimitives.ReadSingleLittleEndian(bytes),
            9 => _bigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            12 => _bigEndian ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => _bigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        };

    private byte[] Inflate(int start, int length)
    {
        using ZLibStream zlib = new(new MemoryStream(_data, start, length, writable: false), CompressionMode.Decompress);
        using MemoryStream inflated = new();
        byte[] part = new byte[1 << 14];
        try
        {
            for (int got = zlib.Read(part); got > 0; got = zlib.Read(part))
            {
                inflated.Write(part, 0, got);
                if (inflated.Length > LargestVariable)
                    throw Fault(start, $"a variable that takes more than {LargestVariable} bytes when inflated");
            }
        }
        catch (InvalidDataException e)
        {
            throw new JtrFormatException(_path, $"damaged compressed data: {e.Message}", start, e);
        }
        return inflated.ToArray();
    }

    private uint UInt(int at) =>
        _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_data.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(at));

    private static MatValue Plain(int[] shape) => new(shape, [], "", [], MatValue.NoFields);

    private JtrFormatException Fault(int at, string message) => new(_path, message, at);
}
