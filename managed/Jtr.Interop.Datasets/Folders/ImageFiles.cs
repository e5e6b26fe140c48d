using Microsoft.Win32.SafeHandles;
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

    // What PNG's first chunk, which has to be its header, takes.
    private const int StartBytes = 33;

    /// <summary>Reads a photograph as 8-bit RGB, upright: its EXIF orientation is applied, transparency is dropped.</summary>
    /// <exception cref="JtrFormatException">It is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Raster ReadPhotograph(string path)
    {
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                return Upright(stored);
            }
        );
    }

    /// <summary>Reads a photograph from memory, as <see cref="ReadPhotograph(string)"/> does from a file.</summary>
    /// <param name="content">What would be in the file.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="JtrFormatException">It is neither JPEG nor PNG, or damaged.</exception>
    public static Raster ReadPhotograph(byte[] content, string name)
    {
        return Decode(
            name,
            name =>
            {
                using Source source = Source.NewFromMemory(content);
                using Image stored = Open(name, content.AsSpan(0, Math.Min(content.Length, StartBytes)), content.Length, source);
                return Upright(stored);
            }
        );
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
        Span<byte> start = stackalloc byte[StartBytes];
        ReadStart(path, ref start, out long length);
        if (!start.StartsWith(PngSignature))
            throw new JtrFormatException(path, "no PNG file, which a label other than .npy has to be", 0);
        if (ids && RawPng.Applies(start))
            return ReadRaw(path, length);
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                return AsStored(stored, path);
            }
        );
    }

    /// <summary>Reads a photograph's numbers as they are stored, upright; transparency is a channel like others.</summary>
    /// <exception cref="JtrFormatException">It is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Raster ReadStored(string path)
    {
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                using Image upright = stored.Autorot();
                return Numbers(upright, upright.Bands, path);
            }
        );
    }

    /// <summary>Reads a PNG's numbers from memory, as <see cref="ReadLabel(string, bool)"/> does from a file.</summary>
    /// <param name="content">What would be in the file.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="ids">Whether the numbers have a meaning one by one.</param>
    /// <exception cref="JtrFormatException">It is no PNG, or damaged.</exception>
    public static Raster ReadLabel(byte[] content, string name, bool ids)
    {
        if (!content.AsSpan().StartsWith(PngSignature))
            throw new JtrFormatException(name, "no PNG file, which a label other than .npy has to be", 0);
        if (ids && RawPng.Applies(content.AsSpan(0, Math.Min(content.Length, StartBytes))))
            return RawPng.Read(name, content, MostPixels);
        return Decode(
            name,
            name =>
            {
                using Source source = Source.NewFromMemory(content);
                using Image stored = Open(name, content.AsSpan(0, Math.Min(content.Length, StartBytes)), content.Length, source);
                return AsStored(stored, name);
            }
        );
    }

    private static Raster AsStored(Image stored, string path)
    {
        int channels = stored.Bands - (stored.HasAlpha() ? 1 : 0);
        using Image opaque = channels < stored.Bands ? stored.ExtractBand(0, n: channels) : stored.Copy();
        return Numbers(opaque, channels, path);
    }

    private static Raster Numbers(Image image, int channels, string path) =>
        image.Format switch
        {
            Enums.BandFormat.Uchar => Raster.Of8Bits(image.Height, image.Width, channels, Pixels<byte>(image)),
            Enums.BandFormat.Ushort => Raster.Of16Bits(image.Height, image.Width, channels, Pixels<ushort>(image)),
            _ => throw new JtrFormatException(path, $"pixels of the type {image.Format} are not read"),
        };

    /// <summary>Rows and columns of a photograph, upright, from its header.</summary>
    public static (int Height, int Width) ReadSize(string path)
    {
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                using Image upright = stored.Autorot();
                return (upright.Height, upright.Width);
            }
        );
    }

    /// <summary>Rows and columns of a photograph as its file has them, and how it is to be turned (EXIF), from its header.</summary>
    public static Checks.StoredSize ReadStoredSize(string path)
    {
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                const string orientation = "orientation";
                return new Checks.StoredSize(
                    stored.Height,
                    stored.Width,
                    stored.Contains(orientation) && stored.Get(orientation) is int turned ? turned : 1
                );
            }
        );
    }

    /// <summary>
    /// [height, width] grey levels of a photograph, upright, whatever its proportions. Large JPEG files are not decoded in full.
    /// </summary>
    public static byte[] ReadGreyThumbnail(string path, int height, int width) =>
        ReadThumbnail(
            path,
            height,
            width,
            static small =>
            {
                using Image grey = small.Colourspace(Enums.Interpretation.Bw);
                return grey.Bands > 1 ? grey.ExtractBand(0) : grey.Copy();
            }
        );

    /// <summary>
    /// [height, width, 3] of a photograph, upright, whatever its proportions. Large JPEG files are not decoded in full.
    /// </summary>
    public static byte[] ReadThumbnail(string path, int height, int width) =>
        ReadThumbnail(
            path,
            height,
            width,
            static small =>
            {
                using Image rgb = small.Colourspace(Enums.Interpretation.Srgb);
                return rgb.Bands > 3 ? rgb.ExtractBand(0, n: 3) : rgb.Copy();
            }
        );

    private static byte[] ReadThumbnail(string path, int height, int width, Func<Image, Image> opaque)
    {
        return Decode(
            path,
            path =>
            {
                using (Open(path))
                {
                    // Only to check that it is a photograph of a size that its bytes can hold.
                }
                using Source source = Source.NewFromFile(path);
                using Image small = Image.ThumbnailSource(source, width, height: height, size: Enums.Size.Force);
                using Image plain = opaque(small);
                using Image bytes = plain.Cast(Enums.BandFormat.Uchar);
                return bytes.WriteToMemory<byte>();
            }
        );
    }

    /// <summary>Whether a file is a PNG with a palette, from its header.</summary>
    public static bool IsPalette(string path)
    {
        Span<byte> start = stackalloc byte[StartBytes];
        ReadStart(path, ref start, out _);
        return start.StartsWith(PngSignature) && RawPng.IsPalette(start);
    }

    /// <summary>Channels of a PNG, transparency left out, from its header.</summary>
    public static int ReadChannels(string path)
    {
        return Decode(
            path,
            static path =>
            {
                using Image stored = Open(path);
                return stored.Bands - (stored.HasAlpha() ? 1 : 0);
            }
        );
    }

    /// <summary>Opens a file for libvips, which reads it by itself: through the managed heap a photograph would go twice.</summary>
    private static Image Open(string path)
    {
        Span<byte> start = stackalloc byte[StartBytes];
        ReadStart(path, ref start, out long length);
        using Source source = Source.NewFromFile(path);
        return Open(path, start, length, source);
    }

    private static Image Open(string path, ReadOnlySpan<byte> start, long length, Source source)
    {
        bool isPng = start.StartsWith(PngSignature);
        if (!isPng && !start.StartsWith(JpegSignature))
            throw new JtrFormatException(path, "neither a JPEG nor a PNG file", 0);
        // Otherwise libvips fills what is missing with grey and says nothing.
        const Enums.FailOn strict = Enums.FailOn.Error;
        Image image = isPng ? Image.PngloadSource(source, failOn: strict) : Image.JpegloadSource(source, failOn: strict);
        long pixels = (long)image.Width * image.Height;
        long held = Math.Min(MostPixels, isPng ? RawPng.MostInflated(length) * 8 / RawPng.PixelBits(start) : length * JpegPixelsPerByte);
        if (pixels <= held)
            return image;
        string size = $"{image.Height} x {image.Width}";
        image.Dispose();
        throw new JtrFormatException(
            path,
            pixels > MostPixels
                ? $"an image of {size} pixels is larger than {MostPixels}"
                : $"{length} bytes cannot hold an image of {size} pixels"
        );
    }

    private static Raster Upright(Image stored)
    {
        using Image upright = stored.Autorot();
        using Image rgb = upright.Colourspace(Enums.Interpretation.Srgb);
        using Image opaque = rgb.Bands > 3 ? rgb.ExtractBand(0, n: 3) : rgb.Copy();
        using Image bytes = opaque.Cast(Enums.BandFormat.Uchar);
        return Raster.Of8Bits(bytes.Height, bytes.Width, 3, Pixels<byte>(bytes));
    }

    /// <summary>Decodes an image and takes its values out of libvips' memory.</summary>
    private static unsafe Pooled<T> Pixels<T>(Image image)
        where T : unmanaged
    {
        IntPtr memory = image.WriteToMemory(out ulong bytes);
        try
        {
            Pooled<T> pixels = new(checked((int)(bytes / (ulong)sizeof(T))));
            new ReadOnlySpan<T>((void*)memory, pixels.Length).CopyTo(pixels.Span);
            return pixels;
        }
        finally
        {
            NetVips.NetVips.Free(memory);
        }
    }

    private static Raster ReadRaw(string path, long length)
    {
        if (length > Array.MaxLength)
            throw new JtrFormatException(path, $"{length} bytes are more than a label has");
        using SafeFileHandle handle = File.OpenHandle(path);
        using Pooled<byte> file = new((int)length);
        return RawPng.Read(path, file.Span[..NpyReader.ReadUpTo(handle, file.Span, 0)], MostPixels);
    }

    /// <summary>Reads a file's first bytes, fewer if it has fewer.</summary>
    private static void ReadStart(string path, ref Span<byte> start, out long length)
    {
        using SafeFileHandle handle = File.OpenHandle(path);
        length = RandomAccess.GetLength(handle);
        start = start[..NpyReader.ReadUpTo(handle, start, 0)];
    }

    private static T Decode<T>(string path, Func<string, T> decode)
    {
        Vips.EnsureLoaded();
        try
        {
            return decode(path);
        }
        catch (VipsException e)
        {
            string[] lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            throw new JtrFormatException(path, $"damaged: {string.Join("; ", lines)}", innerException: e);
        }
    }
}
