using System.Text;

namespace Jtr.Cli.Tests;

/// <summary>Writes .npy files.</summary>
internal static class NpyFile
{
    public static void Write(string path, string type, string shape, byte[] data)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. data]);
    }

    /// <summary>32-bit floating-point numbers.</summary>
    public static void Write(string path, string shape, params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        Write(path, "<f4", shape, bytes);
    }
}
