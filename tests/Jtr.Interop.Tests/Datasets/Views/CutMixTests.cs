using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>Boxes that show another sample.</summary>
public sealed class CutMixTests
{
    private const int Height = 32,
        Width = 64,
        Samples = 9;

    /// <summary>What is drawn for a sample of one domain, as the paper says it: sides are the image's times the root of a share.</summary>
    private static (int Other, int Top, int Left, int Bottom, int Right) Drawn(ViewKey key)
    {
        CounterRandom random = key.Random(RandomUse.CutMix);
        random.NextDouble();
        int other = random.NextInt32(Samples);
        double side = Math.Sqrt(random.NextDouble());
        double y = random.NextDouble() * Height,
            x = random.NextDouble() * Width;
        int Limited(double at, int size) => (int)Math.Round(Math.Min(Math.Max(at, 0), size));
        return (
            other,
            Limited(y - side * Height / 2, Height),
            Limited(x - side * Width / 2, Width),
            Limited(y + side * Height / 2, Height),
            Limited(x + side * Width / 2, Width)
        );
    }

    [Test]
    public void A_box_has_the_others_photograph_and_labels_of_every_kind_and_the_rest_is_the_samples_own()
    {
        foreach (TaskSet tasks in (TaskSet[])[MemoryDataset.AllKinds, MemoryDataset.WithImageTasks])
        {
            MemoryDataset data = new(Samples, Height, Width, tasks);
            CutMix cutMix = new(data, new DomainMembers(data), labels: null, often: 1);
            int changed = 0;
            for (int sample = 0; sample < Samples; sample++)
            {
                ViewKey key = new(3, 1, sample, 0);
                (float[] image, float[] labels) = Read(data, sample);
                SampleBuffer buffer = new(tasks, Height, Width, image, labels);
                double own = cutMix.Apply(buffer, tasks.All, key, CancellationToken.None);
                (int other, int top, int left, int bottom, int right) = Drawn(key);
                bool isMixed = other != sample && bottom > top && right > left;
                changed += isMixed ? 1 : 0;
                double box = isMixed ? (bottom - top) * (right - left) : 0;
                Assert.That(own, Is.EqualTo(1 - box / (Height * Width)).Within(1e-12));
                int plane = Height * Width;
                int SourceOf(int i) =>
                    isMixed && i / Width % Height >= top && i / Width % Height < bottom && i % Width >= left && i % Width < right
                        ? other
                        : sample;
                for (int i = 0; i < image.Length; i++)
                    Assert.That(image[i], Is.EqualTo(MemoryDataset.ImageValue(SourceOf(i % plane), i)), $"{sample}: value {i}");
                for (int t = 0; t < tasks.Count; t++)
                {
                    bool isOfPixels = tasks[t].Kind.Extent == TaskExtent.Pixel;
                    float[] label = buffer.Label(t).ToArray();
                    for (int i = 0; i < label.Length; i++)
                        Assert.That(label[i], Is.EqualTo(data.LabelValue(isOfPixels ? SourceOf(i % plane) : sample, t, i)), tasks[t].Name);
                }
            }
            Assert.That(changed, Is.GreaterThan(Samples / 2));
        }
    }

    [Test]
    public void What_the_other_is_not_labelled_for_or_may_not_show_is_no_label()
    {
        TaskSet tasks = MemoryDataset.AllKinds;
        MemoryDataset data = new(Samples, Height, Width, tasks, i => i == 2 ? tasks.All : tasks.All.Without(1));
        // Training sees the segmentation of sample 2 alone.
        LabelAssignment visible = new(tasks, [.. Enumerable.Range(0, Samples).Select(i => i == 2 ? tasks.All : TaskMask.None.With(2))]);
        CutMix cutMix = new(data, new DomainMembers(data), visible, often: 1);
        ViewKey key = Enumerable
            .Range(0, 1000)
            .Select(e => new ViewKey(3, e, 2, 0))
            .First(k => Drawn(k) is var d && d.Other != 2 && (d.Bottom - d.Top) * (d.Right - d.Left) > 100);
        (int other, int top, int left, int bottom, int right) = Drawn(key);
        (float[] image, float[] labels) = Read(data, 2);
        SampleBuffer buffer = new(tasks, Height, Width, image, labels);
        TaskMask labeled = tasks.All.Without(3);
        cutMix.Apply(buffer, labeled, key, CancellationToken.None);
        for (int i = 0; i < Height * Width; i++)
        {
            bool isInside = i / Width >= top && i / Width < bottom && i % Width >= left && i % Width < right;
            Assert.That(buffer.Label(0)[i], Is.EqualTo(isInside ? tasks[0].InvalidLabel : data.LabelValue(2, 0, i)), "not to be seen");
            Assert.That(buffer.Label(1)[i], Is.EqualTo(isInside ? tasks[1].InvalidLabel : data.LabelValue(2, 1, i)), "not there");
            Assert.That(buffer.Label(2)[i], Is.EqualTo(data.LabelValue(isInside ? other : 2, 2, i)));
            Assert.That(buffer.Label(3)[i], Is.EqualTo(data.LabelValue(2, 3, i)), "the sample is not labelled for it");
        }
    }

