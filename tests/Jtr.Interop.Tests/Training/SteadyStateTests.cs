using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class SteadyStateTests
{
    [Test]
    public void Over_2000_steps_memory_stays_flat_and_nothing_is_allocated()
    {
        const int steps = 2000,
            block = 200;
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        using CancellationTokenSource source = new();
        double[] taskLoss = new double[2];

        long warm = 0,
            allocated = 0;
        for (int done = 0; done < steps; done += block)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < block; i++)
                trainer.Step(batch, new StepCapture { TaskLoss = taskLoss }, source.Token);
            long after = GC.GetAllocatedBytesForCurrentThread();

            long resident = Environment.WorkingSet;
            TestContext.Out.WriteLine(
                $"step {trainer.StepCount}: {resident / 1048576.0:F1} MiB resident, {after - before} bytes allocated since the last line"
            );
            // The first block warms up: the runtime compiles, the native allocator takes its pools.
            if (done == 0)
                warm = resident;
            else
                allocated += after - before;
        }

        Assert.That(trainer.StepCount, Is.EqualTo(steps));
        Assert.That(allocated, Is.Zero);
        // A leak of one batch's images a step would be 130 MiB; an allocator's own moods are a few.
        Assert.That(Environment.WorkingSet - warm, Is.LessThan(32L << 20));
    }
}
