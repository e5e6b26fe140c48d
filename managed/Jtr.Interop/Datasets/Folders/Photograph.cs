namespace Jtr.Interop.Datasets.Folders;

/// <summary>A photograph, resized and rounded to 8 bits.</summary>
/// <param name="SourceHeight">Rows of the file's image, upright.</param>
/// <param name="SourceWidth">Columns of the file's image.</param>
/// <param name="Values">[3, H, W].</param>
internal sealed record Photograph(int SourceHeight, int SourceWidth, byte[] Values)
{
    /// <summary>Reads a JPEG or PNG file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <exception cref="JtrFormatException">It is neither, or damaged.</exception>
    public static Photograph Read(string path, int height, int width)
    {
        Raster raster = ImageFiles.ReadPhotograph(path);
        byte[] values = raster.Bytes;
        if (raster.Height != height || raster.Width != width)
        {
            int row = raster.Width * 3;
            float[] resized = Resampler.Bilinear(raster.Height, raster.Width, 3, height, width,
                (y, weight, sums) => Resampler.Add(raster.Bytes.AsSpan(y * row, row), weight, sums));
            values = new byte[resized.Length];
            for (int i = 0; i < values.Length; i++) values[i] = (byte)Math.Min(resized[i] + 0.5f, 255f);
        }
        return new Photograph(raster.Height, raster.Width, LabelSource.Planar(values, 3));
    }
}