    [Test]
    public void Batches_mix_as_often_as_asked_and_labels_of_whole_photographs_count_by_what_is_left()
    {
        MemoryDataset data = new(Samples, Height, Width, MemoryDataset.WithImageTasks);
        DataLoaderOptions options = new()
        {
            BatchSize = Samples,
            Views = 2,
            Seed = 5,
            Color = false,
        };
        float[] plain = First(options, out _);
        Assert.That(First(options with { Augmentation = new() { CutMix = 0 } }, out double[] all), Is.EqualTo(plain));
        Assert.That(all, Is.All.EqualTo(1));
        DataLoaderOptions mixing = options with { Augmentation = new() { CutMix = 0.5 } };
        float[] one = First(mixing with { Workers = 1 }, out double[] weights);
        Assert.That(First(mixing with { Workers = 4 }, out double[] same), Is.EqualTo(one), "any number of threads");
        Assert.That(same, Is.EqualTo(weights));
        Assert.That(one, Is.Not.EqualTo(plain));
        using DataLoader loader = new(data, options: mixing);
        int mixed = 0,
            seen = 0;
        for (int epoch = 0; epoch < 20; epoch++)
        {
            Batch batch = loader.Next();
            for (int b = 0; b < batch.Samples; b++)
            {
                ViewKey key = new(5, epoch, batch.Indices[b], 0);
                (int other, int top, int left, int bottom, int right) = Drawn(key);
                bool isMixed = key.Random(RandomUse.CutMix).NextDouble() < 0.5;
                double own = isMixed && other != key.Sample ? 1 - (double)((bottom - top) * (right - left)) / (Height * Width) : 1;
                for (int t = 0; t < batch.Tasks.Count; t++)
                {
                    double expected = batch.Tasks[t].Kind.Extent == TaskExtent.Image ? own : 1;
                    Assert.That(batch.LabelWeights[b * batch.Tasks.Count + t], Is.EqualTo(expected).Within(1e-12));
                }
                mixed += isMixed ? 1 : 0;
                seen++;
            }
            loader.Recycle(batch);
        }
        Assert.That(mixed, Is.InRange(seen * 0.35, seen * 0.65), "of 180: four deviations");
        Assert.That(
            () => new AugmentationOptions { CutMix = 1.5 }.Validate(),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("CutMix must be 0 to 1")
        );

        float[] First(DataLoaderOptions how, out double[] weights)
        {
            using DataLoader loader = new(data, options: how);
            Batch batch = loader.Next();
            weights = batch.LabelWeights.ToArray();
            return [.. batch.Images, .. batch.Labels];
        }
    }

    [Test]
    public void A_box_comes_from_the_samples_own_domain()
    {
        TaskSet tasks = new(new MapTask("map", 1));
        JoinedDataset data = new(
            tasks,
            [
                new JoinedSource("few", new MemoryDataset(3, Height, Width, tasks)),
                new JoinedSource("many", new MemoryDataset(20, Height, Width, tasks)),
            ]
        );
        DomainMembers members = new(data);
        for (int sample = 0; sample < data.Count; sample++)
        {
            for (int draw = 0; draw < 30; draw++)
            {
                CounterRandom random = new ViewKey(1, draw, sample, 0).Random(RandomUse.CutMix);
                int other = members.DrawAlike(sample, ref random);
                Assert.That(data.GetSampleInfo(other).Domain, Is.EqualTo(data.GetSampleInfo(sample).Domain));
            }
        }
    }

    private static (float[] Image, float[] Labels) Read(MemoryDataset data, int sample)
    {
        float[] image = new float[3 * Height * Width],
            labels = new float[data.Tasks.LabelValues(Height, Width)];
        data.Read(sample, data.Tasks.All, new SampleBuffer(data.Tasks, Height, Width, image, labels));
        return (image, labels);
    }
}
