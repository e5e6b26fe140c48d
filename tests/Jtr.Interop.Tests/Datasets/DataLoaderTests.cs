using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

[TestFixture]
public sealed class DataLoaderTests
{
    private static readonly DataLoaderOptions Defaults = new()
    {
        Seed = 5,
        Workers = 2,
        Flip = FlipMode.EveryView,
    };

    /// <summary>All that a batch holds, as text-free values that compare bit for bit.</summary>
    private sealed record Snapshot(int[] Indices, byte[] Labeled, int[] Images, int[] Labels)
    {
        public static Snapshot Of(Batch batch) =>
            new(batch.Indices.ToArray(), batch.Labeled.ToArray(), Bits(batch.Images), Bits(batch.Labels));

        private static int[] Bits(ReadOnlySpan<float> values)
        {
            int[] bits = new int[values.Length];
            for (int i = 0; i < bits.Length; i++)
                bits[i] = BitConverter.SingleToInt32Bits(values[i]);
            return bits;
        }
    }

    private static List<Snapshot> Take(DataLoader loader, int batches)
    {
        List<Snapshot> taken = [];
        for (int i = 0; i < batches; i++)
        {
            Batch batch = loader.Next();
            taken.Add(Snapshot.Of(batch));
            loader.Recycle(batch);
        }
        return taken;
    }

