using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Inference;

/// <summary>A rectangle of pixels.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows, 1 or more.</param>
/// <param name="Width">Columns, 1 or more.</param>
public readonly record struct ImageRegion(int Top, int Left, int Height, int Width);

/// <summary>
/// An image at its own size, from which a network's inputs are cut and resized. Photographs in files are
/// <c>PhotographImage</c> of Jtr.Interop.Datasets; images in memory are <see cref="ImageSample"/>.
/// </summary>
public abstract class SourceImage : IDisposable
{
    /// <summary>Makes an image.</summary>
    /// <param name="name">A name that its owner recognises, such as its file name.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    protected SourceImage(string name, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Name, Height, Width) = (name, height, width);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Its further inputs, at its own size, or null: those of the network are missing.</summary>
    /// <exception cref="ArgumentException">They are of another size.</exception>
    public ImageInputs? Inputs
    {
        get => _inputs;
        set
        {
            if (value is not null && (value.Height, value.Width) != (Height, Width))
                throw new ArgumentException(
                    $"the inputs of '{Name}' are {value.Height} x {value.Width}, the image is {Height} x {Width}",
                    nameof(value)
                );
            _inputs = value;
        }
    }

    private ImageInputs? _inputs;

    /// <summary>Its channels: 3 of colors, unless it says otherwise.</summary>
    public virtual int Channels => InputSet.RgbChannels;

    /// <summary>All of it.</summary>
    public ImageRegion Whole => new(0, 0, Height, Width);

    /// <summary>Gives a part of the image, resized as the photographs of data sets are: bilinearly with antialiasing.</summary>
    /// <param name="region">The part, inside the image.</param>
    /// <param name="height">Rows to resize it to, 1 or more.</param>
    /// <param name="width">Columns to resize it to, 1 or more.</param>
    /// <param name="values">Receives [<see cref="Channels"/>, height, width] in [0, 1].</param>
    /// <exception cref="ArgumentException">The part is not inside, or the memory is not of that size.</exception>
    public void Read(ImageRegion region, int height, int width, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (
            region.Top < 0
            || region.Left < 0
            || region.Height < 1
            || region.Width < 1
            || region.Height > Height - region.Top
            || region.Width > Width - region.Left
        )
            throw new ArgumentException($"{region} is not inside an image of {Height} x {Width}", nameof(region));
        if (values.Length != (long)Channels * height * width)
            throw new ArgumentException(
                $"image '{Name}' of {Channels} channels has {(long)Channels * height * width} values at {height} x {width}, "
                    + $"not {values.Length}",
                nameof(values)
            );
        ReadCore(region, height, width, values);
    }

    /// <summary>Gives a part of the inputs that a network reads, resized as the image.</summary>
    internal void ReadInputs(InputSet network, ImageRegion region, int height, int width, Span<float> values, Span<byte> present)
    {
        if (_inputs is { } inputs)
        {
            inputs.Read(network, region.Top, region.Left, region.Height, region.Width, height, width, values, present);
            return;
        }
        values.Clear();
        present.Clear();
    }

    /// <summary>Does what <see cref="Read"/> says; the arguments were checked.</summary>
    /// <param name="region">The part.</param>
    /// <param name="height">Rows to resize it to.</param>
    /// <param name="width">Columns to resize it to.</param>
    /// <param name="values">Receives [<see cref="Channels"/>, height, width] in [0, 1].</param>
    protected abstract void ReadCore(ImageRegion region, int height, int width, Span<float> values);

    /// <summary>Gives memory back.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives memory back. Harmless when repeated.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> calls.</param>
    protected virtual void Dispose(bool disposing) { }
}

/// <summary>An image whose values are in memory.</summary>
internal sealed class SampleImage(ImageSample sample) : SourceImage(sample.Name, sample.Height, sample.Width)
{
    public override int Channels => sample.Values.Length / (Height * Width);

    protected override void ReadCore(ImageRegion region, int height, int width, Span<float> values)
    {
        ReadOnlyMemory<float> all = sample.Values;
        int stride = Width;
        int from = Height * Width,
            to = height * width;
        for (int c = 0; c < values.Length / to; c++)
        {
            ReadOnlyMemory<float> plane = all.Slice(c * from, from);
            Span<float> target = values.Slice(c * to, to);
            if (region.Height == height && region.Width == width)
            {
                for (int y = 0; y < height; y++)
                    plane.Span.Slice((region.Top + y) * stride + region.Left, width).CopyTo(target[(y * width)..]);
                continue;
            }
            using Npy.Pooled<float> resized = Resampler.Bilinear(
                region.Height,
                region.Width,
                1,
                height,
                width,
                (row, weight, sums) =>
                {
                    ReadOnlySpan<float> source = plane.Span.Slice((region.Top + row) * stride + region.Left, sums.Length);
                    for (int x = 0; x < sums.Length; x++)
                        sums[x] += weight * source[x];
                }
            );
            resized.Span.CopyTo(target);
        }
    }
}
