namespace Jtr.Interop.Datasets.Views;

/// <summary>Normally distributed noise on each value of an image, which stays in [0, 1].</summary>
/// <param name="largest">The largest standard deviation.</param>
internal sealed class GaussianNoise(double largest)
{
    /// <summary>Adds what is drawn for a view.</summary>
    /// <param name="image">[channels, H, W], in place.</param>
    /// <param name="key">What random numbers depend on.</param>
    public void Apply(Span<float> image, ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.Noise);
        double deviation = largest * random.NextDouble();
        for (int i = 0; i < image.Length; i += 2)
        {
            // Box and Muller, 1958: two uniform numbers make two normal ones.
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
            image[i] = Math.Clamp(image[i] + (float)(radius * cosine), 0f, 1f);
            if (i + 1 < image.Length)
                image[i + 1] = Math.Clamp(image[i + 1] + (float)(radius * sine), 0f, 1f);
        }
    }
}
