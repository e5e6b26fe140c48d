using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>Loaders that share each batch.</summary>
public sealed class SharedLoaderTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void All_shares_together_are_the_batches_of_one_loader(int ranks)
    {
        MemoryDataset data = new(23, 16, 16);
        DataLoaderOptions options = new()
        {
            BatchSize = 6,
            Workers = 2,
            Seed = 3,
            Flip = FlipMode.EveryView,
        };
        using DataLoader whole = new(data, options: options);
        DataLoader[] shares =
        [
            .. Enumerable.Range(0, ranks).Select(r => new DataLoader(data, options: options with { Rank = r, Ranks = ranks })),
        ];
        // Two epochs; the last batch of each has five samples.
        for (int i = 0; i < 2 * whole.BatchesPerEpoch; i++)
        {
            Batch expected = whole.Next();
            int at = 0;
            foreach (DataLoader share in shares)
            {
                Batch actual = share.Next();
                for (int b = 0; b < actual.Samples; b++, at++)
                {
                    Assert.That(actual.Indices[b], Is.EqualTo(expected.Indices[at]));
                    for (int v = 0; v < expected.Views; v++)
                    {
                        Assert.That(
                            actual.GetSample(v, b).Image.SequenceEqual(expected.GetSample(v, at).Image),
                            "the same crop and colors"
                        );
                        Assert.That(actual.Crops[v * actual.Samples + b], Is.EqualTo(expected.Crops[v * expected.Samples + at]));
                    }
                }
                share.Recycle(actual);
            }
            Assert.That(at, Is.EqualTo(expected.Samples), "no sample twice, none lost");
            whole.Recycle(expected);
        }
        foreach (DataLoader share in shares)
            share.Dispose();
    }

    [Test]
    public void A_batch_without_a_sample_for_each_is_an_error()
    {
        DataLoaderOptions options = new()
        {
            BatchSize = 4,
            Ranks = 3,
            Rank = 1,
        };
        ArgumentException error = Assert.Throws<ArgumentException>(() => new DataLoader(new MemoryDataset(10), options: options))!;
        Assert.That(error.Message, Does.Contain("10 samples in batches of 4 has one of 2; DropLast leaves it out"));
        new DataLoader(new MemoryDataset(10), options: options with { DropLast = true }).Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => (options with { Rank = 3 }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => (options with { Ranks = 0 }).Validate());
    }

    [Test]
    public void Ten_million_samples_and_1024_ranks_in_bounded_memory()
    {
        const int samples = 10_000_000,
            ranks = 1024,
            size = 4096;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using DataLoader loader = new(
            new Numbers(samples),
            options: new DataLoaderOptions
            {
                BatchSize = size,
                Rank = 1023,
                Ranks = ranks,
                Views = 1,
                Augment = false,
                Workers = 1,
            }
        );
        HashSet<int> seen = [];
        for (int i = 0; i < 10; i++)
        {
            Batch batch = loader.Next();
            Assert.That(batch.Samples, Is.EqualTo(size / ranks));
            foreach (int index in batch.Indices)
                Assert.That(seen.Add(index));
            loader.Recycle(batch);
        }
        // The order of an epoch: four bytes a sample.
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(2 * sizeof(int) * (long)samples));
        // The parts of all ranks are the whole, in order, without gaps.
        int end = 0;
        for (int rank = 0; rank < ranks; rank++)
        {
            (int begin, int next) = DataLoaderOptions.Share(samples - 1, rank, ranks);
            Assert.That(begin, Is.EqualTo(end));
            Assert.That(next - begin, Is.InRange(samples / ranks - 1, samples / ranks + 1));
            end = next;
        }
        Assert.That(end, Is.EqualTo(samples - 1));
    }

    /// <summary>Samples without content.</summary>
    private sealed class Numbers(int count) : IMultiTaskDataset
    {
        public TaskSet Tasks { get; } = new(new MapTask("map"));
        public int Count => count;
        public int Height => 1;
        public int Width => 1;

        public SampleInfo GetSampleInfo(int index) => new($"{index}", Tasks.All);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => TaskMask.None;
    }
}
