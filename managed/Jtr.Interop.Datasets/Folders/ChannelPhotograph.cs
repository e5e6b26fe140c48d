using Jtr.Interop.Datasets.Layouts;
using Jtr.Interop.Inference;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>A photograph of any number of channels, decoded at its own size.</summary>
internal sealed class ChannelPhotograph : SourceImage
{
    private readonly Pooled<float> _values;

    private ChannelPhotograph(string name, int height, int width, int channels, Pooled<float> values)
        : base(name, height, width) => (Channels, _values) = (channels, values);

    public override int Channels { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="JtrFormatException">It is damaged, or of another number of channels.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ChannelPhotograph Read(string path, FolderImage image) =>
        FolderIndex.IsNpy(path) ? ReadNpy(path, image) : ReadImage(path, image);

    /// <summary>Reads a file at the training size.</summary>
    public static DecodedImage Read(string path, FolderImage image, int height, int width)
    {
        using ChannelPhotograph photograph = Read(path, image);
        Pooled<float> values = new(image.Channels * height * width);
        photograph.ReadCore(photograph.Whole, height, width, values.Span);
        return new DecodedImage(photograph.Height, photograph.Width, new PackedFloats(values));
    }

    /// <summary>Rows and columns of an array, and whether its channels are outermost.</summary>
    /// <exception cref="JtrFormatException">It is no photograph of as many channels.</exception>
    public static (int Height, int Width, bool Planar) Layout(string path, ReadOnlySpan<int> shape, int channels) =>
        shape switch
        {
            [int height, int width] when channels == 1 => (height, width, false),
            [int height, int width, int last] when last == channels => (height, width, false),
            [int first, int height, int width] when first == channels => (height, width, true),
            _ => throw new JtrFormatException(
                path,
                $"an array of shape ({string.Join(", ", shape.ToArray())}), where a photograph of {channels} channels has "
                    + (channels == 1 ? "(H, W)" : $"(H, W, {channels}) or ({channels}, H, W)")
            ),
        };

    protected override void ReadCore(ImageRegion region, int height, int width, Span<float> values)
    {
        int stride = Channels * Width;
        if (region.Height == height && region.Width == width)
        {
            using Pooled<float> cut = new(values.Length);
            int row = Channels * width;
            for (int y = 0; y < height; y++)
                Row(y)[..row].CopyTo(cut.Span[(y * row)..]);
            LabelSource.Planar<float>(cut.Span, values, Channels);
            return;
        }
        using Pooled<float> resized = Resampler.Bilinear(region.Height, region.Width, Channels, height, width, AddRow);
        LabelSource.Planar<float>(resized.Span, values, Channels);

        ReadOnlySpan<float> Row(int y) => _values.Span[((region.Top + y) * stride + Channels * region.Left)..];

        void AddRow(int y, float weight, Span<float> sums)
        {
            ReadOnlySpan<float> from = Row(y);
            for (int i = 0; i < sums.Length; i++)
                sums[i] += weight * from[i];
        }
    }

    protected override void Dispose(bool disposing)
    {
        _values.Dispose();
        base.Dispose(disposing);
    }

    private static ChannelPhotograph ReadImage(string path, FolderImage image)
    {
        using Raster raster = ImageFiles.ReadStored(path);
        if (raster.Channels != image.Channels)
            throw new JtrFormatException(
                path,
                $"{raster.Channels} channels, transparency among them, where the data set's photographs have {image.Channels}"
            );
        return OfRaster(path, raster, image);
    }

    private static ChannelPhotograph ReadNpy(string path, FolderImage image)
    {
        using NpyArray array = NpyReader.Read(path);
        (int height, int width, bool planar) = Layout(path, array.Shape, image.Channels);
        using Raster? raster = LabelSource.AsRaster(array, planar, height, width, image.Channels);
        if (raster is not null)
            return OfRaster(path, raster, image);
        if (array.IsInteger && image.High is null)
            throw new JtrFormatException(
                path,
                $"whole numbers of the type {array.Type}: \"range\" of \"image\" in {TasksFile.Name} has to say which become 0 and 1"
            );
        Pooled<float> values = LabelSource.Interleaved(array, planar, image.Channels);
        Scale(values.Span, image.Low ?? 0, image.High ?? 1);
        return new ChannelPhotograph(path, height, width, image.Channels, values);
    }

    private static ChannelPhotograph OfRaster(string path, Raster raster, FolderImage image)
    {
        Pooled<float> values = new(raster.Length);
        for (int i = 0; i < raster.Bytes.Length; i++)
            values.Span[i] = raster.Bytes[i];
        for (int i = 0; i < raster.Words.Length; i++)
            values.Span[i] = raster.Words[i];
        Scale(values.Span, image.Low ?? 0, image.High ?? raster.Maximum);
        return new ChannelPhotograph(path, raster.Height, raster.Width, raster.Channels, values);
    }

    private static void Scale(Span<float> values, double low, double high)
    {
        double factor = 1 / (high - low);
        foreach (ref float value in values)
            value = float.IsNaN(value) ? 0 : (float)Math.Clamp((value - low) * factor, 0, 1);
    }
}
