using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Jtr.Cli.Tests;

/// <summary>Writes grey PNG files by hand.</summary>
internal static class GreyPng
{
    /// <summary>A file of one value, of 8 or 16 bits.</summary>
    public static void Write(string path, int bits, int height, int width, int value)
    {
        MemoryStream rows = new();
        for (int i = 0; i < height * width; i++)
        {
            if (i % width == 0)
                rows.WriteByte(0);
            if (bits == 16)
                rows.WriteByte((byte)(value >> 8));
            rows.WriteByte((byte)value);
        }
        MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(rows.ToArray());
        MemoryStream file = new();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        Chunk("IHDR", [.. Big((uint)width), .. Big((uint)height), (byte)bits, 0, 0, 0, 0]);
        Chunk("IDAT", data.ToArray());
        Chunk("IEND", []);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, file.ToArray());

        void Chunk(string name, byte[] content)
        {
            byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
            file.Write([.. Big((uint)content.Length), .. body, .. Big(Crc(body))]);
        }
    }

    private static byte[] Big(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static uint Crc(byte[] data)
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
