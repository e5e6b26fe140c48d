using System.Buffers.Binary;
using System.Text;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Reads .npy files, versions 1 to 3: numbers in row-major (C) or column-major (Fortran) order, of either byte order.
/// Strict: the file has to be exactly as long as its header says, which is checked before anything of that size is allocated.
/// </summary>
internal static class NpyReader
{
    // numpy refuses longer headers, too, unless told otherwise.
    private const int LongestHeader = 10_000;
    private const int MostDimensions = 32;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JtrFormatException">It is no such file, or damaged; the message names path, byte offset and fault.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Header header = ReadHeader(stream, path);
        byte[] data = GC.AllocateUninitializedArray<byte>(header.Bytes);
        stream.ReadExactly(data);
        if (header.BigEndian == BitConverter.IsLittleEndian) NpyArray.ReverseBytes(data, NpyArray.SizeOf(header.Type));
        return new NpyArray(header.Type, header.Shape, header.ColumnMajor ? RowMajor(data, header.Shape, NpyArray.SizeOf(header.Type)) : data);
    }

    /// <summary>The shape of the array in a file, without its elements.</summary>
    internal static int[] ReadShape(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return ReadHeader(stream, path).Shape;
    }

    /// <summary>Brings elements whose first index runs fastest into the order in which the last one does.</summary>
    private static byte[] RowMajor(byte[] columnMajor, int[] shape, int size)
    {
        byte[] rowMajor = GC.AllocateUninitializedArray<byte>(columnMajor.Length);
        long[] strides = new long[shape.Length];
        long stride = size;
        for (int d = 0; d < shape.Length; d++)
        {
            strides[d] = stride;
            stride *= shape[d];
        }
        int[] index = new int[shape.Length];
        long from = 0;
        for (int to = 0; to < rowMajor.Length; to += size)
        {
            columnMajor.AsSpan((int)from, size).CopyTo(rowMajor.AsSpan(to));
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                from += strides[d];
                if (++index[d] < shape[d]) break;
                from -= index[d] * strides[d];
                index[d] = 0;
            }
        }
        return rowMajor;
    }

    private static Header ReadHeader(FileStream stream, string path)
    {
        Span<byte> start = stackalloc byte[12];
        int got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (got < start.Length || !start.StartsWith(Magic)) throw new JtrFormatException(path, "no .npy file: it does not begin with \\x93NUMPY", 0);
        int version = start[6];
        if (version is < 1 or > 3) throw new JtrFormatException(path, $"version {version}.{start[7]} of .npy is not known; 1 to 3 are", 6);

        int textAt = version == 1 ? 10 : 12;
        uint textLength = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (textLength > LongestHeader || textAt + textLength > stream.Length)
            throw new JtrFormatException(path, $"the header claims {textLength} bytes; the file has {stream.Length - textAt} more", 8);
        byte[] text = new byte[textLength];
        stream.Position = textAt;
        stream.ReadExactly(text);

        Header header = new HeaderParser(Encoding.Latin1.GetString(text), path, textAt).Parse();
        long there = stream.Length - stream.Position;
        if (header.Bytes != there)
        {
            string fault = header.Bytes > there ? "the file is truncated" : "there is something behind the array";
            throw new JtrFormatException(path, $"the header claims {header.Bytes} bytes of elements, there are {there}: {fault}", stream.Position);
        }
        return header;
    }

    private sealed record Header(NpyType Type, bool BigEndian, bool ColumnMajor, int[] Shape, int Bytes);

    /// <summary>Parses the header's Python dictionary, of which only the form that numpy writes is accepted.</summary>
    private sealed class HeaderParser(string text, string path, int offset)
    {
        private int _at;

        public Header Parse()
        {
            string? descr = null;
            bool? fortran = null;
            int[]? shape = null;
            Expect('{');
            while (!Accept('}'))
            {
                string key = Quoted();
                Expect(':');
                if (key == "descr" && descr is null) descr = Peek() == '\'' ? Quoted() : throw Fault("only plain numbers are read, no records");
                else if (key == "fortran_order" && fortran is null) fortran = Word() switch { "True" => true, "False" => false, _ => throw Fault("fortran_order is neither True nor False") };
                else if (key == "shape" && shape is null) shape = Tuple();
                else throw Fault($"the key '{key}' is unknown, or there twice");
                if (!Accept(',') && Peek() != '}') throw Fault("a comma or } is missing");
            }
            int end = _at;
            if (Peek() != '\0') throw Fault("there is something behind the header's }");
            // Faults of the whole are told at its end, not at the end of the padding.
            _at = end;
            if (descr is null || fortran is null || shape is null) throw Fault("descr, fortran_order or shape is missing");
            (NpyType type, bool bigEndian) = ElementType(descr);

            Int128 bytes = NpyArray.SizeOf(type);
            foreach (int size in shape) bytes = Int128.Min(bytes * size, (Int128)long.MaxValue);
            if (bytes > Array.MaxLength) throw Fault($"the shape asks for {bytes} bytes or more, which is too many");
            return new Header(type, bigEndian, fortran.Value && shape.Length > 1, shape, (int)bytes);
        }

        private (NpyType Type, bool BigEndian) ElementType(string descr)
        {
            NpyType? type = descr.Length < 2 ? null : descr[1..] switch
            {
                "b1" => NpyType.Boolean,
                "u1" => NpyType.UInt8,
                "i1" => NpyType.Int8,
                "u2" => NpyType.UInt16,
                "i2" => NpyType.Int16,
                "u4" => NpyType.UInt32,
                "i4" => NpyType.Int32,
                "u8" => NpyType.UInt64,
                "i8" => NpyType.Int64,
                "f2" => NpyType.Float16,
                "f4" => NpyType.Float32,
                "f8" => NpyType.Float64,
                _ => null,
            };
            bool wide = type is not null && NpyArray.SizeOf(type.Value) > 1;
            if (type is null || (wide ? descr[0] is not ('<' or '>') : descr[0] is not ('|' or '<' or '>')))
                throw Fault($"elements of type '{descr}' are not read; b1, u1 to u8, i1 to i8 and f2 to f8 are");
            return (type.Value, wide ? descr[0] == '>' : !BitConverter.IsLittleEndian);
        }

        private int[] Tuple()
        {
            List<int> sizes = [];
            Expect('(');
            while (!Accept(')'))
            {
                string number = Word();
                if (!int.TryParse(number, System.Globalization.NumberStyles.None, null, out int size)) throw Fault($"the size '{number}' is not a number from 0 to {int.MaxValue}");
                if (sizes.Count == MostDimensions) throw Fault($"more than {MostDimensions} dimensions");
                sizes.Add(size);
                if (!Accept(',') && Peek() != ')') throw Fault("a comma or ) is missing");
            }
            return [.. sizes];
        }

        private char Peek()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n') _at++;
            return _at < text.Length ? text[_at] : '\0';
        }

        private bool Accept(char c)
        {
            if (Peek() != c) return false;
            _at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!Accept(c)) throw Fault($"the header is not a Python dictionary: {c} is missing");
        }

        private string Quoted()
        {
            Expect('\'');
            int end = text.IndexOf('\'', _at);
            if (end < 0) throw Fault("a quote is missing");
            string quoted = text[_at..end];
            _at = end + 1;
            return quoted;
        }

        private string Word()
        {
            Peek();
            int start = _at;
            while (_at < text.Length && char.IsAsciiLetterOrDigit(text[_at])) _at++;
            return text[start.._at];
        }

        private JtrFormatException Fault(string message) => new(path, message, offset + Math.Min(_at, text.Length));
    }
}
