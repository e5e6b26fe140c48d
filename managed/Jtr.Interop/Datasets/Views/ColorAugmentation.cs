using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets.Views;

/// <summary>
/// Changes the colours of a view's image in place: two operations drawn with replacement (Nishi et al., CVPR 2024). Labels stay
/// as they are, so this is no <see cref="IViewStep"/>, which would have to copy them. One instance a thread.
/// </summary>
/// <remarks>
/// As in the published code (torchvision's functions for tensors) Brightness, Colour, Contrast, Sharpness and
/// AutoContrast compute with the floats and clamp the result to [0, 1]; Posterize, Solarize and Equalize, which PIL does
/// there, turn each value v into the byte floor(255 v), change that, and give byte / 255 back.
/// </remarks>
internal sealed class ColorAugmentation(int height, int width)
{
    private const int Changes = 2;

    private readonly ByteColors _bytes = new(height * width);
    private readonly Sharpness _sharpness = new(height, width);

    /// <summary>Applies what is drawn for a view.</summary>
    /// <param name="image">[3, H, W].</param>
    /// <param name="key">What random numbers depend on.</param>
    public void Apply(Span<float> image, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Color);
        for (int i = 0; i < Changes; i++)
            Apply(image, ColorChange.Draw(ref random));
    }

    /// <summary>Applies one operation.</summary>
    /// <param name="image">[3, H, W].</param>
    /// <param name="change">Which.</param>
    public void Apply(Span<float> image, ColorChange change)
    {
        if (image.Length != InputSet.RgbChannels * height * width)
            throw new ArgumentException(
                $"an image of {height} x {width} has {InputSet.RgbChannels * height * width} values, not {image.Length}",
                nameof(image)
            );
        switch (change.Operation)
        {
            case ColorOperation.Identity:
                break;
            case ColorOperation.Brightness:
                FloatColors.Brightness(image, change.Factor);
                break;
            case ColorOperation.Color:
                FloatColors.Color(image, change.Factor);
                break;
            case ColorOperation.Contrast:
                FloatColors.Contrast(image, change.Factor);
                break;
            case ColorOperation.Sharpness:
                _sharpness.Apply(image, change.Factor);
                break;
            case ColorOperation.Posterize:
                ByteColors.Posterize(image, change.Bits);
                break;
            case ColorOperation.Solarize:
                ByteColors.Solarize(image, change.Threshold);
                break;
            case ColorOperation.AutoContrast:
                FloatColors.AutoContrast(image);
                break;
            case ColorOperation.Equalize:
                _bytes.Equalize(image);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "not a colour operation");
        }
    }
}
