using System.Numerics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>Photographs that get the looks of another domain.</summary>
public sealed class AppearanceTests
{
    private const int Height = 12;
    private const int Width = 20;

    private static float[] Noise(ulong seed, float low = 0, float high = 1)
    {
        CounterRandom random = new(seed, RandomUse.Scene);
        return [.. Enumerable.Range(0, 3 * Height * Width).Select(_ => random.NextSingle(low, high))];
    }

    [Test]
    public void Low_frequencies_get_the_amplitudes_of_the_other_and_all_phases_stay()
    {
        float[] image = Noise(1),
            other = Noise(2),
            changed = [.. image];
        FourierExchange exchange = new(0.17); // of 12: frequencies up to 2
        exchange.Change(changed.AsSpan(0, Height * Width), other.AsSpan(0, Height * Width), Height, Width);
        int low = 0;
        for (int k = -Height / 2; k < Height / 2; k++)
        {
            for (int l = -Width / 2; l < Width / 2; l++)
            {
                Complex before = Frequency(image, k, l),
                    after = Frequency(changed, k, l),
                    theirs = Frequency(other, k, l);
                bool isLow = Math.Abs(k) <= 2 && Math.Abs(l) <= 2;
                low += isLow ? 1 : 0;
                Complex expected = isLow ? before * (theirs.Magnitude / before.Magnitude) : before;
                Assert.That((after - expected).Magnitude, Is.LessThan(2e-4), $"{k}, {l}");
                Assert.That(Math.Abs((after / before).Phase), Is.LessThan(1e-3), "the phase");
            }
        }
        Assert.That(low, Is.EqualTo(25));
    }

    [Test]
    public void An_exchange_with_itself_changes_nothing_and_black_gets_the_others_mean_colour()
    {
        float[] image = Noise(1),
            same = [.. image],
            black = new float[image.Length],
            other = Noise(2);
        new FourierExchange().Apply(same, image, Height, Width);
        Assert.That(same, Is.EqualTo(image).Within(1e-5f));
        new FourierExchange(0.01).Apply(black, other, Height, Width);
        Assert.That(black[..(Height * Width)], Is.All.EqualTo(other[..(Height * Width)].Average()).Within(1e-5f));
        Assert.That(() => new FourierExchange(0.3), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Histograms_become_the_others_and_the_order_of_values_stays()
    {
        float[] image = Noise(1, 0.2f, 0.5f),
            other = Noise(2, 0.4f, 1),
            changed = [.. image];
        new HistogramMatching().Apply(changed, other, Height, Width);
        int plane = Height * Width;
        for (int c = 0; c < 3; c++)
        {
            float[] before = image[(c * plane)..((c + 1) * plane)],
                after = changed[(c * plane)..((c + 1) * plane)];
            float[] wanted = [.. other[(c * plane)..((c + 1) * plane)].Order()];
            // Both have 240 values: the k-th smallest becomes the other's, but for the ranks that share a bin of 1/255.
            float[] sorted = [.. after.Order()];
            for (int i = 0; i < plane; i++)
            {
                (float low, float high) = (wanted[Math.Max(0, i - 6)], wanted[Math.Min(plane - 1, i + 6)]);
                Assert.That(sorted[i], Is.InRange(low - 2 / 255f, high + 2 / 255f));
            }
            int[] order = [.. Enumerable.Range(0, plane).OrderBy(i => before[i])];
            for (int i = 1; i < plane; i++)
                Assert.That(after[order[i]], Is.GreaterThanOrEqualTo(after[order[i - 1]]));
        }
        float[] same = [.. image];
        new HistogramMatching().Apply(same, image, Height, Width);
        Assert.That(same, Is.EqualTo(image).Within(1 / 255f));
    }

    [Test]
    public void Half_of_the_samples_get_the_looks_of_another_domain()
    {
        TaskSet tasks = new(new MapTask("map"));
        JoinedDataset data = new(
            new JoinedSource("dark", new Flat(20, 0.1f, tasks)),
            new JoinedSource("bright", new Flat(30, 0.8f, tasks))
        );
        DataLoaderOptions options = new()
        {
            BatchSize = 50,
            Views = 1,
            Color = false,
            Seed = 4,
            Appearance = [new FourierExchange()],
        };
        Assert.That(Changed(options), Is.InRange(15, 35), "of 50: within three deviations of 25");
        Assert.That(Changed(options with { Augment = false }), Is.Zero);
        using DataLoader alone = new(new Flat(10, 0.1f, tasks), options: options with { BatchSize = 10 });
        Assert.That(alone.Next().Images.ToArray(), Is.All.EqualTo(0.1f).Within(1e-6f), "one domain");

        int Changed(DataLoaderOptions how)
        {
            using DataLoader one = new(data, options: how with { Workers = 1 }),
                many = new(data, options: how with { Workers = 3 });
            Batch batch = one.Next();
            Assert.That(many.Next().Images.ToArray(), Is.EqualTo(batch.Images.ToArray()));
            int changed = 0;
            for (int b = 0; b < batch.Samples; b++)
            {
                float[] image = batch.GetSample(0, b).Image.ToArray();
                bool isDark = batch.Indices[b] < 20;
                Assert.That(image, Is.All.EqualTo(image[0]).Within(1e-5f));
                Assert.That(image[0], Is.EqualTo(0.1f).Within(1e-5f).Or.EqualTo(0.8f).Within(1e-5f));
                changed += isDark != image[0] < 0.4f ? 1 : 0;
            }
            return changed;
        }
    }

    private static Complex Frequency(float[] picture, int k, int l)
    {
        Complex sum = Complex.Zero;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
                sum +=
                    picture[y * Width + x]
                    * Complex.FromPolarCoordinates(1, -2 * Math.PI * ((double)k * y / Height + (double)l * x / Width));
        }
        return sum;
    }

    /// <summary>Photographs of one brightness.</summary>
    private sealed class Flat(int count, float value, TaskSet tasks) : IMultiTaskDataset
    {
        public TaskSet Tasks => tasks;
        public int Count => count;
        public int Height => 32;
        public int Width => 32;

        public SampleInfo GetSampleInfo(int index) => new($"{index}", TaskMask.None);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            destination.Image.Fill(value);
            return TaskMask.None;
        }
    }
}
