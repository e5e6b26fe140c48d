using Jtr.Interop.Datasets;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Giving a step the next batch along, which a GPU copies meanwhile. Here: that it changes nothing else.</summary>
public sealed class NextBatchTests
{
    private static readonly FitOptions _options = new()
    {
        Steps = 9,
        BatchSize = 3,
        Workers = 2,
    };

    [Test]
    public async Task A_fit_that_takes_batches_ahead_does_the_same_steps()
    {
        using Trainer plain = SmallModel.Create(),
            ahead = SmallModel.Create();
        ahead.TakesBatchesAhead = true;
        FitResult expected = await plain.FitAsync(SmallModel.Data(), _options);
        FitResult actual = await ahead.FitAsync(SmallModel.Data(), _options);
        Assert.That(actual.Last, Is.EqualTo(expected.Last));
        SmallModel.AssertSame(SmallModel.Snapshot(ahead), SmallModel.Snapshot(plain));
    }

    [Test]
    public void A_fit_on_the_processor_does_not_take_batches_ahead()
    {
        using Trainer trainer = SmallModel.Create();
        Assert.That(trainer.TakesBatchesAhead, Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_damaged_sample_ends_the_fit_at_its_own_step(bool ahead)
    {
        // In order: the third batch has the damaged sample, whether the second step looks ahead or not.
        MemoryDataset data = new(12, SmallModel.Size, SmallModel.Size, SmallModel.Tasks)
        {
            OnRead = index =>
            {
                if (index == 7)
                    throw new JtrFormatException("seven.png", "damaged");
            },
        };
        using Trainer trainer = SmallModel.Create();
        trainer.TakesBatchesAhead = ahead;
        using DataLoader order = new(
            data,
            null,
            new DataLoaderOptions
            {
                BatchSize = 3,
                Views = 3,
                Seed = SmallModel.Options.Seed,
                Workers = 1,
            }
        );
        int expected = 0;
        while (true)
        {
            try
            {
                order.Recycle(order.Next());
                expected++;
            }
            catch (JtrFormatException)
            {
                break;
            }
        }
        Assert.That(
            async () => await trainer.FitAsync(data, _options),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo("seven.png")
        );
        Assert.That(trainer.StepCount, Is.EqualTo(expected));
        await Task.CompletedTask;
    }

    [Test]
    public void The_next_batch_is_checked_in_its_own_step()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch good = SmallModel.CreateBatch(),
            bad = SmallModel.CreateBatch();
        bad.Images[5] = float.NaN;
        Assert.That(trainer.Step(good, default, bad).Step, Is.EqualTo(1));
        Assert.That(() => trainer.Step(bad), Throws.ArgumentException.With.Message.Contains("image"));
        Assert.That(trainer.Step(good, default, good).Step, Is.EqualTo(2));
    }

    [Test]
    public void A_next_batch_of_other_tasks_is_refused_by_its_name()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch good = SmallModel.CreateBatch();
        using Batch other = SmallModel.CreateBatch(tasks: new Tasks.TaskSet(new Tasks.DepthTask()));
        Assert.That(() => trainer.Step(good, default, other), Throws.ArgumentException.With.Property("ParamName").EqualTo("next"));
        Assert.That(trainer.StepCount, Is.Zero);
    }

    [Test]
    public void A_disposed_next_batch_is_refused()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch good = SmallModel.CreateBatch();
        Batch gone = SmallModel.CreateBatch();
        gone.Dispose();
        Assert.That(() => trainer.Step(good, default, gone), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void The_loader_gives_the_next_batch_only_when_it_is_made()
    {
        using ManualResetEventSlim released = new();
        MemoryDataset data = new(8, 4, 4) { OnRead = _ => released.Wait() };
        using DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                BatchSize = 4,
                Shuffle = false,
                Workers = 1,
            }
        );
        Assert.That(loader.TryNext(out Batch? none), Is.False);
        Assert.That((none, loader.Position), Is.EqualTo(((Batch?)null, 0L)));
        released.Set();
        Batch first = loader.Next();
        Batch? second = null;
        Assert.That(() => loader.TryNext(out second), Is.True.After(10000, 5));
        Assert.That((first.Indices[0], second!.Indices[0], loader.Position), Is.EqualTo((0, 4, 2L)));
        loader.Recycle(first);
        loader.Recycle(second);
    }

    [Test]
    public void What_went_wrong_with_the_next_batch_is_left_for_the_call_that_waits()
    {
        MemoryDataset data = new(4, 4, 4) { OnRead = _ => throw new JtrFormatException("a.png", "damaged") };
        using DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                BatchSize = 4,
                Shuffle = false,
                Workers = 1,
                Prefetch = 1,
            }
        );
        for (int i = 0; i < 20; i++)
        {
            Assert.That(loader.TryNext(out _), Is.False);
            Thread.Sleep(2);
        }
        Assert.That(() => loader.Next(), Throws.TypeOf<JtrFormatException>());
    }
}
