namespace Jtr.Interop.Datasets.Folders;

/// <summary>A photograph, resized and rounded to 8 bits. In memory that <see cref="Dispose"/> gives back.</summary>
/// <param name="SourceHeight">Rows of the file's image, upright.</param>
/// <param name="SourceWidth">Columns of the file's image.</param>
/// <param name="Values">[3, H, W].</param>
internal sealed record Photograph(int SourceHeight, int SourceWidth, Pooled<byte> Values) : IDisposable
{
    /// <summary>Reads a JPEG or PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <exception cref="JtrFormatException">It is neither, or damaged.</exception>
    public static Photograph Read(string path, int height, int width)
    {
        using Raster raster = ImageFiles.ReadPhotograph(path);
        return Resize(raster, height, width);
    }

    /// <summary>Reads what would be in a JPEG or PNG file.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <exception cref="JtrFormatException">It is neither, or damaged.</exception>
    public static Photograph Read(byte[] content, string name, int height, int width)
    {
        using Raster raster = ImageFiles.ReadPhotograph(content, name);
        return Resize(raster, height, width);
    }

    private static Photograph Resize(Raster raster, int height, int width)
    {
        Pooled<byte> planar = new(3 * height * width);
        if (raster.Height == height && raster.Width == width)
        {
            LabelSource.Planar(raster.Bytes, planar.Span, 3);
            return new Photograph(height, width, planar);
        }
        using Pooled<float> resized = Resampler.Bilinear(raster.Height, raster.Width, 3, height, width, raster.AddRow);
        using Pooled<byte> rounded = new(resized.Length);
        Round(resized.Span, rounded.Span);
        LabelSource.Planar(rounded.Span, planar.Span, 3);
        return new Photograph(raster.Height, raster.Width, planar);
    }

    /// <summary>Rounds resized values to 8 bits.</summary>
    public static void Round(ReadOnlySpan<float> from, Span<byte> to)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = (byte)Math.Min(from[i] + 0.5f, 255f);
    }

    /// <summary>Gives the memory back; the sizes stay.</summary>
    public void Dispose() => Values.Dispose();
}
