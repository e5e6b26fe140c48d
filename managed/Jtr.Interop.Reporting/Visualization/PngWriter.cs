using System.Buffers.Binary;
using System.IO.Compression;

namespace Jtr.Interop.Visualization;

/// <summary>Writes pictures of 8 bits a channel as PNG (ISO/IEC 15948), so that reports need no library for images.</summary>
internal static class PngWriter
{
    private const int Channels = 3;

    private static readonly uint[] _crcTable = MakeCrcTable();

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A file's bytes.</summary>
    /// <param name="pixels">[H, W, 3] red, green and blue.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static byte[] Write(ReadOnlySpan<byte> pixels, int height, int width)
    {
        using MemoryStream file = new();
        file.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        // 8 bits a channel, red, green and blue; the rest is 0: deflate, filters, not interlaced.
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        // Colours as screens mean them, perceptual.
        Chunk(file, "sRGB"u8, [0]);
        using (MemoryStream data = new())
        {
            using (ZLibStream packed = new(data, CompressionLevel.Optimal, leaveOpen: true))
                Filter(packed, pixels, Channels * width);
            Chunk(file, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        }
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Writes every row by the filter whose differences are smallest, which as a rule deflate packs best.</summary>
    private static void Filter(Stream stream, ReadOnlySpan<byte> pixels, int stride)
    {
        byte[] best = new byte[stride + 1],
            tried = new byte[stride + 1],
            none = new byte[stride];
        ReadOnlySpan<byte> above = none;
        for (int at = 0; at < pixels.Length; at += stride)
        {
            ReadOnlySpan<byte> row = pixels.Slice(at, stride);
            long least = long.MaxValue;
            for (byte filter = 0; filter <= 4; filter++)
            {
                long sum = Apply(filter, row, above, tried, least);
                if (sum >= least)
                    continue;
                least = sum;
                (best, tried) = (tried, best);
            }
            stream.Write(best);
            above = row;
        }
    }

    /// <summary>Filters a row; gives the sum of the differences' sizes, or any sum that is not below the limit.</summary>
    private static long Apply(byte filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> filtered, long limit)
    {
        filtered[0] = filter;
        long sum = 0;
        for (int i = 0; i < row.Length && sum < limit; i++)
        {
            int left = i < Channels ? 0 : row[i - Channels];
            int up = above[i];
            int predicted = filter switch
            {
                0 => 0,
                1 => left,
                2 => up,
                3 => (left + up) / 2,
                _ => Paeth(left, up, i < Channels ? 0 : above[i - Channels]),
            };
            byte difference = (byte)(row[i] - predicted);
            filtered[i + 1] = difference;
            sum += Math.Abs((int)(sbyte)difference);
        }
        return sum;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left),
            toUp = Math.Abs(estimate - up),
            toCorner = Math.Abs(estimate - corner);
        if (toLeft <= toUp && toLeft <= toCorner)
            return left;
        return toUp <= toCorner ? up : corner;
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(name);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, name), content));
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            crc = _crcTable[(byte)(crc ^ b)] ^ crc >> 8;
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[256];
        for (uint n = 0; n < table.Length; n++)
        {
            uint crc = n;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
            table[n] = crc;
        }
        return table;
    }
}
