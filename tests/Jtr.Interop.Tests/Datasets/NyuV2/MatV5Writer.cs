using System.IO.Compression;
using System.Text;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

/// <summary>Writes MAT-files of level 5 from their specification, as save -v6 (plain) and -v7 (compressed) do.</summary>
internal static class MatV5Writer
{
    public static byte[] File(bool compressed, params byte[][] variables)
    {
        byte[] header = new byte[128];
        Encoding
            .ASCII.GetBytes("MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Fri Jan  1 00:00:00 2021".PadRight(116))
            .CopyTo(header, 0);
        header[125] = 1;
        header[126] = (byte)'I';
        header[127] = (byte)'M';
        return [.. header, .. variables.SelectMany(v => compressed ? Deflated(v) : v)];
    }

    /// <summary>A numeric array whose elements are stored in another type than its class, as MATLAB likes to do.</summary>
    /// <param name="kind">Class: 6 double, 9 uint8, 11 uint16.</param>
    /// <param name="type">2 uint8, 4 uint16, 9 double.</param>
    public static byte[] Numbers(string name, int rows, int columns, int kind, int type, params double[] values)
    {
        byte[] elements = type switch
        {
            2 => [.. values.Select(v => (byte)v)],
            4 => [.. values.SelectMany(v => BitConverter.GetBytes((ushort)v))],
            _ => [.. values.SelectMany(BitConverter.GetBytes)],
        };
        return Matrix(kind, name, rows, columns, Element(type, elements));
    }

    public static byte[] Text(string name, string text) => Matrix(4, name, 1, text.Length, Element(4, Encoding.Unicode.GetBytes(text)));

    public static byte[] Cells(string name, params byte[][] cells) => Matrix(1, name, 1, cells.Length, [.. cells.SelectMany(c => c)]);

    public static byte[] Struct(string name, params (string Field, byte[] Value)[] fields)
    {
        byte[] names = [.. fields.SelectMany(f => Encoding.ASCII.GetBytes(f.Field.PadRight(32, '\0')))];
        return Matrix(2, name, 1, 1, [.. Element(5, BitConverter.GetBytes(32)), .. Element(1, names), .. fields.SelectMany(f => f.Value)]);
    }

    private static byte[] Matrix(int kind, string name, int rows, int columns, byte[] content) =>
        Element(
            14,
            [
                .. Element(6, [.. BitConverter.GetBytes(kind), 0, 0, 0, 0]),
                .. Element(5, [.. BitConverter.GetBytes(rows), .. BitConverter.GetBytes(columns)]),
                .. Element(1, Encoding.ASCII.GetBytes(name)),
                .. content,
            ]
        );

    /// <summary>Up to 4 bytes go into the tag.</summary>
    private static byte[] Element(int type, byte[] data)
    {
        if (data.Length is > 0 and <= 4)
            return
            [
                .. BitConverter.GetBytes((short)type),
                .. BitConverter.GetBytes((short)data.Length),
                .. data,
                .. new byte[4 - data.Length],
            ];
        return [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(data.Length), .. data, .. new byte[(8 - data.Length % 8) % 8]];
    }

    private static byte[] Deflated(byte[] element)
    {
        MemoryStream stream = new();
        using (ZLibStream zlib = new(stream, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(element);
        return [.. BitConverter.GetBytes(15), .. BitConverter.GetBytes((int)stream.Length), .. stream.ToArray()];
    }
}