    private static void AssertEqual(IReadOnlyList<Snapshot> actual, IReadOnlyList<Snapshot> expected)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count));
        for (int i = 0; i < actual.Count; i++)
        {
            Assert.That(actual[i].Indices, Is.EqualTo(expected[i].Indices), $"indices of batch {i}");
            Assert.That(actual[i].Labeled, Is.EqualTo(expected[i].Labeled), $"labelled of batch {i}");
            Assert.That(actual[i].Images.AsSpan().SequenceEqual(expected[i].Images), $"images of batch {i}");
            Assert.That(actual[i].Labels.AsSpan().SequenceEqual(expected[i].Labels), $"labels of batch {i}");
        }
    }

    [Test]
    public void The_sequence_is_the_same_for_any_number_of_threads()
    {
        MemoryDataset data = new(11);
        LabelAssignment labels = LabelAssignment.Draw(LabelScenario.RandomLabels, data, 1);
        List<Snapshot>? first = null;
        foreach ((int workers, int prefetch) in new[] { (1, 1), (2, 2), (4, 3) })
        {
            using DataLoader loader = new(data, labels, Defaults with { Workers = workers, Prefetch = prefetch });
            List<Snapshot> taken = Take(loader, 3 * loader.BatchesPerEpoch + 1);
            first ??= taken;
            AssertEqual(taken, first);
        }
    }

    [Test]
    public void A_resumed_run_goes_on_with_the_same_batches()
    {
        MemoryDataset data = new(11);
        using DataLoader whole = new(data, null, Defaults);
        List<Snapshot> all = Take(whole, 9);
        Assert.That(whole.Position, Is.EqualTo(9));

        using DataLoader resumed = new(data, null, Defaults with { Workers = 3 });
        Assert.That(resumed.Position, Is.Zero);
        Take(resumed, 1);
        foreach (int start in new[] { 4, 0, 8, 8, 3 })
        {
            resumed.Seek(start);
            Assert.That(resumed.Position, Is.EqualTo(start));
            AssertEqual(Take(resumed, 9 - start), all[start..]);
        }
        Assert.That(() => resumed.Seek(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void An_epoch_has_every_sample_once_in_an_order_of_its_own()
    {
        using DataLoader loader = new(new MemoryDataset(40, 2, 2), null, Defaults with { BatchSize = 7, Views = 1 });
        Assert.That(loader.BatchesPerEpoch, Is.EqualTo(6));
        List<int[]> epochs = [];
        for (int e = 0; e < 3; e++)
            epochs.Add([.. Take(loader, 6).SelectMany(b => b.Indices)]);

        foreach (int[] epoch in epochs)
            Assert.That(epoch.Order(), Is.EqualTo(Enumerable.Range(0, 40)));
        Assert.That(epochs[0], Is.Not.EqualTo(Enumerable.Range(0, 40)));
        Assert.That(epochs[1], Is.Not.EqualTo(epochs[0]));
        Assert.That(epochs[2], Is.Not.EqualTo(epochs[1]));
    }

    [Test]
    public void Every_place_of_the_order_is_equally_likely()
    {
        using DataLoader loader = new(new MemoryDataset(4, 1, 1), null, Defaults with { BatchSize = 4, Views = 1, Augment = false });
        int[] counts = new int[16];
        const int epochs = 4000;
        foreach (Snapshot epoch in Take(loader, epochs))
        {
            for (int place = 0; place < 4; place++)
                counts[place * 4 + epoch.Indices[place]]++;
        }
        // Five standard deviations of a binomial with p = 1/4: 5 * sqrt(4000 * 3 / 16) = 137.
        Assert.That(counts, Is.All.EqualTo(epochs / 4).Within(137));
    }

    [TestCase(false, new[] { 4, 4, 3 })]
    [TestCase(true, new[] { 4, 4 })]
    public void The_last_batch_is_smaller_or_left_out(bool dropLast, int[] sizes)
    {
        MemoryDataset data = new(11, 4, 4);
        using DataLoader loader = new(data, null, Defaults with { Shuffle = false, Augment = false, Views = 2, DropLast = dropLast });
        Assert.That(loader.BatchesPerEpoch, Is.EqualTo(sizes.Length));
        for (int epoch = 0; epoch < 2; epoch++)
        {
            int next = 0;
            foreach (int size in sizes)
            {
                Batch batch = loader.Next();
                Assert.That(batch.Samples, Is.EqualTo(size));
                Assert.That(batch.Indices.ToArray(), Is.EqualTo(Enumerable.Range(next, size)));
                // The last sample of the last view lies where the actual number of samples puts it.
                Assert.That(batch.Images[(2 * size - 1) * 48], Is.EqualTo(MemoryDataset.ImageValue(next + size - 1, 0)));
                next += size;
                loader.Recycle(batch);
            }
        }
    }

    [Test]
    public void The_evaluation_form_gives_every_sample_as_it_is()
    {
        MemoryDataset data = new(5);
        using DataLoader loader = new(data, null, DataLoaderOptions.ForEvaluation(batchSize: 2));
        float[] image = new float[3 * data.Height * data.Width];
        float[] labels = new float[data.Tasks.TotalLabelChannels * data.Height * data.Width];
        for (int i = 0; i < 5; i += 2)
        {
            Batch batch = loader.Next();
            for (int s = 0; s < batch.Samples; s++)
            {
                data.Read(i + s, data.Tasks.All, new SampleBuffer(data.Tasks, data.Height, data.Width, image, labels));
                Assert.That(batch.Indices[s], Is.EqualTo(i + s));
                Assert.That(batch.GetSample(0, s).Image.ToArray(), Is.EqualTo(image));
                Assert.That(batch.GetSample(0, s).Labels.ToArray(), Is.EqualTo(labels));
                Assert.That(batch.GetLabeled(s), Is.EqualTo(data.Tasks.All));
            }
            loader.Recycle(batch);
        }
    }

    [TestCase(FlipMode.None, false, false)]
    [TestCase(FlipMode.EveryView, true, true)]
    [TestCase(FlipMode.Published, true, false)]
    public void View_0_is_a_crop_of_the_sample_and_the_others_are_crops_of_view_0(FlipMode flip, bool flipViews0And1, bool flipView2)
    {
        MemoryDataset data = new(6);
        RandomScaleCrop crop = new(data.Tasks, data.Height, data.Width);
        Batch expected = new(data.Tasks, 1, 4, data.Height, data.Width);
        HashSet<CropWindow> windows = [];
        using DataLoader loader = new(data, null, Defaults with { Flip = flip, Color = false });
        for (int b = 0; b < 4; b++)
        {
            Batch batch = loader.Next();
            for (int s = 0; s < batch.Samples; s++)
            {
                int index = batch.Indices[s];
                data.Read(index, data.Tasks.All, expected.GetSample(0, 0));
                for (int v = 0; v < 3; v++)
                {
                    ViewKey key = new(5, b / 2, index, v);
                    bool mirrored = (v < 2 ? flipViews0And1 : flipView2) && RandomScaleCrop.DrawFlip(key);
                    CropWindow window = crop.Draw(key.Random(RandomUse.Crop)) with { Mirrored = mirrored };
                    windows.Add(window);
                    crop.Apply(expected.GetSample(0, v == 0 ? 0 : 1), expected.GetSample(0, 1 + Math.Min(v, 1)), data.Tasks.All, window);
                    // Sample 1 keeps view 0, sample 2 takes views 1 and 2 in turn.
                    SampleBuffer view = expected.GetSample(0, 1 + Math.Min(v, 1));
                    Assert.That(batch.GetSample(v, s).Image.SequenceEqual(view.Image), $"image of batch {b}, sample {s}, view {v}");
                    Assert.That(batch.GetSample(v, s).Labels.SequenceEqual(view.Labels), $"labels of batch {b}, sample {s}, view {v}");
                }
            }
            loader.Recycle(batch);
        }
        Assert.That(windows, Has.Count.GreaterThan(12), "36 draws of 3 scales and many places");
        Assert.That(windows.Any(w => w.Mirrored), Is.EqualTo(flip != FlipMode.None));
    }

    [Test]
    public void Colours_change_after_all_views_are_cut_and_each_view_has_its_own()
    {
        MemoryDataset data = new(6);
        ColorAugmentation colors = new(data.Height, data.Width);
        using DataLoader plain = new(data, null, Defaults with { Color = false });
        using DataLoader colored = new(data, null, Defaults);
        int changed = 0;
        for (int b = 0; b < 4; b++)
        {
            Batch before = plain.Next();
            Batch after = colored.Next();
            Assert.That(after.Labels.SequenceEqual(before.Labels), "labels have no colours");
            for (int s = 0; s < before.Samples; s++)
            {
                for (int v = 0; v < 3; v++)
                {
                    Span<float> image = before.GetSample(v, s).Image;
                    changed += image.SequenceEqual(after.GetSample(v, s).Image) ? 0 : 1;
                    colors.Apply(image, new ViewKey(5, b / 2, before.Indices[s], v));
                    Assert.That(after.GetSample(v, s).Image.SequenceEqual(image), $"batch {b}, sample {s}, view {v}");
                }
            }
            plain.Recycle(before);
            colored.Recycle(after);
        }
        // Of 36 views; two operations out of nine leave an image as it is once in fifty times.
        Assert.That(changed, Is.GreaterThan(25));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_sample_is_labelled_for_what_is_assigned_and_written_and_invalid_elsewhere(bool augment)
    {
        // Sample i has labels for the bits of i, and is assigned tasks 0, 1 and 3.
        MemoryDataset data = new(16, labeled: i => new TaskMask((ulong)i));
        LabelAssignment labels = new(data.Tasks, [.. Enumerable.Repeat(new TaskMask(0b1011), 16)]);
        using DataLoader loader = new(data, labels, Defaults with { Views = 3, Augment = augment });
        for (int b = 0; b < 2 * loader.BatchesPerEpoch; b++)
        {
            Batch batch = loader.Next();
            for (int s = 0; s < batch.Samples; s++)
            {
                TaskMask labeled = batch.GetLabeled(s);
                Assert.That(labeled, Is.EqualTo(new TaskMask((ulong)batch.Indices[s] & 0b1011)));
                for (int v = 0; v < 3; v++)
                {
                    for (int t = 0; t < 4; t++)
                    {
                        if (!labeled[t])
                            Assert.That(batch.GetSample(v, s).Label(t).ToArray(), Is.All.EqualTo(data.Tasks[t].InvalidLabel));
                        else
                            Assert.That(batch.GetSample(v, s).Label(t).ToArray(), Has.Some.Not.EqualTo(data.Tasks[t].InvalidLabel));
                    }
                }
            }
            loader.Recycle(batch);
        }
    }

    [Test]
    public void Batches_that_are_kept_are_not_overwritten()
    {
        using DataLoader loader = new(new MemoryDataset(11), null, Defaults);
        List<Batch> kept = [.. Enumerable.Range(0, 8).Select(_ => loader.Next())];
        List<Snapshot> taken = [.. kept.Select(Snapshot.Of)];
        using DataLoader other = new(new MemoryDataset(11), null, Defaults);
        AssertEqual(taken, Take(other, 8));
        kept[0].Dispose();
        kept.ForEach(loader.Recycle);
        loader.Seek(0);
        AssertEqual(Take(loader, 8), taken);
    }

    [Test]
    public void The_steady_state_allocates_nothing()
    {
        MemoryDataset data = new(13);
        LabelAssignment labels = LabelAssignment.Draw(LabelScenario.OneLabel, data, 1);
        // What a loader thread allocates shows between two reads on that thread.
        ThreadLocal<long> last = new(() => -1, trackAllValues: false);
        long[] byThreads = new long[1];
        bool counting = false;
        data.OnRead = _ =>
        {
            long now = GC.GetAllocatedBytesForCurrentThread();
            if (Volatile.Read(ref counting) && last.Value >= 0)
                Interlocked.Add(ref byThreads[0], now - last.Value);
            last.Value = GC.GetAllocatedBytesForCurrentThread();
        };
        using DataLoader loader = new(data, labels, Defaults with { Workers = 3 });
        using CancellationTokenSource cancellation = new();
        for (int i = 0; i < 100; i++)
            loader.Recycle(loader.Next(cancellation.Token));

        Volatile.Write(ref counting, true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 400; i++)
            loader.Recycle(loader.Next(cancellation.Token));
        long here = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(here, Is.Zero, "bytes by the caller's thread in 400 batches");
        Assert.That(Interlocked.Read(ref byThreads[0]), Is.Zero, "bytes by the loader's threads");
    }
}
