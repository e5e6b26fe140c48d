using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>
/// What changes samples besides crops, flips and the published colour operations. Each strength is the largest: every view draws its own
/// between nothing and it. 0 leaves a change out.
/// </summary>
public sealed record AugmentationOptions
{
    /// <summary>
    /// Degrees, 0 to 180, by which a sample is turned at most, either way, about its middle, before views are cut out of it. What comes
    /// from outside has the mirrored photograph and no label. Normals turn with the picture; their axes are x right, y down.
    /// </summary>
    public double Rotation { get; init; }

    /// <summary>Standard deviation of a Gaussian blur in pixels, 0 to 16.</summary>
    public double Blur { get; init; }

    /// <summary>Standard deviation of Gaussian noise that is added to each value of the image, 0 to 1, where an image is 0 to 1.</summary>
    public double Noise { get; init; }

    /// <summary>
    /// How much brightness, contrast and saturation change, 0 to 1: each is multiplied by a factor of 1 minus to 1 plus it.
    /// </summary>
    public double ColorJitter { get; init; }

    /// <summary>
    /// Rows and columns of a hole, as a share of the view's, 0 to 1 (random erasing, Zhong et al., AAAI 2020). It has the image's mean
    /// colour, and no label of a pixel task.
    /// </summary>
    public double Erase { get; init; }

    /// <summary>
    /// How often, 0 to 1, a box of the sample shows another one of its domain, before views are cut out (CutMix, Yun et al., ICCV 2019):
    /// its share of the image is drawn alike from 0 to 1. Pixel tasks that the sample is labelled for have the other's labels there, or
    /// none. A label of the whole photograph stays, and counts by the share of the image that is still its own.
    /// </summary>
    public double CutMix { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        OptionRange.Holds(nameof(Rotation), Rotation, Rotation is >= 0 and <= 180, "0 to 180");
        OptionRange.Holds(nameof(Blur), Blur, Blur is >= 0 and <= 16, "0 to 16");
        OptionRange.Holds(nameof(Noise), Noise, Noise is >= 0 and <= 1, "0 to 1");
        OptionRange.Holds(nameof(ColorJitter), ColorJitter, ColorJitter is >= 0 and <= 1, "0 to 1");
        OptionRange.Holds(nameof(CutMix), CutMix, CutMix is >= 0 and <= 1, "0 to 1");
        OptionRange.Holds(nameof(Erase), Erase, Erase is >= 0 and <= 1, "0 to 1");
    }
}
