using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>
/// A read that hangs until the test lets it go, which is after what must not wait for it has ended: were it waited for, the test
/// would never end, and <see cref="CancelAfterAttribute"/> would say so.
/// </summary>
[CancelAfter(60000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BlockedReadTests : IDisposable
{
    private readonly ManualResetEventSlim _reading = new(),
        _goOn = new();

    public void Dispose()
    {
        _goOn.Set();
        _reading.Dispose();
    }

    private static readonly FitOptions Options = new()
    {
        Steps = 7,
        BatchSize = 3,
        Workers = 2,
    };

    /// <summary>A data set whose reads hang from one of them on.</summary>
    private MemoryDataset Hanging(int from = 7)
    {
        MemoryDataset data = SmallModel.Data();
        int reads = 0;
        data.OnRead = _ =>
        {
            if (Interlocked.Increment(ref reads) < from)
                return;
            _reading.Set();
            _goOn.Wait();
        };
        return data;
    }

    [Test]
    public void A_cancelled_fit_ends_and_is_saved_while_a_read_hangs(CancellationToken timeout)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("run.safetensors");
        using Trainer trainer = SmallModel.Create();
        using CancellationTokenSource source = new();
        Task<FitResult> fit = trainer.FitAsync(Hanging(), Options with { CheckpointPath = path }, null, source.Token);
        _reading.Wait(timeout);
        source.Cancel();
        Assert.That(
            () => fit.WaitAsync(timeout),
            Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(source.Token)
        );
        Assert.That(_goOn.IsSet, Is.False);
        Assert.That(CheckpointInfo.Read(path).Step, Is.EqualTo(trainer.StepCount));
    }

    [Test]
    public void A_cancelled_evaluation_ends_while_a_read_hangs(CancellationToken timeout)
    {
        using Trainer trainer = SmallModel.Create();
        using CancellationTokenSource source = new();
        Task evaluation = Task.Run(() => trainer.Evaluate(Hanging(from: 1), cancellationToken: source.Token), CancellationToken.None);
        _reading.Wait(timeout);
        source.Cancel();
        Assert.That(
            () => evaluation.WaitAsync(timeout),
            Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(source.Token)
        );
    }

    [Test]
    public void A_cancelled_pack_ends_and_leaves_no_file_while_a_read_hangs(CancellationToken timeout)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource source = new();
        MemoryDataset data = Hanging(from: 2);
        PackOptions options = new() { Workers = 2 };
        Task pack = Task.Run(
            () => PackedDataset.Write(data, folder.File("data.jtrpack"), options, null, source.Token),
            CancellationToken.None
        );
        _reading.Wait(timeout);
        source.Cancel();
        Assert.That(() => pack.WaitAsync(timeout), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public async Task A_loader_is_disposed_and_sought_while_a_read_hangs(CancellationToken timeout)
    {
        MemoryDataset data = new(8, 4, 4);
        data.OnRead = index =>
        {
            if (index < 4)
                return;
            _reading.Set();
            _goOn.Wait();
        };
        DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                Shuffle = false,
                Workers = 1,
                Prefetch = 1,
                Augment = false,
                Views = 1,
            }
        );
        loader.Recycle(loader.Next(timeout));
        _reading.Wait(timeout);
        // Its only thread hangs at the second batch; the seek itself does not wait for it, nor does the end.
        await Task.Run(() => loader.Seek(0), CancellationToken.None).WaitAsync(timeout);
        Assert.That(loader.Position, Is.Zero);
        await Task.Run(loader.Dispose, CancellationToken.None).WaitAsync(timeout);
        Assert.That(_goOn.IsSet, Is.False);
    }

    [Test]
    public async Task What_was_being_read_at_a_seek_is_not_seen_and_its_batch_is_used_again(CancellationToken timeout)
    {
        MemoryDataset data = new(12, 4, 4);
        int hung = 0;
        data.OnRead = index =>
        {
            if (index != 5 || Interlocked.Increment(ref hung) > 1)
                return;
            _reading.Set();
            _goOn.Wait();
        };
        using DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                Shuffle = false,
                Workers = 2,
                Prefetch = 2,
                Augment = false,
                Views = 1,
            }
        );
        loader.Recycle(loader.Next(timeout));
        _reading.Wait(timeout);
        await Task.Run(() => loader.Seek(0), CancellationToken.None).WaitAsync(timeout);
        for (int batch = 0; batch < 6; batch++)
        {
            if (batch == 3)
                _goOn.Set();
            Batch made = loader.Next(timeout);
            Assert.That(made.Indices.ToArray(), Is.EqualTo(Enumerable.Range(batch % 3 * 4, 4)));
            for (int b = 0; b < 4; b++)
                Assert.That(made.GetSample(0, b).Image[7], Is.EqualTo(MemoryDataset.ImageValue(made.Indices[b], 7)));
            loader.Recycle(made);
        }
    }

    [Test]
    public void A_data_set_that_takes_the_token_is_told_through_every_wrapper(CancellationToken timeout)
    {
        TokenDataset data = new(SmallModel.Data());
        JoinedDataset joined = new(new JoinedSource("only", data));
        using Trainer trainer = SmallModel.Create();
        using CancellationTokenSource source = new();
        Task<FitResult> fit = trainer.FitAsync(new SkipBadDataset(joined), Options, null, source.Token);
        data.Reading.Wait(timeout);
        source.Cancel();
        Assert.That(() => fit.WaitAsync(timeout), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => data.Told.Wait(timeout), Throws.Nothing);
    }

    [Test]
    public void A_data_set_without_a_read_that_takes_a_token_is_not_read_after_a_cancel()
    {
        MemoryDataset data = SmallModel.Data();
        int reads = 0;
        data.OnRead = _ => reads++;
        float[] image = new float[3 * 1024],
            labels = new float[2 * 1024];
        Assert.That(
            () =>
                ((IMultiTaskDataset)data).Read(
                    0,
                    data.Tasks.All,
                    new SampleBuffer(data.Tasks, 32, 32, image, labels),
                    new CancellationToken(canceled: true)
                ),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(reads, Is.Zero);
    }

    /// <summary>A data set whose reads end when they are cancelled, and only then.</summary>
    private sealed class TokenDataset(IMultiTaskDataset data) : IMultiTaskDataset
    {
        public ManualResetEventSlim Reading { get; } = new();
        public ManualResetEventSlim Told { get; } = new();
        public TaskSet Tasks => data.Tasks;
        public int Count => data.Count;
        public int Height => data.Height;
        public int Width => data.Width;

        public SampleInfo GetSampleInfo(int index) => data.GetSampleInfo(index);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => throw new NotSupportedException("without a token");

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
        {
            Reading.Set();
            cancellationToken.WaitHandle.WaitOne();
            Told.Set();
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
