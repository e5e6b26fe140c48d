using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Jtr.Interop.Tests.Datasets.Layouts;

/// <summary>PNG files written by hand, so that what is read back was not written by the library that reads.</summary>
internal static class PlainPng
{
    /// <summary>Grey (1 channel) or RGB (3) of 8 or 16 bits, without filters; value gives [H, W, C].</summary>
    public static byte[] Encode(int bits, int height, int width, int channels, Func<int, int> value)
    {
        MemoryStream rows = new();
        for (int i = 0; i < height * width * channels; i++)
        {
            if (i % (width * channels) == 0)
                rows.WriteByte(0);
            int v = value(i);
            if (bits == 16)
                rows.WriteByte((byte)(v >> 8));
            rows.WriteByte((byte)v);
        }
        MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(rows.ToArray());

        MemoryStream file = new();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        Chunk("IHDR", [.. Big((uint)width), .. Big((uint)height), (byte)bits, (byte)(channels == 1 ? 0 : 2), 0, 0, 0]);
        Chunk("IDAT", data.ToArray());
        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string name, byte[] content)
        {
            byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
            file.Write(Big((uint)content.Length));
            file.Write(body);
            file.Write(Big(Crc(body)));
        }
    }

    private static byte[] Big(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    /// <summary>Gives all chunks that are whole the checksum that fits.</summary>
    public static byte[] Mend(byte[] file)
    {
        for (int at = 8; at + 12 <= file.Length; )
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12)
                break;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), Crc(file.AsSpan(at + 4, 4 + (int)length)));
            at += 12 + (int)length;
        }
        return file;
    }

    /// <summary>The checksum of PNG's chunks: of type and content.</summary>
    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
