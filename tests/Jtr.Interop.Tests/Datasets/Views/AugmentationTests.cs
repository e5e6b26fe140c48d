using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>Blur, noise, jittered colours and holes.</summary>
public sealed class AugmentationTests
{
    private static readonly ViewKey Key = new(3, 1, 5, 0);

    [Test]
    public void A_point_is_blurred_to_a_bell_and_what_is_even_stays()
    {
        const int Height = 21,
            Width = 33;
        const double Deviation = 1.3;
        float[] image = new float[3 * Height * Width];
        int plane = Height * Width,
            middle = 10 * Width + 16;
        image[middle] = 1;
        image.AsSpan(plane, plane).Fill(0.25f);
        new GaussianBlur(Height, Width, 2).Apply(image, Deviation);
        double sum = Enumerable.Range(-4, 9).Sum(i => Math.Exp(-i * i / (2 * Deviation * Deviation)));
        for (int dy = -3; dy <= 3; dy++)
        {
            for (int dx = -3; dx <= 3; dx++)
            {
                double expected = Math.Exp(-(dx * dx + dy * dy) / (2 * Deviation * Deviation)) / (sum * sum);
                Assert.That(image[middle + dy * Width + dx], Is.EqualTo(expected).Within(1e-6), $"{dy}, {dx}");
            }
        }
        Assert.That(image[..plane].Sum(), Is.EqualTo(1).Within(1e-5));
        Assert.That(image[plane..(2 * plane)], Is.All.EqualTo(0.25f).Within(1e-6f));
    }

    [Test]
    public void Noise_has_no_mean_and_the_deviation_that_was_drawn()
    {
        float[] image = new float[3 * 64 * 64];
        Array.Fill(image, 0.5f);
        new GaussianNoise(0.1).Apply(image, Key);
        double drawn = 0.1 * Key.Random(RandomUse.Noise).NextDouble();
        double mean = image.Average(x => (double)x),
            deviation = Math.Sqrt(image.Average(x => (x - mean) * (x - mean)));
        // Of 12,288 numbers: five standard errors.
        Assert.That(mean, Is.EqualTo(0.5).Within(5 * drawn / Math.Sqrt(image.Length)));
        Assert.That(deviation, Is.EqualTo(drawn).Within(5 * drawn / Math.Sqrt(2 * image.Length)));
        float[] again = new float[image.Length];
        Array.Fill(again, 0.5f);
        new GaussianNoise(0.1).Apply(again, Key);
        Assert.That(again, Is.EqualTo(image));
    }

    [Test]
    public void Jitter_multiplies_brightness_then_contrast_then_saturation()
    {
        // One colour: contrast and saturation are seen in closed form.
        float[] image = [0.5f, 0.3f, 0.2f];
        new ColorJitter(0.2).Apply(image, Key);
        CounterRandom random = Key.Random(RandomUse.Jitter);
        double Factor() => 1 + 0.2 * (2 * random.NextDouble() - 1);
        double brightness = Factor(),
            contrast = Factor(),
            saturation = Factor();
        double[] expected = [.. new[] { 0.5, 0.3, 0.2 }.Select(v => v * brightness)];
        double Grey() => 0.2989 * expected[0] + 0.587 * expected[1] + 0.114 * expected[2];
        double mean = Grey();
        expected = [.. expected.Select(v => contrast * v + (1 - contrast) * mean)];
        double grey = Grey();
        expected = [.. expected.Select(v => saturation * v + (1 - saturation) * grey)];
        Assert.That(image, Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void A_hole_has_the_mean_colour_and_no_label()
    {
        MemoryDataset data = new(1, 32, 64, MemoryDataset.WithImageTasks);
        (float[] image, float[] labels) = Read(data);
        (float[] holed, float[] left) = Read(data);
        TaskMask labeled = data.Tasks.All.Without(2);
        new RandomErasing(0.5).Apply(new SampleBuffer(data.Tasks, 32, 64, holed, left), labeled, Key);
        int plane = 32 * 64;
        int[] hole = [.. Enumerable.Range(0, plane).Where(i => holed[i] != image[i])];
        Assert.That(hole, Is.Not.Empty);
        Assert.That(hole.Length, Is.LessThanOrEqualTo(plane / 4));
        int rows = hole.Max(i => i / 64) - hole.Min(i => i / 64) + 1,
            columns = hole.Max(i => i % 64) - hole.Min(i => i % 64) + 1;
        Assert.That(hole, Has.Length.EqualTo(rows * columns), "a rectangle");
        Assert.That(hole.Select(i => holed[i]), Is.All.EqualTo(image[..plane].Average()).Within(1e-5));
        SampleBuffer before = new(data.Tasks, 32, 64, image, labels),
            after = new(data.Tasks, 32, 64, holed, left);
        float[] seg = after.Label(0).ToArray();
        Assert.That(hole.Select(i => seg[i]), Is.All.EqualTo(-1f));
        Assert.That(seg.Where((_, i) => !hole.Contains(i)), Is.EqualTo(before.Label(0).ToArray().Where((_, i) => !hole.Contains(i))));
        foreach (int t in new[] { 1, 2, 3, 4 })
            Assert.That(after.Label(t).ToArray(), Is.EqualTo(before.Label(t).ToArray()), "not labelled, or of the whole photograph");
    }

    [Test]
    public void Batches_are_the_same_for_any_number_of_threads_and_nothing_is_changed_by_nothing()
    {
        MemoryDataset data = new(6);
        DataLoaderOptions options = new()
        {
            BatchSize = 3,
            Seed = 5,
            Workers = 1,
        };
        AugmentationOptions all = new()
        {
            Rotation = 20,
            Blur = 1,
            Noise = 0.05,
            ColorJitter = 0.3,
            Erase = 0.3,
        };
        float[] plain = First(data, options);
        Assert.That(First(data, options with { Augmentation = new AugmentationOptions() }), Is.EqualTo(plain));
        float[] one = First(data, options with { Augmentation = all });
        Assert.That(one, Is.Not.EqualTo(plain));
        Assert.That(First(data, options with { Augmentation = all, Workers = 4 }), Is.EqualTo(one));
        Assert.That(
            () => new DataLoaderOptions { Augmentation = new AugmentationOptions { Rotation = 181 } }.Validate(),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("Rotation must be 0 to 180")
        );
    }

    private static float[] First(MemoryDataset data, DataLoaderOptions options)
    {
        using DataLoader loader = new(data, options: options);
        Batch batch = loader.Next();
        return [.. batch.Images, .. batch.Labels];
    }

    private static (float[] Image, float[] Labels) Read(MemoryDataset data)
    {
        float[] image = new float[3 * data.Height * data.Width],
            labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];
        data.Read(0, data.Tasks.All, new SampleBuffer(data.Tasks, data.Height, data.Width, image, labels));
        return (image, labels);
    }
}
