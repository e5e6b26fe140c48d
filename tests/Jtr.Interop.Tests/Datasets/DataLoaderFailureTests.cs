using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

[TestFixture]
[CancelAfter(60000)]
public sealed class DataLoaderFailureTests
{
    private static readonly DataLoaderOptions InOrder = new() { Shuffle = false, Workers = 2 };

    [TestCase(1)]
    [TestCase(4)]
    public void An_error_in_a_thread_reaches_the_caller_as_itself_and_the_next_batch_follows(int workers)
    {
        MemoryDataset data = new(12, 4, 4)
        {
            OnRead = index =>
            {
                if (index is 5 or 6)
                    throw new JtrFormatException($"file-{index}.png", "damaged");
            },
        };
        using DataLoader loader = new(data, null, InOrder with { Workers = workers });
        for (int epoch = 0; epoch < 2; epoch++)
        {
            Batch first = loader.Next();
            Assert.That(first.Indices.ToArray(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
            loader.Recycle(first);
            // Both samples of the second batch fail; the first of them is told.
            Assert.That(() => loader.Next(), Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo("file-5.png"));
            Batch third = loader.Next();
            Assert.That(third.Indices.ToArray(), Is.EqualTo(new[] { 8, 9, 10, 11 }));
            loader.Recycle(third);
            Assert.That(loader.Position, Is.EqualTo(3 * (epoch + 1)));
        }
    }

    [Test]
    public void Waiting_can_be_cancelled_and_taken_up_again()
    {
        using ManualResetEventSlim released = new();
        MemoryDataset data = new(4, 4, 4) { OnRead = _ => released.Wait() };
        using DataLoader loader = new(data, null, InOrder);
        using CancellationTokenSource cancellation = new();
        Task<Batch> waiting = Task.Run(() => loader.Next(cancellation.Token));
        cancellation.CancelAfter(20);
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => loader.Next(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        released.Set();
        Assert.That(loader.Next().Indices.ToArray(), Is.EqualTo(new[] { 0, 1, 2, 3 }), "nothing was lost");
    }

    [Test]
    public void Dispose_ends_threads_and_waiting_callers()
    {
        using ManualResetEventSlim released = new();
        using CountdownEvent reading = new(2);
        int reads = 0;
        MemoryDataset data = new(100, 4, 4)
        {
            OnRead = _ =>
            {
                if (Interlocked.Increment(ref reads) <= 2)
                    reading.Signal();
                released.Wait();
            },
        };
        DataLoader loader = new(data, null, InOrder);
        Task<Batch> waiting = Task.Run(() => loader.Next());
        reading.Wait();
        Task disposing = Task.Run(loader.Dispose);
        Assert.That(async () => await waiting, Throws.TypeOf<ObjectDisposedException>());
        released.Set();
        disposing.Wait();
        Assert.That(reads, Is.EqualTo(2), "threads finish the sample they are at and begin no other");
    }

    [Test]
    public void Nothing_works_after_dispose_but_giving_batches_back()
    {
        DataLoader loader = new(new MemoryDataset(8, 4, 4), null, InOrder);
        Batch batch = loader.Next();
        loader.Dispose();
        loader.Dispose();
        Assert.That(batch.Images.Length, Is.Positive, "a batch in use stays");
        loader.Recycle(batch);
        Assert.That(() => batch.Images.Length, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => loader.Next(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => loader.Seek(1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_batch_is_given_back_once_and_to_its_own_loader()
    {
        using DataLoader loader = new(new MemoryDataset(8, 4, 4), null, InOrder);
        using DataLoader other = new(new MemoryDataset(8, 4, 4), null, InOrder);
        using Batch foreign = new(MemoryDataset.AllKinds, 3, 4, 4, 4);
        Batch batch = loader.Next();
        Assert.That(() => other.Recycle(batch), Throws.ArgumentException);
        loader.Recycle(batch);
        Assert.That(() => loader.Recycle(batch), Throws.ArgumentException);
        Assert.That(() => loader.Recycle(foreign), Throws.ArgumentException);
    }

    [Test]
    public void A_first_batch_below_0_is_refused() =>
        Assert.That(
            () => new DataLoader(new MemoryDataset(4, 4, 4), null, InOrder with { FirstBatch = -1 }),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("FirstBatch")
        );

    [TestCase("BatchSize", 0, 65536)]
    [TestCase("Views", 256, 255)]
    [TestCase("Workers", 0, 256)]
    [TestCase("Prefetch", -1, 1024)]
    public void An_option_outside_its_range_is_named_with_the_range(string property, int value, int largest)
    {
        DataLoaderOptions options = property switch
        {
            "BatchSize" => InOrder with { BatchSize = value },
            "Views" => InOrder with { Views = value },
            "Workers" => InOrder with { Workers = value },
            _ => InOrder with { Prefetch = value },
        };
        Assert.That(
            () => new DataLoader(new MemoryDataset(4, 4, 4), null, options),
            Throws
                .TypeOf<ArgumentOutOfRangeException>()
                .With.Property("ParamName")
                .EqualTo(property)
                .And.Message.Contains($"{property} has to be 1 to {largest}")
        );
    }

    [Test]
    public void A_flip_mode_that_there_is_not_is_refused() =>
        Assert.That(
            () => new DataLoader(new MemoryDataset(4, 4, 4), null, InOrder with { Flip = (FlipMode)3 }),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Flip").And.Message.Contains("EveryView")
        );

    [Test]
    public void Data_sets_and_assignments_that_do_not_fit_are_refused()
    {
        MemoryDataset data = new(3, 4, 4);
        Assert.That(() => new DataLoader(new MemoryDataset(0, 4, 4)), Throws.ArgumentException.With.Message.Contains("no samples"));
        Assert.That(
            () => new DataLoader(data, new LabelAssignment(data.Tasks, TaskMask.None)),
            Throws.ArgumentException.With.Message.Contains("for 1 samples, the data set has 3")
        );
        Assert.That(
            () => new DataLoader(data, new LabelAssignment(new TaskSet(new DepthTask("z")), default, default, default)),
            Throws.ArgumentException.With.Message.Contains("for the tasks z, the data set has seg, depth, normals, map")
        );
        Assert.That(
            () => new DataLoader(data, null, InOrder with { DropLast = true }),
            Throws.ArgumentException.With.Message.Contains("3 samples: with DropLast there is no batch of BatchSize 4")
        );
    }
}
