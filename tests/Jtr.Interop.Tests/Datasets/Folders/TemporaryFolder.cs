using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using NetVips;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>A folder that a test fills with images and labels, and that goes away with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("jtr-folder-").FullName;

    public string this[string relative] => Path.Combine(Root, relative);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public string Write(string relative, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.WriteAllBytes(this[relative], content);
        return this[relative];
    }

    public string Write(string relative, string content) => Write(relative, Encoding.UTF8.GetBytes(content));

    /// <summary>8-bit PNG (or, by the extension, JPEG) of [H, W, C].</summary>
    public string Image(string relative, int height, int width, int channels, Func<int, int> value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        byte[] values = [.. Enumerable.Range(0, height * width * channels).Select(i => (byte)value(i))];
        using Image plain = NetVips.Image.NewFromMemory(values, width, height, channels, Enums.BandFormat.Uchar);
        using Image image = plain.Copy(interpretation: channels < 3 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        image.WriteToFile(this[relative]);
        return this[relative];
    }

    /// <summary>16-bit PNG of [H, W, C].</summary>
    public string Image16(string relative, int height, int width, int channels, Func<int, int> value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        ushort[] values = [.. Enumerable.Range(0, height * width * channels).Select(i => (ushort)value(i))];
        using Image plain = NetVips.Image.NewFromMemory(values, width, height, channels, Enums.BandFormat.Ushort);
        using Image image = plain.Copy(interpretation: channels < 3 ? Enums.Interpretation.Grey16 : Enums.Interpretation.Rgb16);
        image.Pngsave(this[relative]);
        return this[relative];
    }

    /// <summary>A .npy file, version 1, of elements that are given as bytes.</summary>
    public string Npy(string relative, string descr, string shape, byte[] elements, string order = "False") =>
        Write(relative, NpyBytes($"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}", elements));

    /// <summary>A .npy file of float32 values.</summary>
    public string Npy(string relative, string shape, params float[] values) =>
        Npy(relative, "<f4", shape, [.. values.SelectMany(v => Little(4, BitConverter.SingleToUInt32Bits(v)))]);

    public static byte[] NpyBytes(string header, byte[] elements)
    {
        string padded = header.PadRight((10 + header.Length + 1 + 63) / 64 * 64 - 11) + "\n";
        return
        [
            0x93,
            .. "NUMPY"u8,
            1,
            0,
            (byte)(padded.Length & 255),
            (byte)(padded.Length >> 8),
            .. Encoding.ASCII.GetBytes(padded),
            .. elements,
        ];
    }

    public static byte[] Little(int size, ulong value) => [.. Enumerable.Range(0, size).Select(i => (byte)(value >> 8 * i))];

    /// <summary>
    /// A PNG written by hand: palette (type 3, all 2^bits colours the same shade of grey but one) or grey (type 0), with
    /// filter y % 5 in row y.
    /// </summary>
    public static byte[] RawPng(int type, int bits, int height, int width, Func<int, int> value, byte interlace = 0)
    {
        int rowBytes = (width * bits + 7) / 8;
        byte[] above = new byte[rowBytes];
        MemoryStream rows = new();
        for (int y = 0; y < height; y++)
        {
            byte[] row = new byte[rowBytes];
            for (int x = 0; x < width; x++)
                row[x * bits / 8] |= (byte)(value(y * width + x) << 8 - bits - x * bits % 8);
            int filter = y % 5;
            rows.WriteByte((byte)filter);
            for (int x = 0; x < rowBytes; x++)
            {
                int a = x > 0 ? row[x - 1] : 0;
                int b = above[x];
                int c = x > 0 ? above[x - 1] : 0;
                int nearest = new[] { a, b, c }.MinBy(v => Math.Abs(a + b - c - v));
                int predicted = new[] { 0, a, b, (a + b) / 2, nearest }[filter];
                rows.WriteByte((byte)(row[x] - predicted));
            }
            above = row;
        }
        MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(rows.ToArray());
        byte[] compressed = data.ToArray();

        MemoryStream file = new();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A]);
        Chunk("IHDR", [.. Big(width), .. Big(height), (byte)bits, (byte)type, 0, 0, interlace]);
        if (type == 3)
            Chunk("PLTE", [.. Enumerable.Range(0, 3 << bits).Select(i => (byte)(i < 3 ? 200 : 100))]);
        Chunk("IDAT", compressed[..(compressed.Length / 2)]);
        Chunk("IDAT", compressed[(compressed.Length / 2)..]);
        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string name, byte[] content)
        {
            byte[] body = [.. Encoding.ASCII.GetBytes(name), .. content];
            file.Write(Big(content.Length));
            file.Write(body);
            file.Write(Big((int)Crc(body)));
        }
    }

    private static byte[] Big(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
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
