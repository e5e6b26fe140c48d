using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class FitTests
{
    private static readonly FitOptions Options = new()
    {
        Steps = 7,
        BatchSize = 3,
        Workers = 1,
    };

    [Test]
    public async Task A_fit_does_its_steps_and_tells_about_the_first_and_the_last()
    {
        using Trainer trainer = SmallModel.Create();
        Reports reports = new();
        FitResult result = await trainer.FitAsync(SmallModel.Data(), Options, reports);
        Assert.Multiple(() =>
        {
            Assert.That((result.Steps, trainer.StepCount, result.Last?.Step), Is.EqualTo((7L, 7L, (long?)7)));
            Assert.That(result.Elapsed, Is.GreaterThan(TimeSpan.Zero));
            TrainingProgress first = reports.All[0],
                last = reports.All[^1];
            Assert.That((first.Step, first.TotalSteps, first.Epoch, first.TotalEpochs), Is.EqualTo((1L, 7L, 1L, 2L)));
            // 10 samples in batches of 3: four batches an epoch.
            Assert.That((last.Step, last.Epoch, last.Remaining), Is.EqualTo((7L, 2L, (TimeSpan?)TimeSpan.Zero)));
            Assert.That(last.TaskLosses, Has.Count.EqualTo(2));
            Assert.That(reports.All.Select(r => r.Step), Is.Ordered.And.Unique);
        });
    }

    [Test]
    public async Task Epochs_are_counted_in_batches_of_the_data_set()
    {
        using Trainer trainer = SmallModel.Create();
        FitResult result = await trainer.FitAsync(SmallModel.Data(), Options with { Steps = null, Epochs = 2 });
        Assert.That(result.Steps, Is.EqualTo(8));
    }

    [Test]
    public async Task A_fit_that_has_nothing_left_to_do_does_nothing()
    {
        using Trainer trainer = SmallModel.Create();
        await trainer.FitAsync(SmallModel.Data(), Options);
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        FitResult result = await trainer.FitAsync(SmallModel.Data(), Options with { Steps = 5 });
        Assert.That((result.Steps, result.Last), Is.EqualTo((7L, (StepResult?)null)));
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), before);
    }

    [Test]
    public async Task The_run_does_not_depend_on_the_number_of_loader_threads()
    {
        using Trainer one = SmallModel.Create(),
            two = SmallModel.Create();
        await one.FitAsync(SmallModel.Data(), Options);
        await two.FitAsync(SmallModel.Data(), Options with { Workers = 2 });
        SmallModel.AssertSame(SmallModel.Snapshot(two), SmallModel.Snapshot(one));
    }

    [Test]
    public async Task The_run_depends_on_the_seed_of_the_data_and_on_the_labels()
    {
        using Trainer plain = SmallModel.Create(),
            seeded = SmallModel.Create(),
            labeled = SmallModel.Create();
        MemoryDataset data = new(10, SmallModel.Size, SmallModel.Size, SmallModel.Tasks);
        FitOptions options = Options with { Steps = 2, Scenario = LabelScenario.OneLabel };
        await plain.FitAsync(data, options);
        await seeded.FitAsync(data, options with { DataSeed = 99 });
        await labeled.FitAsync(data, options with { Labels = LabelAssignment.Draw(LabelScenario.OneLabel, data, SmallModel.Options.Seed) });
        Assert.That(
            SmallModel.Snapshot(seeded)["model/pred_task1.1.weight"],
            Is.Not.EqualTo(SmallModel.Snapshot(plain)["model/pred_task1.1.weight"])
        );
        // The same assignment, drawn by the fit or by the caller.
        SmallModel.AssertSame(SmallModel.Snapshot(labeled), SmallModel.Snapshot(plain));
    }

    [Test]
    public async Task An_interrupted_and_resumed_run_equals_an_uninterrupted_one()
    {
        using TemporaryFolder folder = new();
        FitOptions options = Options with { CheckpointPath = folder.File("run.safetensors") };
        using Trainer whole = SmallModel.Create();
        FitResult expected = await whole.FitAsync(SmallModel.Data(), Options);

        using (Trainer interrupted = SmallModel.Create())
        {
            using CancellationTokenSource source = new();
            Reports reports = new() { OnReport = _ => source.Cancel() };
            OperationCanceledException e = Assert.CatchAsync<OperationCanceledException>(() =>
                interrupted.FitAsync(SmallModel.Data(), options, reports, source.Token)
            )!;
            Assert.That(e.CancellationToken, Is.EqualTo(source.Token));
            Assert.That(interrupted.StepCount, Is.EqualTo(1));
        }

        using Trainer resumed = Trainer.Load(options.CheckpointPath!);
        Assert.That(resumed.StepCount, Is.EqualTo(1));
        FitResult actual = await resumed.FitAsync(SmallModel.Data(), options);
        Assert.That(actual.Last, Is.EqualTo(expected.Last));
        SmallModel.AssertSame(SmallModel.Snapshot(resumed), SmallModel.Snapshot(whole));
    }

    [Test]
    public async Task Checkpoints_are_saved_on_the_way_and_at_the_end()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("run.safetensors");
        List<(long Step, long Saved)> seen = [];
        using Trainer trainer = SmallModel.Create();
        FitOptions options = Options with
        {
            Steps = 5,
            CheckpointPath = path,
            CheckpointEvery = 2,
            CheckpointMetadata = new Dictionary<string, string> { ["who"] = "me" },
        };
        MemoryDataset data = SmallModel.Data();
        TrainerSteps log = new(path, seen);
        await trainer.FitAsync(data, options, log);
        using Trainer loaded = Trainer.Load(path);
        Assert.That(loaded.StepCount, Is.EqualTo(5));
        Assert.That(Checkpoints.CheckpointInfo.Read(path).Metadata["who"], Is.EqualTo("me"));
        // At the last report the checkpoint of step 4 is the newest.
        Assert.That(seen[^1], Is.EqualTo((5L, 4L)));
    }

    [Test]
    public void A_fit_that_was_cancelled_before_it_began_does_nothing()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = SmallModel.Create();
        Assert.CatchAsync<OperationCanceledException>(() =>
            trainer.FitAsync(
                SmallModel.Data(),
                Options with
                {
                    CheckpointPath = folder.File("x"),
                },
                null,
                new CancellationToken(canceled: true)
            )
        );
        Assert.That(trainer.StepCount, Is.Zero);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public async Task During_a_fit_no_other_call_can_use_the_trainer()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        using ManualResetEventSlim reading = new(),
            goOn = new();
        MemoryDataset data = SmallModel.Data();
        data.OnRead = _ =>
        {
            reading.Set();
            goOn.Wait();
        };
        Task<FitResult> fit = trainer.FitAsync(data, Options);
        reading.Wait();
        Assert.Multiple(() =>
        {
            Assert.That(() => trainer.Step(batch), Throws.InvalidOperationException);
            Assert.That(() => trainer.FitAsync(data, Options), Throws.InvalidOperationException);
            Assert.That(() => trainer.State.Read("model/encoder_block.0.0.bias"), Throws.InvalidOperationException);
            Assert.That(trainer.StepCount, Is.Zero);
        });
        goOn.Set();
        Assert.That((await fit).Steps, Is.EqualTo(7));
        Assert.That(trainer.Step(batch).Step, Is.EqualTo(8));
    }

    [Test]
    public void Disposing_the_trainer_ends_its_fit()
    {
        Trainer trainer = SmallModel.Create();
        Reports reports = new() { OnReport = _ => trainer.Dispose() };
        Assert.ThrowsAsync<ObjectDisposedException>(() => trainer.FitAsync(SmallModel.Data(), Options, reports));
    }

    [Test]
    public void A_damaged_sample_ends_the_fit_with_its_own_error_and_the_steps_before_it_stand()
    {
        using Trainer trainer = SmallModel.Create();
        MemoryDataset data = SmallModel.Data();
        int reads = 0;
        data.OnRead = _ =>
        {
            if (Interlocked.Increment(ref reads) == 8)
                throw new JtrFormatException("photo.png", "is not a picture");
        };
        JtrFormatException e = Assert.ThrowsAsync<JtrFormatException>(() => trainer.FitAsync(data, Options))!;
        Assert.That(e.Path, Is.EqualTo("photo.png"));
        // Batches of 3, one thread: the eighth read belongs to the third.
        Assert.That(trainer.StepCount, Is.EqualTo(2));
    }

    [Test]
    public void A_checkpoint_that_cannot_be_written_ends_the_fit_with_its_error()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.File("nowhere"), "x.safetensors");
        using Trainer trainer = SmallModel.Create();
        Assert.ThrowsAsync<DirectoryNotFoundException>(() =>
            trainer.FitAsync(SmallModel.Data(), Options with { Steps = 2, CheckpointPath = path })
        );
        Assert.That(trainer.StepCount, Is.EqualTo(2));
    }

    [Test]
    public void Data_that_do_not_fit_the_trainer_are_refused() =>
        Assert.Multiple(() =>
        {
            using Trainer trainer = SmallModel.Create();
            MemoryDataset otherTasks = new(4, 32, 32, new TaskSet(new SegmentationTask("seg", 5), new DepthTask()));
            MemoryDataset otherSize = new(4, 32, 40, SmallModel.Tasks);
            Assert.That(
                () => trainer.FitAsync(otherTasks, Options),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("data").And.Message.Contains("5 channels")
            );
            Assert.That(
                () => trainer.FitAsync(otherSize, Options),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("data").And.Message.Contains("32 x 40")
            );
            Assert.That(() => trainer.Evaluate(otherSize).Samples, Is.EqualTo(4), "every size is scored");
            Assert.That(
                () => trainer.FitAsync(SmallModel.Data(0), Options),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("data")
            );
        });

    /// <summary>Takes reports on the thread that makes them.</summary>
    private sealed class Reports : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> All { get; } = [];
        public Action<TrainingProgress>? OnReport { get; init; }

        public void Report(TrainingProgress value)
        {
            All.Add(value);
            OnReport?.Invoke(value);
        }
    }

    /// <summary>Remembers, for each report, the step of the checkpoint that is on disk.</summary>
    private sealed class TrainerSteps(string path, List<(long Step, long Saved)> seen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            long saved = File.Exists(path) ? long.Parse(Checkpoints.CheckpointInfo.Read(path).Metadata["jtr.step"]) : 0;
            seen.Add((value.Step, saved));
        }
    }
}
