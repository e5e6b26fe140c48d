using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Cityscapes;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Bad samples are skipped, counted and replaced in the same way whoever reads.</summary>
[TestFixture]
public sealed class SkipBadDatasetTests
{
    private static MemoryDataset WithBad(int count, Func<int, TaskMask>? labeled, params int[] bad) =>
        new(count, labeled: labeled)
        {
            OnRead = i =>
            {
                if (bad.Contains(i))
                    throw new JtrFormatException($"/data/{i}.png", "damaged");
            },
        };

    private static bool IsSample(IMultiTaskDataset data, int index, int expected) =>
        SampleArrays
            .Read(data, index)
            .Image.SequenceEqual(Enumerable.Range(0, 3 * 32 * 64).Select(i => MemoryDataset.ImageValue(expected, i)));

    [Test]
    public void The_next_good_sample_stands_in_and_the_last_ones_is_the_first()
    {
        List<SkippedSample> told = [];
        SkipBadDataset data = new(WithBad(6, null, 1, 2, 5), onSkipped: told.Add);
        int[] expected = [0, 3, 3, 3, 4, 0];
        for (int i = 0; i < 6; i++)
            Assert.That(IsSample(data, i, expected[i]), $"{i}");
        for (int i = 0; i < 6; i++)
            Assert.That(IsSample(data, i, expected[i]), $"{i} again");
        Assert.That(data.SkippedCount, Is.EqualTo(3));
        Assert.That(data.Skipped, Is.EqualTo([Skip(1), Skip(2), Skip(5)]));
        Assert.That(told, Is.EqualTo(data.Skipped), "each is told once");
        Assert.That((data.Count, data.GetName(1)), Is.EqualTo((6, "sample-1")));

        static SkippedSample Skip(int i) => new(i, $"sample-{i}", $"/data/{i}.png", $"/data/{i}.png: damaged");
    }

    [Test]
    public void A_sample_with_the_same_labels_is_preferred()
    {
        TaskMask[] labeled = [new(1), new(2), new(3), new(2), new(1)];
        SkipBadDataset data = new(WithBad(5, i => labeled[i], 1));
        Assert.That(IsSample(data, 1, 3), "2 is nearer but has other labels");
        Assert.That(SampleArrays.Read(data, 1).Written, Is.EqualTo(new TaskMask(2)));
    }

    [Test]
    public void Without_such_a_sample_only_labels_that_both_have_are_shown()
    {
        TaskMask[] labeled = [new(0b0111), new(0b0011), new(0b0110)];
        MemoryDataset inner = WithBad(3, null, 1);
        LabelAssignment labels = new(inner.Tasks, labeled);
        SkipBadDataset data = new(inner, labels);
        Assert.That(IsSample(data, 1, 2));
        Assert.That(SampleArrays.Read(data, 1, labels[1]).Written, Is.EqualTo(new TaskMask(0b0010)));
    }

    [Test]
    public void A_sample_that_stands_in_shows_no_label_that_its_assignment_hides()
    {
        MemoryDataset inner = WithBad(40, null, 3, 4, 17, 30);
        LabelAssignment labels = LabelAssignment.Draw(LabelScenario.OneLabel, inner, 9);
        SkipBadDataset data = new(inner, labels);
        foreach (int bad in new[] { 3, 4, 17, 30 })
        {
            int expected = Enumerable
                .Range(1, 39)
                .Select(s => (bad + s) % 40)
                .First(i => labels[i] == labels[bad] && i is not (3 or 4 or 17 or 30));
            Assert.That(IsSample(data, bad, expected), $"{bad}");
            Assert.That(SampleArrays.Read(data, bad, labels[bad]).Written, Is.EqualTo(labels[bad]));
        }
    }

    [Test]
    public void Batches_are_the_same_for_any_number_of_workers_and_any_order()
    {
        float[][] expected = Images(workers: 1, start: 0);
        Assert.That(Images(workers: 4, start: 0), Is.EqualTo(expected));
        Assert.That(Images(workers: 3, start: 2)[2..], Is.EqualTo(expected[2..]), "a resumed run");

        static float[][] Images(int workers, int start)
        {
            MemoryDataset inner = WithBad(10, i => new TaskMask((ulong)(1 + i % 3)), 0, 3, 6, 9, 7);
            SkipBadDataset data = new(inner);
            using DataLoader loader = new(
                data,
                options: new DataLoaderOptions
                {
                    BatchSize = 3,
                    Workers = workers,
                    Prefetch = 4,
                    Views = 1,
                    Seed = 4,
                }
            );
            loader.Seek(start);
            float[][] images = new float[8][];
            for (int b = start; b < images.Length; b++)
            {
                Batch batch = loader.Next();
                images[b] =
                [
                    .. batch.Images,
                    .. batch.Labels.ToArray().Select(v => float.IsNaN(v) ? -5 : v),
                    .. batch.Labeled.ToArray().Select(v => (float)v),
                ];
                loader.Recycle(batch);
            }
            return images;
        }
    }

    [TestCase(1)]
    [TestCase(3)]
    public void A_file_that_is_out_of_reach_for_a_moment_costs_nothing(int failures)
    {
        int left = failures;
        MemoryDataset inner = new(4)
        {
            OnRead = i =>
            {
                if (i == 1 && Interlocked.Decrement(ref left) >= 0)
                    throw new IOException("the network is down");
            },
        };
        SkipBadDataset data = new(inner);
        Assert.That(IsSample(data, 1, 1), "it is tried again");
        Assert.That(data.SkippedCount, Is.Zero);
    }

