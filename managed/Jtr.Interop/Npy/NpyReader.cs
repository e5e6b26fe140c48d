using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Jtr.Interop.Npy;

/// <summary>
/// Reads .npy files, versions 1 to 3: numbers in row-major (C) or column-major (Fortran) order, of either byte order.
/// Strict: the file has to be exactly as long as its header says, which is checked before memory of that size is taken.
/// </summary>
internal static class NpyReader
{
    // numpy refuses longer headers, too, unless told otherwise.
    private const int LongestHeader = 10_000;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The array, to be disposed when it is done with.</returns>
    /// <exception cref="JtrFormatException">It is no such file, or damaged; the message names path, byte offset and fault.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using SafeFileHandle file = File.OpenHandle(path);
        return Read(new Content(file, default, RandomAccess.GetLength(file)), path);
    }

    /// <summary>Reads what would be in a file.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <returns>The array, to be disposed when it is done with.</returns>
    /// <exception cref="JtrFormatException">It is no such file, or damaged.</exception>
    public static NpyArray Read(ReadOnlyMemory<byte> content, string name) => Read(new Content(null, content, content.Length), name);

    /// <summary>Whether bytes begin as a .npy file does.</summary>
    public static bool Begins(ReadOnlySpan<byte> content) => content.StartsWith(Magic);

    private static NpyArray Read(Content file, string path)
    {
        NpyHeader header = ReadHeader(file, path, out long at);
        Pooled<byte> data = new(header.Bytes);
        int got = file.ReadUpTo(data.Span, at);
        if (got < data.Length)
            throw new JtrFormatException(
                path,
                $"the header claims {data.Length} bytes of elements, there are {got}: the file is truncated",
                at
            );
        if (header.BigEndian == BitConverter.IsLittleEndian)
            NpyArray.ReverseBytes(data.Span, NpyArray.SizeOf(header.Type));
        return new NpyArray(
            header.Type,
            header.Shape,
            header.ColumnMajor ? RowMajor(data, header.Shape, NpyArray.SizeOf(header.Type)) : data
        );
    }

    /// <summary>The shape of the array in a file, without its elements.</summary>
    internal static int[] ReadShape(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        return ReadHeader(new Content(file, default, RandomAccess.GetLength(file)), path, out _).Shape;
    }

    /// <summary>Brings elements whose first index runs fastest into the order in which the last one does.</summary>
    private static Pooled<byte> RowMajor(Pooled<byte> columnMajor, int[] shape, int size)
    {
        Pooled<byte> result = new(columnMajor.Length);
        Span<byte> rowMajor = result.Span;
        ReadOnlySpan<byte> source = columnMajor.Span;
        Span<long> strides = stackalloc long[shape.Length];
        long stride = size;
        for (int d = 0; d < shape.Length; d++)
        {
            strides[d] = stride;
            stride *= shape[d];
        }
        Span<int> index = stackalloc int[shape.Length];
        index.Clear();
        long from = 0;
        for (int to = 0; to < rowMajor.Length; to += size)
        {
            source.Slice((int)from, size).CopyTo(rowMajor[to..]);
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                from += strides[d];
                if (++index[d] < shape[d])
                    break;
                from -= index[d] * strides[d];
                index[d] = 0;
            }
        }
        columnMajor.Dispose();
        return result;
    }

    private static NpyHeader ReadHeader(Content file, string path, out long dataAt)
    {
        Span<byte> start = stackalloc byte[12];
        int got = file.ReadUpTo(start, 0);
        if (got < start.Length || !start.StartsWith(Magic))
            throw new JtrFormatException(path, "no .npy file: it does not begin with \\x93NUMPY", 0);
        int version = start[6];
        if (version is < 1 or > 3)
            throw new JtrFormatException(path, $"version {version}.{start[7]} of .npy is not known; 1 to 3 are", 6);

        int textAt = version == 1 ? 10 : 12;
        uint textLength =
            version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        long length = file.Length;
        if (textLength > LongestHeader || textAt + textLength > length)
            throw new JtrFormatException(path, $"the header claims {textLength} bytes; the file has {length - textAt} more", 8);
        Span<byte> text = stackalloc byte[LongestHeader];
        text = text[..file.ReadUpTo(text[..(int)textLength], textAt)];

        NpyHeader header = new NpyHeaderParser(text, path, textAt).Parse();
        dataAt = textAt + textLength;
        long there = length - dataAt;
        if (header.Bytes != there)
        {
            string fault = header.Bytes > there ? "the file is truncated" : "there is something behind the array";
            throw new JtrFormatException(path, $"the header claims {header.Bytes} bytes of elements, there are {there}: {fault}", dataAt);
        }
        return header;
    }

    /// <summary>A file, or what would be in one.</summary>
    private readonly record struct Content(SafeFileHandle? File, ReadOnlyMemory<byte> Bytes, long Length)
    {
        public int ReadUpTo(Span<byte> destination, long at)
        {
            if (File is not null)
                return NpyReader.ReadUpTo(File, destination, at);
            ReadOnlySpan<byte> rest = Bytes.Span[(int)Math.Min(at, Bytes.Length)..];
            rest = rest[..Math.Min(rest.Length, destination.Length)];
            rest.CopyTo(destination);
            return rest.Length;
        }
    }

    /// <summary>Reads until the memory is full or the file ends.</summary>
    internal static int ReadUpTo(SafeFileHandle file, Span<byte> destination, long at)
    {
        int got = 0;
        while (got < destination.Length && RandomAccess.Read(file, destination[got..], at + got) is > 0 and int more)
            got += more;
        return got;
    }
}
