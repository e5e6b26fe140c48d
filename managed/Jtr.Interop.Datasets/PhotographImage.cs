using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Inference;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A photograph, decoded at its own size: upright, 8-bit RGB. Parts that are read from it are resized and rounded as
/// <see cref="FolderDataset"/> does it. Dispose it to give its memory back.
/// </summary>
public sealed class PhotographImage : SourceImage
{
    private readonly Raster _raster;

    private PhotographImage(string name, Raster raster)
        : base(name, raster.Height, raster.Width) => _raster = raster;

    /// <summary>[height, width, 3]: red, green and blue of each pixel.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ReadOnlySpan<byte> Pixels => _raster.Bytes;

    /// <summary>Reads a JPEG or PNG file.</summary>
    /// <param name="path">The file, which is also the image's name.</param>
    /// <exception cref="JtrFormatException">The file is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PhotographImage Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new PhotographImage(path, ImageFiles.ReadPhotograph(path));
    }

    /// <summary>Reads what would be in a JPEG or PNG file.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <exception cref="JtrFormatException">The content is neither JPEG nor PNG, or damaged.</exception>
    public static PhotographImage Read(ReadOnlySpan<byte> content, string name = "photograph")
    {
        ArgumentNullException.ThrowIfNull(name);
        return new PhotographImage(name, ImageFiles.ReadPhotograph(content.ToArray(), name));
    }

    /// <summary>Reads a photograph from a stream, such as an upload.</summary>
    /// <param name="content">What would be in a JPEG or PNG file; read to its end, all of it in memory.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="cancellationToken">Gives up reading.</param>
    /// <exception cref="JtrFormatException">The content is neither JPEG nor PNG, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<PhotographImage> ReadAsync(
        Stream content,
        string name = "photograph",
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(name);
        using MemoryStream bytes = new();
        await content.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return new PhotographImage(name, ImageFiles.ReadPhotograph(bytes.ToArray(), name));
    }

    /// <summary>Takes pixels that are in memory, such as a video's frame.</summary>
    /// <param name="pixels">[height, width, 3] red, green and blue; copied.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentException">There are not as many pixels.</exception>
    public static PhotographImage FromPixels(ReadOnlySpan<byte> pixels, int height, int width, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (pixels.Length != 3L * height * width)
            throw new ArgumentException(
                $"an image of {height} x {width} has {3L * height * width} values, not {pixels.Length}",
                nameof(pixels)
            );
        Pooled<byte> copy = new(pixels.Length);
        pixels.CopyTo(copy.Span);
        return new PhotographImage(name, Raster.Of8Bits(height, width, 3, copy));
    }

    /// <inheritdoc/>
    protected override void ReadCore(ImageRegion region, int height, int width, Span<float> values)
    {
        int stride = 3 * Width;
        using Pooled<byte> bytes = new(3 * height * width);
        if (region.Height == height && region.Width == width)
        {
            for (int y = 0; y < height; y++)
                Pixels.Slice((region.Top + y) * stride + 3 * region.Left, 3 * width).CopyTo(bytes.Span[(3 * y * width)..]);
        }
        else
        {
            using Pooled<float> resized = Resampler.Bilinear(region.Height, region.Width, 3, height, width, AddRow);
            Photograph.Round(resized.Span, bytes.Span);
        }
        using Pooled<byte> planar = LabelSource.Planar<byte>(bytes.Span, 3);
        PackedLabel.ExpandUnit(planar.Span, values);

        void AddRow(int row, float weight, Span<float> sums) =>
            Resampler.Add(Pixels.Slice((region.Top + row) * stride + 3 * region.Left, sums.Length), weight, sums);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _raster.Dispose();
        base.Dispose(disposing);
    }
}
