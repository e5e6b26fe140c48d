using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>The colour operations against their definitions, pixel by pixel in double.</summary>
[TestFixture]
public sealed class ColorAugmentationTests
{
    // No multiple of a vector's length, so that the ends of rows and planes count.
    private const int Height = 13;
    private const int Width = 21;
    private const int Plane = Height * Width;

    private static float[] NewImage()
    {
        CounterRandom random = new(7, RandomUse.Color);
        float[] image = new float[3 * Plane];
        for (int i = 0; i < image.Length; i++)
            image[i] = random.NextSingle();
        return image;
    }

    private static float[] Change(float[] image, ColorChange change, int height = Height, int width = Width)
    {
        float[] changed = [.. image];
        new ColorAugmentation(height, width).Apply(changed, change);
        return changed;
    }

    private static double Grey(float[] image, int i) => 0.2989 * image[i] + 0.587 * image[Plane + i] + 0.114 * image[2 * Plane + i];

    private static double Smooth(float[] image, int n)
    {
        int y = n % Plane / Width;
        int x = n % Width;
        if (y is 0 or Height - 1 || x is 0 or Width - 1)
            return image[n];
        double sum = 4 * image[n];
        for (int dy = -1; dy <= 1; dy++)
        {
            for (int dx = -1; dx <= 1; dx++)
                sum += image[n + dy * Width + dx];
        }
        return sum / 13;
    }

    [TestCase(nameof(ColorOperation.Brightness))]
    [TestCase(nameof(ColorOperation.Color))]
    [TestCase(nameof(ColorOperation.Contrast))]
    [TestCase(nameof(ColorOperation.Sharpness))]
    public void A_blend_is_what_its_definition_says(string name)
    {
        ColorOperation operation = Enum.Parse<ColorOperation>(name);
        float[] image = NewImage();
        double mean = Enumerable.Range(0, Plane).Average(i => Grey(image, i));
        foreach ((int bin, bool negative) in new[] { (0, false), (1, true), (5, false), (5, true), (30, false), (30, true) })
        {
            double factor = 1 + (negative ? -1 : 1) * 0.9 * bin / 30;
            float[] changed = Change(image, new ColorChange(operation, bin, negative));
            for (int n = 0; n < image.Length; n++)
            {
                double other = operation switch
                {
                    ColorOperation.Brightness => 0,
                    ColorOperation.Color => Grey(image, n % Plane),
                    ColorOperation.Contrast => mean,
                    _ => Smooth(image, n),
                };
                double expected = Math.Clamp(factor * image[n] + (1 - factor) * other, 0, 1);
                // A few roundings of float32 around 1.
                Assert.That(changed[n], Is.EqualTo(expected).Within(1e-6), $"bin {bin}, value {n}");
            }
        }
    }

    [Test]
    public void Automatic_contrast_stretches_each_channel_and_leaves_a_flat_one()
    {
        float[] image =
        [
            .. NewImage()
                .Select(
                    (v, n) =>
                        n < Plane ? 0.2f + v / 2
                        : n < 2 * Plane ? 0.3f
                        : 0.9f * v
                ),
        ];
        float[] changed = Change(image, new ColorChange(ColorOperation.AutoContrast));
        for (int c = 0; c < 3; c++)
        {
            double low = image.Skip(c * Plane).Take(Plane).Min();
            double high = image.Skip(c * Plane).Take(Plane).Max();
            for (int n = c * Plane; n < (c + 1) * Plane; n++)
                Assert.That(changed[n], Is.EqualTo(c == 1 ? image[n] : (image[n] - low) / (high - low)).Within(1e-6), $"value {n}");
        }
    }

    [TestCase(0, 255)]
    [TestCase(3, 255)]
    [TestCase(5, 254)]
    [TestCase(30, 240)]
    public void Posterize_keeps_the_upper_bits_of_the_truncated_byte(int bin, int mask)
    {
        float[] image = NewImage();
        float[] changed = Change(image, new ColorChange(ColorOperation.Posterize, bin));
        for (int n = 0; n < image.Length; n++)
            Assert.That(changed[n], Is.EqualTo(((int)(image[n] * 255f) & mask) / 255f), $"value {n}");
    }

