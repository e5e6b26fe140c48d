namespace Jtr.Interop.Datasets.Views;

/// <summary>Changes brightness, contrast and saturation of an image, in this order, each by a factor of its own.</summary>
/// <param name="strength">Factors are 1 - strength to 1 + strength.</param>
internal sealed class ColorJitter(double strength)
{
    /// <summary>Applies what is drawn for a view.</summary>
    /// <param name="image">[3, H, W], in place.</param>
    /// <param name="key">What random numbers depend on.</param>
    public void Apply(Span<float> image, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Jitter);
        FloatColors.Brightness(image, Factor(ref random));
        FloatColors.Contrast(image, Factor(ref random));
        FloatColors.Color(image, Factor(ref random));
    }

    private float Factor(ref CounterRandom random) => (float)(1 + strength * (2 * random.NextDouble() - 1));
}
