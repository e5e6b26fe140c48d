using Jtr.Interop.Datasets.Folders;
using NetVips;

namespace Jtr.Interop.Datasets.Predictions;

/// <summary>Writes image files through libvips, beside their place first.</summary>
internal static class VipsFile
{
    // Files of ids and pictures of classes are small at any level; the lowest takes a third of the time.
    private const int Compression = 1;

    private const int JpegQuality = 90;

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; what ends in .jpg or .jpeg is JPEG, the rest PNG.</param>
    /// <param name="values">[H, W, C].</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="channels">C: 1 or 3.</param>
    /// <param name="format">Type of the values.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static unsafe void Write(string path, ReadOnlySpan<byte> values, int height, int width, int channels, Enums.BandFormat format)
    {
        Vips.EnsureLoaded();
        string whole = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole) ?? throw new IOException($"{path}: not the name of a file"));
        string beside = $"{whole}.{Guid.NewGuid():N}.tmp";
        try
        {
            fixed (byte* from = values)
            {
                using Image raw = Image.NewFromMemory((IntPtr)from, (ulong)values.Length, width, height, channels, format);
                using Image image = raw.Copy(
                    interpretation: (channels, format) switch
                    {
                        (1, Enums.BandFormat.Ushort) => Enums.Interpretation.Grey16,
                        (1, _) => Enums.Interpretation.Bw,
                        (_, Enums.BandFormat.Ushort) => Enums.Interpretation.Rgb16,
                        _ => Enums.Interpretation.Srgb,
                    }
                );
                if (Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG")
                    image.Jpegsave(beside, q: JpegQuality);
                else
                    image.Pngsave(beside, compression: Compression);
            }
            File.Move(beside, whole, overwrite: true);
        }
        catch (VipsException e)
        {
            throw new IOException($"{path}: cannot be written: {e.Message.Trim()}", e);
        }
        finally
        {
            // Once moved, it is not there any more.
            File.Delete(beside);
        }
    }
}
