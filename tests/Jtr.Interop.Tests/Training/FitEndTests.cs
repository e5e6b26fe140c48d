using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inference;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Tests.Training;

/// <summary>However a fit ends, the process goes on, the caller gets what ended it, and what was learned is saved.</summary>
public sealed class FitEndTests
{
    private static readonly FitOptions Options = new()
    {
        Steps = 7,
        BatchSize = 3,
        Workers = 1,
    };

    [Test]
    public void A_logger_that_throws_ends_neither_the_process_nor_the_message_of_what_failed()
    {
        using Trainer trainer = new(SmallModel.Options, new ThrowingLogger());
        MemoryDataset data = SmallModel.Data();
        data.OnRead = index => throw new JtrFormatException("photo.png", $"is not picture {index}");
        // Thrown on the fit's own thread, a logger's exception would take the process along.
        JtrFormatException e = Assert.ThrowsAsync<JtrFormatException>(() => trainer.FitAsync(data, Options))!;
        Assert.That(e.Path, Is.EqualTo("photo.png"));
    }

    [Test]
    public async Task A_logger_that_throws_changes_nothing_about_a_run()
    {
        using TemporaryFolder folder = new();
        FitOptions options = Options with
        {
            CheckpointPath = folder.File("run.safetensors"),
            Validation = SmallModel.Data(4),
            EvaluateEvery = 3,
        };
        using Trainer quiet = SmallModel.Create(),
            loud = new(SmallModel.Options, new ThrowingLogger());
        await quiet.FitAsync(SmallModel.Data(), Options);
        Assert.That((await loud.FitAsync(SmallModel.Data(), options)).Steps, Is.EqualTo(7));
        SmallModel.AssertSame(SmallModel.Snapshot(loud), SmallModel.Snapshot(quiet));
        using Trainer loaded = Trainer.Load(options.CheckpointPath!, logger: new ThrowingLogger());
        Assert.That(loaded.StepCount, Is.EqualTo(7));
        Assert.That(() => Predictor.Load(options.CheckpointPath!, logger: new ThrowingLogger()).Dispose(), Throws.Nothing);
    }

    [Test]
    public void A_logger_that_throws_does_not_keep_a_cancelled_run_from_being_saved()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("run.safetensors");
        using Trainer trainer = new(SmallModel.Options, new ThrowingLogger());
        using CancellationTokenSource source = new();
        Assert.CatchAsync<OperationCanceledException>(() =>
            trainer.FitAsync(SmallModel.Data(), Options with { CheckpointPath = path }, new Reports(_ => source.Cancel()), source.Token)
        );
        Assert.That(CheckpointInfo.Read(path).Step, Is.EqualTo(trainer.StepCount).And.EqualTo(1));
    }

    [TestCase("a damaged file", typeof(JtrFormatException), 2)]
    [TestCase("a file that cannot be read", typeof(IOException), 2)]
    [TestCase("a data set that is wrong", typeof(NotSupportedException), 2)]
    [TestCase("a progress handler", typeof(TimeZoneNotFoundException), 1)]
    [TestCase("a receiver of scores", typeof(TimeZoneNotFoundException), 3)]
    [TestCase("a data set to score on", typeof(JtrFormatException), 3)]
    [TestCase("the trainer's end", typeof(ObjectDisposedException), 1)]
    public async Task Whatever_ends_a_run_the_steps_before_it_are_saved_and_it_goes_on_from_there(string what, Type failure, int steps)
    {
        using TemporaryFolder folder = new();
        FitOptions options = Options with { CheckpointPath = folder.File("run.safetensors") };
        MemoryDataset data = SmallModel.Data(),
            scored = SmallModel.Data(4);
        int reads = 0;
        // Batches of 3 and one thread: the eighth read belongs to the third batch.
        Reports? reports = null;
        Trainer trainer = SmallModel.Create();
        FitOptions failing = options;
        switch (what)
        {
            case "a damaged file":
                data.OnRead = _ => ThrowAt(8, new JtrFormatException("photo.png", "is not a picture"));
                break;
            case "a file that cannot be read":
                data.OnRead = _ => ThrowAt(8, new IOException("the network is down"));
                break;
            case "a data set that is wrong":
                data.OnRead = _ => ThrowAt(8, new NotSupportedException());
                break;
            case "a progress handler":
                reports = new(_ => throw new TimeZoneNotFoundException());
                break;
            case "a receiver of scores":
                failing = options with
                {
                    Validation = scored,
                    EvaluateEvery = 3,
                    Evaluated = (_, _) => throw new TimeZoneNotFoundException(),
                };
                break;
            case "the trainer's end":
                reports = new(_ => trainer.Dispose());
                break;
            default:
                failing = options with { Validation = scored, EvaluateEvery = 3 };
                scored.OnRead = _ => throw new JtrFormatException("label.png", "is not a label");
                break;
        }
        using (trainer)
        {
            Assert.That(() => trainer.FitAsync(data, failing, reports), Throws.TypeOf(failure));
            Assert.That(trainer.StepCount, Is.EqualTo(steps));
        }
        Assert.That(CheckpointInfo.Read(options.CheckpointPath!).Step, Is.EqualTo(steps));

        using Trainer resumed = Trainer.Load(options.CheckpointPath!),
            whole = SmallModel.Create();
        await resumed.FitAsync(SmallModel.Data(), options);
        await whole.FitAsync(SmallModel.Data(), Options);
        SmallModel.AssertSame(SmallModel.Snapshot(resumed), SmallModel.Snapshot(whole));

        void ThrowAt(int read, Exception e)
        {
            if (Interlocked.Increment(ref reads) == read)
                throw e;
        }
    }

    [Test]
    public void A_failure_before_the_first_step_leaves_no_checkpoint_that_would_be_in_the_way()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = SmallModel.Create();
        MemoryDataset data = SmallModel.Data();
        data.OnRead = _ => throw new JtrFormatException("photo.png", "is not a picture");
        Assert.ThrowsAsync<JtrFormatException>(() =>
            trainer.FitAsync(data, Options with { CheckpointPath = folder.File("run.safetensors") })
        );
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Where_the_save_after_a_failure_fails_too_the_first_failure_is_told_and_the_second_is_in_the_log()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.File("gone"), "run.safetensors");
        ListLogger logger = new();
        using Trainer trainer = new(SmallModel.Options, logger);
        Assert.ThrowsAsync<TimeZoneNotFoundException>(() =>
            trainer.FitAsync(
                SmallModel.Data(),
                Options with
                {
                    CheckpointPath = path,
                },
                new Reports(_ => throw new TimeZoneNotFoundException())
            )
        );
        Assert.That(logger.Lines, Has.One.Contains($"Error: {path} could not be saved at step 1"));
    }

    private sealed class Reports(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("the log is full");

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel == LogLevel.Debug ? throw new InvalidOperationException("the log is full") : true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => throw new InvalidOperationException("the log is full");
    }
}
