using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class CancellationTests
{
    [Test]
    public void A_step_that_was_cancelled_before_it_began_changes_nothing()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        using CancellationTokenSource source = new();
        source.Cancel();
        OperationCanceledException e = Assert.Throws<OperationCanceledException>(() => trainer.Step(batch, source.Token))!;
        Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
        Assert.That(trainer.StepCount, Is.Zero);
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), before);
    }

    [Test]
    public void A_step_that_is_cancelled_on_its_way_changes_nothing()
    {
        // Long enough that the other thread gets a turn before it ends; if it does not, the step is tried again.
        using Trainer trainer = SmallModel.Create(o =>
            o with
            {
                Width = 8,
                JointTask = new JointTaskOptions { MicroBatch = 1 },
            }
        );
        using Batch batch = SmallModel.CreateBatch(4, 64, 64);
        for (int attempt = 0; ; attempt++)
        {
            Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
            long steps = trainer.StepCount;
            if (CanceledOnItsWay(trainer, batch))
            {
                Assert.That(trainer.StepCount, Is.EqualTo(steps));
                SmallModel.AssertSame(SmallModel.Snapshot(trainer), before);
                break;
            }
            Assert.That(attempt, Is.LessThan(20), "no step was ever cancelled");
        }

        // And the trainer goes on as if nothing had been: like one that did the same number of steps.
        using Trainer other = SmallModel.Create(o =>
            o with
            {
                Width = 8,
                JointTask = new JointTaskOptions { MicroBatch = 1 },
            }
        );
        for (long i = 0; i < trainer.StepCount; i++)
            other.Step(batch);
        Assert.That(trainer.Step(batch), Is.EqualTo(other.Step(batch)));
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), SmallModel.Snapshot(other));
    }

    [Test]
    public void A_token_that_is_cancelled_after_its_step_does_not_touch_the_next()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        using CancellationTokenSource source = new();
        trainer.Step(batch, source.Token);
        source.Cancel();
        Assert.That(() => trainer.Step(batch), Throws.Nothing);
    }

    private static bool CanceledOnItsWay(Trainer trainer, Batch batch)
    {
        using CancellationTokenSource source = new();
        using ManualResetEventSlim begun = new();
        Thread thread = new(() =>
        {
            begun.Wait();
            Thread.Sleep(1);
            source.Cancel();
        });
        thread.Start();
        begun.Set();
        try
        {
            trainer.Step(batch, source.Token);
            return false;
        }
        catch (OperationCanceledException e) when (e.CancellationToken == source.Token)
        {
            return true;
        }
        finally
        {
            thread.Join();
        }
    }
}
