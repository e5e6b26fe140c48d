namespace Jtr.Interop.Datasets.Views;

/// <summary>The colour operations of Nishi et al., CVPR 2024, in the published order.</summary>
internal enum ColorOperation
{
    Identity,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
}

/// <summary>A colour operation with its strength.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="Bin">Which of 31 strengths, 0 to 30; drawn ones are 0 to 5. Of no meaning to Identity, AutoContrast and Equalize.</param>
/// <param name="Negative">The sign of Brightness, Colour, Contrast and Sharpness.</param>
internal readonly record struct ColorChange(ColorOperation Operation, int Bin = 0, bool Negative = false)
{
    private const int Operations = 9;
    private const int Bins = 31;
    private const int DrawnBins = 6;

    /// <summary>1 plus or minus a value from 0 to 0.9: what Brightness, Colour, Contrast and Sharpness multiply by.</summary>
    public float Factor => 1f + (Negative ? -0.9f : 0.9f) * Bin / (Bins - 1);

    /// <summary>Bits that Posterize keeps, 8 to 4; for drawn bins 8 or 7.</summary>
    public int Bits => 8 - (int)Math.Round(Bin / ((Bins - 1) / 4.0));

    /// <summary>From which 8-bit value on Solarize inverts, 255 to 0; for drawn bins 255 to 212.5.</summary>
    public float Threshold => 255f - 255f * Bin / (Bins - 1);

    /// <summary>Draws an operation: always three numbers, whether or not it needs them.</summary>
    public static ColorChange Draw(ref CounterRandom random)
    {
        ColorOperation operation = (ColorOperation)random.NextInt32(Operations);
        int bin = random.NextInt32(DrawnBins);
        return new ColorChange(operation, bin, random.NextInt32(2) != 0);
    }
}