    [Test]
    public void A_file_that_stays_out_of_reach_is_skipped_this_once_and_tried_anew()
    {
        bool isDown = true;
        MemoryDataset inner = new(4)
        {
            OnRead = i =>
            {
                if (i == 1 && isDown)
                    throw new IOException("the network is down");
            },
        };
        List<SkippedSample> told = [];
        SkipBadDataset data = new(inner, onSkipped: told.Add);
        Assert.That(IsSample(data, 1, 2));
        isDown = false;
        Assert.That(IsSample(data, 1, 1), "what came before changes nothing");
        Assert.That((data.SkippedCount, told.Count, told[0].Message), Is.EqualTo((1, 1, "the network is down")));
    }

    [Test]
    public void Damage_is_looked_at_twice_and_then_remembered()
    {
        int reads = 0;
        MemoryDataset inner = new(4)
        {
            OnRead = i =>
            {
                if (i != 1)
                    return;
                reads++;
                throw new JtrFormatException("/data/1.png", "damaged");
            },
        };
        SkipBadDataset data = new(inner);
        for (int i = 0; i < 3; i++)
            Assert.That(IsSample(data, 1, 2));
        Assert.That(reads, Is.EqualTo(2));
    }

    [Test]
    public void A_cancel_ends_the_waits_for_a_file_and_the_search_for_another()
    {
        using CancellationTokenSource source = new();
        int reads = 0;
        MemoryDataset inner = new(1000)
        {
            OnRead = _ =>
            {
                if (++reads == 2)
                    source.Cancel();
                throw new IOException("the network is down");
            },
        };
        float[] image = new float[3 * 32 * 64],
            labels = new float[inner.Tasks.TotalLabelChannels * 32 * 64];
        SkipBadDataset data = new(inner);
        Assert.That(
            () => data.Read(0, inner.Tasks.All, new SampleBuffer(inner.Tasks, 32, 64, image, labels), source.Token),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(reads, Is.EqualTo(2));
    }

    [Test]
    public void A_file_that_is_out_of_reach_for_a_moment_is_packed_all_the_same()
    {
        using Jtr.Interop.Tests.Training.TemporaryFolder folder = new();
        int left = 2;
        MemoryDataset inner = new(4)
        {
            OnRead = i =>
            {
                if (i == 1 && Interlocked.Decrement(ref left) >= 0)
                    throw new IOException("the network is down");
            },
        };
        List<SkippedSample> told = [];
        PackedDataset.Write(inner, folder.File("data.jtrpack"), new PackOptions { OnSkipped = told.Add });
        using PackedDataset packed = new(folder.File("data.jtrpack"));
        Assert.That((packed.Count, told.Count), Is.EqualTo((4, 0)));
    }

    [Test]
    public void Where_no_sample_can_be_read_the_error_says_why()
    {
        SkipBadDataset data = new(WithBad(3, null, 0, 1, 2));
        for (int again = 0; again < 2; again++)
        {
            Assert.That(
                () => SampleArrays.Read(data, 1),
                Throws
                    .TypeOf<JtrFormatException>()
                    .With.Message.EqualTo("none of the 3 samples can be read; that of index 1: /data/1.png: damaged")
                    .And.InnerException.Not.Null
            );
        }
        Assert.That(data.SkippedCount, Is.EqualTo(3));
    }

    [Test]
    public void What_is_no_fault_of_a_file_goes_through()
    {
        MemoryDataset inner = new(2) { OnRead = _ => throw new InvalidOperationException("a bug") };
        SkipBadDataset data = new(inner);
        Assert.That(() => SampleArrays.Read(data, 0), Throws.InvalidOperationException);
        Assert.That(data.SkippedCount, Is.Zero);
        Assert.That(() => SampleArrays.Read(data, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void An_assignment_for_other_samples_is_refused() =>
        Assert.That(
            () => new SkipBadDataset(new MemoryDataset(2), new LabelAssignment(MemoryDataset.AllKinds, default(TaskMask))),
            Throws.ArgumentException.With.Message.Contains("1 samples and 4 tasks, the data set has 2 and 4")
        );

    [Test]
    public void Real_files_that_are_damaged_or_gone_are_listed()
    {
        using TemporaryFolder folder = new();
        for (int i = 0; i < 4; i++)
            folder.Sample("aachen", $"{i}", seed: i);
        SkipBadDataset data = new(new CityscapesDataset(folder.Root, CityscapesFolder.Options));
        string ids = folder.Ids("aachen", "1", _ => 99);
        string image = folder["leftImg8bit/train/aachen/2_leftImg8bit.png"];
        File.Delete(image);
        float[] third = SampleArrays.Read(data, 3).Image;
        Assert.That(SampleArrays.Read(data, 1).Image, Is.EqualTo(third));
        Assert.That(SampleArrays.Read(data, 2).Image, Is.EqualTo(third));
        Assert.That(data.Skipped.Select(s => (s.Name, s.Path)), Is.EqualTo([("1", ids), ("2", image)]));
    }
}
