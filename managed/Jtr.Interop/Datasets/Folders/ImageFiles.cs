using NetVips;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>Reads JPEG and PNG files through libvips.</summary>
internal static class ImageFiles
{
    // 16384 x 16384. A file of a few bytes can claim any size.
    private const long MostPixels = 1L << 28;

    // A Huffman code has a bit or more, and a block of 8 x 8 pixels has at least the code of its mean; twice that for good measure.
    private const long JpegPixelsPerByte = 2 * 8 * 64;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    /// <summary>Reads a photograph as 8-bit RGB, upright: its EXIF orientation is applied, transparency is dropped.</summary>
    /// <exception cref="JtrFormatException">It is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Raster ReadPhotograph(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return Decode(path, () =>
        {
            using Image stored = Open(path, file);
            using Image upright = stored.Autorot();
            using Image rgb = upright.Colourspace(Enums.Interpretation.Srgb);
            using Image opaque = rgb.Bands > 3 ? rgb.ExtractBand(0, n: 3) : rgb.Copy();
            using Image bytes = opaque.Cast(Enums.BandFormat.Uchar);
            return Raster.Of8Bits(bytes.Height, bytes.Width, 3, bytes.WriteToMemory<byte>());
        });
    }

    /// <summary>Reads a PNG's numbers as they are stored, transparency left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ids">
    /// Whether the numbers have a meaning one by one (class ids, depths): then those of palettes and of fewer than 8 bits
    /// are not turned into colours.
    /// </param>
    /// <exception cref="JtrFormatException">It is no PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Raster ReadLabel(string path, bool ids)
    {
        byte[] file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith(PngSignature)) throw new JtrFormatException(path, "no PNG file, which a label other than .npy has to be", 0);
        if (ids && RawPng.Applies(file)) return RawPng.Read(path, file, MostPixels);
        return Decode(path, () =>
        {
            using Image stored = Open(path, file);
            int channels = stored.Bands - (stored.HasAlpha() ? 1 : 0);
            using Image opaque = channels < stored.Bands ? stored.ExtractBand(0, n: channels) : stored.Copy();
            return opaque.Format switch
            {
                Enums.BandFormat.Uchar => Raster.Of8Bits(opaque.Height, opaque.Width, channels, opaque.WriteToMemory<byte>()),
                Enums.BandFormat.Ushort => Raster.Of16Bits(opaque.Height, opaque.Width, channels, opaque.WriteToMemory<ushort>()),
                _ => throw new JtrFormatException(path, $"pixels of the type {opaque.Format} are not read"),
            };
        });
    }

    /// <summary>Rows and columns of a photograph, upright, from its header.</summary>
    public static (int Height, int Width) ReadSize(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return Decode(path, () =>
        {
            using Image stored = Open(path, file);
            using Image upright = stored.Autorot();
            return (upright.Height, upright.Width);
        });
    }

    /// <summary>Channels of a PNG, transparency left out, from its header.</summary>
    public static int ReadChannels(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        return Decode(path, () =>
        {
            using Image stored = Open(path, file);
            return stored.Bands - (stored.HasAlpha() ? 1 : 0);
        });
    }

    private static Image Open(string path, byte[] file)
    {
        ReadOnlySpan<byte> start = file;
        bool isPng = start.StartsWith(PngSignature);
        // Otherwise libvips fills what is missing with grey and says nothing.
        const Enums.FailOn strict = Enums.FailOn.Error;
        Image image = isPng ? Image.PngloadBuffer(file, failOn: strict)
            : start.StartsWith(JpegSignature) ? Image.JpegloadBuffer(file, failOn: strict)
            : throw new JtrFormatException(path, "neither a JPEG nor a PNG file", 0);
        long pixels = (long)image.Width * image.Height;
        long held = Math.Min(MostPixels, isPng ? RawPng.MostInflated(file.Length) * 8 / RawPng.PixelBits(file) : file.Length * JpegPixelsPerByte);
        if (pixels <= held) return image;
        string size = $"{image.Height} x {image.Width}";
        image.Dispose();
        throw new JtrFormatException(path, pixels > MostPixels ? $"an image of {size} pixels is larger than {MostPixels}" : $"{file.Length} bytes cannot hold an image of {size} pixels");
    }

    private static T Decode<T>(string path, Func<T> decode)
    {
        Vips.EnsureLoaded();
        try
        {
            return decode();
        }
        catch (VipsException e)
        {
            throw new JtrFormatException(path, $"damaged: {string.Join("; ", e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}", innerException: e);
        }
    }
}
