using System.Runtime.InteropServices;
using System.Text;

namespace Jtr.Interop.Npy;

/// <summary>Writes .npy files (format 1.0), which appear whole or not at all.</summary>
internal static class NpyWriter
{
    // Magic, version and length of the header; the data begin at a multiple of 64.
    private const int HeaderStart = 10;
    private const int Alignment = 64;
    private const int BlockValues = 1 << 16;

    /// <summary>Writes class ids [H, W] in the smallest whole numbers that hold all classes.</summary>
    public static void WriteIds(string path, ReadOnlySpan<float> ids, int height, int width, int classes)
    {
        bool isWide = classes > byte.MaxValue;
        using AtomicFile.Writing file = new(path, flush: false);
        Header(file.Stream, isWide ? "<u2" : "|u1", [height, width]);
        using Pooled<byte> block = new(2 * BlockValues);
        for (int start = 0; start < ids.Length; start += BlockValues)
        {
            ReadOnlySpan<float> from = ids[start..Math.Min(start + BlockValues, ids.Length)];
            Span<byte> bytes = block.Span[..(isWide ? 2 * from.Length : from.Length)];
            Span<ushort> words = MemoryMarshal.Cast<byte, ushort>(block.Span);
            for (int i = 0; i < from.Length; i++)
            {
                if (isWide)
                    words[i] = (ushort)(from[i] < 0 ? ushort.MaxValue : from[i]);
                else
                    bytes[i] = (byte)(from[i] < 0 ? byte.MaxValue : from[i]);
            }
            file.Stream.Write(bytes);
        }
        file.Commit();
    }

    /// <summary>Writes planes [C, H, W] as float32 [H, W], or [H, W, C] where there are several.</summary>
    /// <param name="path">The file.</param>
    /// <param name="planes">The values.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C.</param>
    /// <param name="isNotNegative">Whether values below 0 are written as 0.</param>
    public static void WriteInterleaved(string path, ReadOnlySpan<float> planes, int height, int width, int channels, bool isNotNegative)
    {
        using AtomicFile.Writing file = new(path, flush: false);
        Header(file.Stream, "<f4", channels == 1 ? [height, width] : [height, width, channels]);
        using Pooled<float> row = new(channels * width);
        int plane = height * width;
        for (int y = 0; y < height; y++)
        {
            for (int c = 0; c < channels; c++)
            {
                ReadOnlySpan<float> from = planes.Slice(c * plane + y * width, width);
                Span<float> to = row.Span[c..];
                for (int x = 0; x < width; x++)
                    to[x * channels] = isNotNegative ? Math.Max(from[x], 0) : from[x];
            }
            file.Stream.Write(MemoryMarshal.AsBytes(row.Span));
        }
        file.Commit();
    }

    /// <summary>Writes values as float32 [n].</summary>
    /// <param name="path">The file.</param>
    /// <param name="values">The values.</param>
    public static void WriteVector(string path, ReadOnlySpan<float> values)
    {
        using AtomicFile.Writing file = new(path, flush: false);
        Header(file.Stream, "<f4", [values.Length]);
        file.Stream.Write(MemoryMarshal.AsBytes(values));
        file.Commit();
    }

    private static void Header(Stream stream, string type, ReadOnlySpan<int> shape)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("arrays are written on little-endian machines only");
        // A shape of one number is a tuple too: (n,).
        string sizes = string.Join(", ", shape.ToArray()) + (shape.Length == 1 ? "," : "");
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({sizes}), }}";
        int length = (HeaderStart + text.Length + 1 + Alignment - 1) / Alignment * Alignment - HeaderStart;
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n"));
    }
}