    [TestCase(0, 255.0)]
    [TestCase(2, 238.0)]
    [TestCase(5, 212.5)]
    [TestCase(30, 0.0)]
    public void Solarize_inverts_the_truncated_bytes_from_its_threshold_on(int bin, double threshold)
    {
        float[] image = NewImage();
        image[3] = 238 / 255f;
        image[4] = 1;
        float[] changed = Change(image, new ColorChange(ColorOperation.Solarize, bin));
        for (int n = 0; n < image.Length; n++)
        {
            int value = (int)(image[n] * 255f);
            Assert.That(changed[n], Is.EqualTo((value < threshold ? value : 255 - value) / 255f), $"value {n}");
        }
    }

    [Test]
    public void Equalize_is_what_its_definition_says()
    {
        const int height = 37;
        const int width = 41;
        const int plane = height * width;
        CounterRandom random = new(8, RandomUse.Color);
        float[] image = new float[3 * plane];
        // Dark values are frequent; the last channel has one value only, which stays.
        for (int n = 0; n < image.Length; n++)
            image[n] = n < 2 * plane ? random.NextSingle() * random.NextSingle() : 0.4f;
        float[] changed = Change(image, new ColorChange(ColorOperation.Equalize), height, width);
        for (int c = 0; c < 3; c++)
        {
            int[] bytes = [.. image.Skip(c * plane).Take(plane).Select(v => (int)(v * 255f))];
            int step = (plane - bytes.Count(b => b == bytes.Max())) / 255;
            for (int n = 0; n < plane; n++)
            {
                int expected = c == 2 ? bytes[n] : Math.Min((step / 2 + bytes.Count(b => b < bytes[n])) / step, 255);
                Assert.That(changed[c * plane + n], Is.EqualTo(expected / 255f), $"value {n} of channel {c}");
            }
        }
    }

    [Test]
    public void Equalize_leaves_an_image_that_is_too_small_for_it_but_for_its_rounding()
    {
        float[] image = [.. NewImage().Take(3 * 12 * 20)];
        float[] changed = Change(image, new ColorChange(ColorOperation.Equalize), 12, 20);
        Assert.That(changed, Is.EqualTo(image.Select(v => (int)(v * 255f) / 255f)));
    }

    [Test]
    public void A_byte_in_255ths_survives_being_made_a_byte()
    {
        float[] image = [.. Enumerable.Range(0, 3 * 256).Select(n => (n & 255) / 255f)];
        Assert.That(Change(image, new ColorChange(ColorOperation.Posterize), 16, 16), Is.EqualTo(image));
    }

    [TestCase(1, 9)]
    [TestCase(2, 8)]
    [TestCase(9, 2)]
    public void Sharpness_leaves_an_image_of_borders(int height, int width)
    {
        float[] image = [.. NewImage().Take(3 * height * width)];
        Assert.That(Change(image, new ColorChange(ColorOperation.Sharpness, 30), height, width), Is.EqualTo(image));
    }

    [Test]
    public void Identity_changes_nothing_and_a_wrong_size_is_refused()
    {
        float[] image = NewImage();
        Assert.That(Change(image, new ColorChange(ColorOperation.Identity, 5, true)), Is.EqualTo(image));
        Assert.That(() => Change(image, default, height: 5), Throws.ArgumentException.With.Property("ParamName").EqualTo("image"));
    }

    [Test]
    public void Operations_bins_and_signs_are_drawn_evenly()
    {
        CounterRandom random = new(9, RandomUse.Color);
        int[] operations = new int[9];
        int[] bins = new int[6];
        int[] signs = new int[2];
        const int draws = 9000;
        for (int i = 0; i < draws; i++)
        {
            ColorChange change = ColorChange.Draw(ref random);
            operations[(int)change.Operation]++;
            bins[change.Bin]++;
            signs[change.Negative ? 1 : 0]++;
        }
        // Five standard deviations of binomials: 5 * sqrt(9000 * p * (1 - p)).
        Assert.That(operations, Is.All.EqualTo(draws / 9).Within(149));
        Assert.That(bins, Is.All.EqualTo(draws / 6).Within(177));
        Assert.That(signs, Is.All.EqualTo(draws / 2).Within(237));
    }

    [Test]
    public void A_view_undergoes_two_operations_of_its_own_stream()
    {
        ViewKey key = new(1, 2, 3, 0);
        CounterRandom random = key.Random(RandomUse.Color);
        ColorChange first = ColorChange.Draw(ref random);
        ColorChange second = ColorChange.Draw(ref random);
        float[] image = NewImage();
        float[] changed = [.. image];
        new ColorAugmentation(Height, Width).Apply(changed, key);
        Assert.That(changed, Is.EqualTo(Change(Change(image, first), second)));
    }
}
