using System.Buffers.Binary;
using System.IO.Compression;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// Reads the stored numbers of PNG files with a palette, and of grey ones with fewer than 8 bits. libvips gives their
/// colours instead, from which a class id cannot be had back.
/// </summary>
internal static class RawPng
{
    private const int HeaderAt = 16;
    private const byte Grey = 0;
    private const byte Palette = 3;

    /// <summary>Whether a PNG file (whose signature was checked) is of that kind.</summary>
    public static bool Applies(ReadOnlySpan<byte> file) =>
        file.Length > HeaderAt + 13 && (file[HeaderAt + 9] == Palette || (file[HeaderAt + 9] == Grey && file[HeaderAt + 8] < 8));

    /// <summary>Whether a PNG file (whose signature was checked) has a palette.</summary>
    public static bool IsPalette(ReadOnlySpan<byte> file) => file.Length > HeaderAt + 13 && file[HeaderAt + 9] == Palette;

    /// <summary>Reads palette indices or grey values, [H, W, 1].</summary>
    /// <exception cref="JtrFormatException">The file is damaged, or interlaced.</exception>
    public static Raster Read(string path, ReadOnlySpan<byte> file, long mostPixels)
    {
        uint width = BinaryPrimitives.ReadUInt32BigEndian(file[HeaderAt..]);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(file[(HeaderAt + 4)..]);
        int bits = file[HeaderAt + 8];
        if (width == 0 || height == 0 || (ulong)width * height > (ulong)mostPixels)
            throw new JtrFormatException(path, $"a size of {height} x {width} pixels; 1 to {mostPixels} are read", HeaderAt);
        if (bits is not (1 or 2 or 4 or 8))
            throw new JtrFormatException(path, $"{bits} bits a pixel, which PNG does not know", HeaderAt + 8);
        if (file[HeaderAt + 12] != 0)
            throw new JtrFormatException(
                path,
                "an interlaced PNG with a palette or fewer than 8 bits; save it without interlacing",
                HeaderAt + 12
            );

        // Rows are packed to whole bytes and preceded by the number of their filter.
        int rowBytes = (int)(((long)width * bits + 7) / 8);
        using Pooled<byte> compressed = new(file.Length);
        int length = Collect(path, file, compressed.Span);
        // Before memory of that size is taken.
        if ((long)height * (rowBytes + 1) > MostInflated(length))
            throw new JtrFormatException(path, $"{length} bytes of data cannot hold {height} x {width} pixels", HeaderAt);
        using Pooled<byte> rows = new(2 * rowBytes);
        Span<byte> row = rows.Span[..rowBytes];
        Span<byte> above = rows.Span[rowBytes..];
        above.Clear();
        Pooled<byte> values = new((int)(height * width));
        using ZLibStream data = new(new MemoryStream(compressed.Array, 0, length), CompressionMode.Decompress);
        for (int y = 0; y < height; y++)
        {
            try
            {
                int filter = data.ReadByte();
                if (filter is < 0 or > 4)
                    throw new InvalidDataException(filter < 0 ? "the data ends early" : $"filter {filter}, which PNG does not know");
                data.ReadExactly(row);
                Unfilter(filter, row, above);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
            {
                throw new JtrFormatException(path, $"damaged in row {y} of {height}: {e.Message}", innerException: e);
            }
            Unpack(row, bits, values.Span.Slice(y * (int)width, (int)width));
            Span<byte> last = row;
            row = above;
            above = last;
        }
        return Raster.Of8Bits((int)height, (int)width, 1, values);
    }

    /// <summary>Bits of a pixel as the header of a PNG file tells them, 1 or more.</summary>
    public static int PixelBits(ReadOnlySpan<byte> file) =>
        file.Length < HeaderAt + 10
            ? 1
            : Math.Max(1, (int)file[HeaderAt + 8])
                * file[HeaderAt + 9] switch
                {
                    2 => 3,
                    4 => 2,
                    6 => 4,
                    _ => 1,
                };

    /// <summary>
    /// The most that so many bytes inflate to: deflate's best is 258 bytes for two bits; a thousandth more leaves room for the beginning of
    /// the stream.
    /// </summary>
    public static long MostInflated(long compressed) => compressed * 1033;

    /// <summary>Puts the contents of all IDAT chunks one after the other.</summary>
    /// <returns>Their bytes.</returns>
    private static int Collect(string path, ReadOnlySpan<byte> file, Span<byte> data)
    {
        int at = 8;
        int count = 0;
        while (true)
        {
            if (file.Length - at < 12)
                throw new JtrFormatException(path, "the file is truncated: it has no IEND chunk", at);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            ReadOnlySpan<byte> type = file.Slice(at + 4, 4);
            if (length > file.Length - at - 12)
                throw new JtrFormatException(path, $"the file is truncated: a chunk claims {length} bytes", at);
            if (type.SequenceEqual("IEND"u8))
                return count;
            if (type.SequenceEqual("IDAT"u8))
            {
                file.Slice(at + 8, (int)length).CopyTo(data[count..]);
                count += (int)length;
            }
            at += 12 + (int)length;
        }
    }

    /// <summary>PNG specification, section 9, with pixels of at most a byte: the "left" byte is the one before.</summary>
    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above)
    {
        for (int x = 0; x < row.Length; x++)
        {
            int left = x > 0 ? row[x - 1] : 0;
            int corner = x > 0 ? above[x - 1] : 0;
            row[x] += filter switch
            {
                1 => (byte)left,
                2 => above[x],
                3 => (byte)((left + above[x]) / 2),
                4 => (byte)Paeth(left, above[x], corner),
                _ => 0,
            };
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int fromLeft = Math.Abs(estimate - left);
        int fromUp = Math.Abs(estimate - up);
        int fromCorner = Math.Abs(estimate - corner);
        return fromLeft <= fromUp && fromLeft <= fromCorner ? left
            : fromUp <= fromCorner ? up
            : corner;
    }

    private static void Unpack(ReadOnlySpan<byte> row, int bits, Span<byte> values)
    {
        int perByte = 8 / bits;
        for (int x = 0; x < values.Length; x++)
        {
            int shift = 8 - bits * (x % perByte + 1);
            values[x] = (byte)(row[x / perByte] >> shift & (1 << bits) - 1);
        }
    }
}
