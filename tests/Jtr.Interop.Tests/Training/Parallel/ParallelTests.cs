using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training.Parallel;

/// <summary>Several processes, here threads with a trainer each, train and score as one does.</summary>
public sealed class ParallelTests
{
    /// <summary>In double: sums in another order, which norms over few values let grow.</summary>
    private const double Tolerance = 1e-9;

    /// <summary>
    /// The same after five steps of JTR, whose auto-encoder's norms see a value of each sample: 6e-7 of the loss, 1.4e-5 of a weight was
    /// seen.
    /// </summary>
    private const double GrownTolerance = 1e-4;

    /// <summary>Of scores, of which some are percents: predictions are handed over in 32 bits.</summary>
    private const double ScoreTolerance = 1e-3;

    // With SGD: Adam would divide the rounding of small gradients by their own size.
    private static readonly TrainerOptions _options = SmallModel.Options with
    {
        Precision = Precision.Float64,
        EmaDecay = 0.9,
        NativeOptions = """{"optimizer": {"name": "sgd", "learning_rate": 1e-3, "momentum": 0.5}}""",
    };

    // 14 samples: batches of 5, 5 and 4, so that shares differ and the last batch has a sample for each of four ranks.
    private static readonly FitOptions _fit = new()
    {
        Steps = 5,
        BatchSize = 5,
        Workers = 1,
        Flip = FlipMode.EveryView,
        EvaluateEvery = 2,
        EvaluateAtEnd = true,
        Validation = SmallModel.Data(7),
    };

    private static MemoryDataset Data() => SmallModel.Data(14);

    private sealed record Trained(FitResult Result, Dictionary<string, double[]> State, ValidationState Validation);

    private static Trained Train(TrainerOptions options, FitOptions fit, IMultiTaskDataset? data = null, string? from = null)
    {
        using Trainer trainer = from is null ? new Trainer(options) : Trainer.Load(from, new LoadOptions { Parallel = options.Parallel });
        FitResult result = trainer.FitAsync(data ?? Data(), fit).GetAwaiter().GetResult();
        return new(result, SmallModel.Snapshot(trainer), trainer.Validation);
    }

    private static void AssertClose(Trained actual, Trained expected, string who, double tolerance = Tolerance)
    {
        Assert.That(actual.Result.Steps, Is.EqualTo(expected.Result.Steps), who);
        Assert.That(actual.Result.Last!.Value.Loss, Is.EqualTo(expected.Result.Last!.Value.Loss).Within(tolerance), who);
        Assert.That(actual.State.Keys, Is.EquivalentTo(expected.State.Keys), who);
        foreach ((string name, double[] values) in expected.State)
            Assert.That(actual.State[name], Is.EqualTo(values).Within(tolerance), $"{who}: {name}");
        AssertClose(actual.Result.Scores!, expected.Result.Scores!, who);
    }

    private static void AssertClose(EvaluationResult actual, EvaluationResult expected, string who)
    {
        Assert.That(actual.Samples, Is.EqualTo(expected.Samples), who);
        foreach ((TaskResult mine, TaskResult theirs) in actual.Tasks.Zip(expected.Tasks))
        {
            Assert.That(mine.ValidCount, Is.EqualTo(theirs.ValidCount), who);
            foreach ((MetricValue a, MetricValue b) in mine.Metrics.Zip(theirs.Metrics))
                Assert.That(a.Value, Is.EqualTo(b.Value).Within(ScoreTolerance), $"{who}: {mine.Name}, {a.Name}");
        }
    }

    [TestCase(2, "jtr", 1, Tolerance)]
    [TestCase(2, "jtr", 5, GrownTolerance)]
    [TestCase(4, "jtr+teacher", 1, Tolerance)]
    [TestCase(4, "teacher", 5, Tolerance)]
    [TestCase(3, "supervised", 5, Tolerance)]
    public void Several_processes_train_and_score_as_one(int size, string method, int steps, double tolerance)
    {
        TrainerOptions options = _options with { Method = method };
        FitOptions fit = _fit with { Steps = steps };
        Trained one = Train(options, fit);
        Trained[] all = Ranks.Run(size, group => Train(options with { Parallel = group }, fit));
        for (int rank = 0; rank < size; rank++)
        {
            AssertClose(all[rank], one, $"rank {rank}", tolerance);
            SmallModel.AssertSame(all[rank].State, all[0].State);
            Assert.That(all[rank].Validation, Is.EqualTo(all[0].Validation));
        }
    }

    [Test]
    public void A_batch_in_parts_is_shared_too()
    {
        TrainerOptions options = _options with { Method = "supervised", Accumulate = 2 };
        FitOptions fit = _fit with { BatchSize = 4, EvaluateEvery = 0, EvaluateAtEnd = false, Validation = null, Steps = 3 };
        MemoryDataset data = SmallModel.Data(12);
        Trained[] all = Ranks.Run(2, group => Train(options with { Parallel = group }, fit, data));
        SmallModel.AssertSame(all[1].State, all[0].State);
        // Norms see a part at a time, so the numbers are others than those of whole batches.
        Trained whole = Train(options with { Accumulate = 1 }, fit, data);
        Assert.That(all[0].Result.Last!.Value.Loss, Is.Not.EqualTo(whole.Result.Last!.Value.Loss).Within(Tolerance));
        ArgumentException error = Assert.Throws<ArgumentException>(() => Train(options with { Accumulate = 3 }, fit, SmallModel.Data(10)))!;
        Assert.That(error.Message, Does.Contain("Accumulate is 3").And.Contain("one of 2"));
    }

    [Test]
    public void A_run_goes_on_with_any_number_of_processes_and_to_the_bit_with_the_same()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("run.safetensors"),
            before = folder.File("before.safetensors");
        TrainerOptions options = _options with { Method = "supervised" };
        Trained one = Train(options, _fit);
        FitOptions half = _fit with { Steps = 3, CheckpointPath = file, EvaluateEvery = 0, EvaluateAtEnd = false, Validation = null };
        Ranks.Run(2, group => Train(options with { Parallel = group }, half));
        File.Copy(file, before);
        Assert.That(CheckpointInfo.Read(file).Position!.Processes, Is.EqualTo(2));
        Assert.That(CheckpointInfo.Read(file).Options.Parallel, Is.Null);

        AssertClose(Train(options, _fit, from: before), one, "alone");
        Trained[] four = Ranks.Run(4, group => Train(options with { Parallel = group }, _fit, from: before));
        AssertClose(four[3], one, "four");
        Trained[] again = Ranks.Run(2, group => Train(options with { Parallel = group }, _fit, from: before)),
            whole = Ranks.Run(2, group => Train(options with { Parallel = group }, _fit));
        SmallModel.AssertSame(again[0].State, whole[0].State);
    }

    [Test]
    public void Only_rank_0_writes_and_reports()
    {
        using TemporaryFolder folder = new();
        int[] reports = new int[2],
            scores = new int[2];
        ListLogger[] logs = [new(), new()];
        List<EvaluationProgress> scored = [];
        Ranks.Run(
            2,
            group =>
            {
                FitOptions fit = _fit with
                {
                    CheckpointPath = folder.File($"{group.Rank}.safetensors"),
                    BestPath = folder.File($"best{group.Rank}.safetensors"),
                    CheckpointEvery = 1,
                    Evaluated = (_, _) => scores[group.Rank]++,
                    EvaluationProgress = new Told(p => scored.Add(p)),
                };
                using Trainer trainer = new(_options with { Method = "supervised", Parallel = group }, logs[group.Rank]);
                trainer.FitAsync(Data(), fit, new Counted(() => reports[group.Rank]++)).GetAwaiter().GetResult();
                return true;
            }
        );
        Assert.That(reports[0], Is.GreaterThan(0));
        Assert.That((reports[1], scores[0], scores[1]), Is.EqualTo((0, 3, 0)));
        Assert.That(
            Directory.GetFiles(folder.File("")).Select(Path.GetFileName).Order(),
            Is.EqualTo(new[] { "0.safetensors", "best0.safetensors" })
        );
        Assert.That(scored[^1], Is.EqualTo(new EvaluationProgress(7, 7)));
        Assert.That(logs[1].Lines, Is.Not.Empty.And.All.Contain(": rank 1: "));
    }

    [Test]
    public void A_cancel_of_one_ends_all_after_the_same_step_and_rank_0_saves()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("run.safetensors");
        using CancellationTokenSource source = new();
        MemoryDataset data = Data();
        // Rank 1's reads alone: it is cancelled in its third batch or later.
        int reads = 0;
        data.OnRead = _ =>
        {
            if (Interlocked.Increment(ref reads) == 8)
                source.Cancel();
        };
        long[] steps = new long[2];
        (bool, Exception? Error)[] ends = Ranks.Try(
            2,
            group =>
            {
                using Trainer trainer = new(_options with { Method = "supervised", Parallel = group });
                FitOptions fit = _fit with
                {
                    Steps = 100_000,
                    CheckpointPath = file,
                    EvaluateEvery = 0,
                    EvaluateAtEnd = false,
                    Validation = null,
                };
                try
                {
                    IMultiTaskDataset own = group.Rank == 1 ? data : Data();
                    trainer.FitAsync(own, fit, null, group.Rank == 1 ? source.Token : default).GetAwaiter().GetResult();
                }
                finally
                {
                    steps[group.Rank] = trainer.StepCount;
                }
                return true;
            }
        );
        Assert.That(ends.Select(e => e.Error), Has.All.InstanceOf<OperationCanceledException>());
        Assert.That(ends[0].Error!.Message, Does.StartWith("rank 1: "));
        Assert.That(steps[1], Is.EqualTo(steps[0]));
        Assert.That(CheckpointInfo.Read(file).Step, Is.EqualTo(steps[0]));
    }

    [Test]
    public void A_read_that_fails_on_one_ends_all_with_its_name()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("run.safetensors");
        MemoryDataset bad = Data();
        int reads = 0;
        bad.OnRead = _ =>
        {
            if (Interlocked.Increment(ref reads) > 8)
                throw new JtrFormatException("seg/7.png", "it is damaged");
        };
        (Trained?, Exception? Error)[] ends = Ranks.Try(
            3,
            group =>
                Train(
                    _options with
                    {
                        Method = "supervised",
                        Parallel = group,
                    },
                    _fit with
                    {
                        Steps = 100,
                        CheckpointPath = file,
                        EvaluateEvery = 0,
                        EvaluateAtEnd = false,
                        Validation = null,
                        Labels = null,
                    },
                    group.Rank == 2 ? bad : Data()
                )
        );
        Assert.That(ends.Select(e => e.Error), Has.All.InstanceOf<JtrFormatException>());
        Assert.That(ends[2].Error!.Message, Does.StartWith("seg/7.png"));
        Assert.That(ends[0].Error!.Message, Is.EqualTo("rank 2: seg/7.png: it is damaged"));
        Assert.That(ends[1].Error!.Message, Is.EqualTo(ends[0].Error!.Message));
        using Trainer goesOn = Trainer.Load(file);
        Assert.That(goesOn.StepCount, Is.GreaterThan(0));
    }

    [Test]
    public void A_checkpoint_that_cannot_be_written_ends_all()
    {
        using TemporaryFolder folder = new();
        (Trained?, Exception? Error)[] ends = Ranks.Try(
            2,
            group =>
                Train(
                    _options with
                    {
                        Method = "supervised",
                        Parallel = group,
                    },
                    _fit with
                    {
                        CheckpointPath = Path.Combine(folder.File("missing"), "run.safetensors"),
                        CheckpointEvery = 2,
                        EvaluateEvery = 0,
                        EvaluateAtEnd = false,
                        Validation = null,
                    }
                )
        );
        Assert.That(ends[0].Error, Is.InstanceOf<IOException>());
        Assert.That(ends[1].Error, Is.InstanceOf<IOException>().And.Message.StartsWith("rank 0: "));
    }

    [Test]
    public void Fits_that_differ_are_told_apart_at_the_start()
    {
        (Trained?, Exception? Error)[] ends = Ranks.Try(
            2,
            group => Train(_options with { Method = "supervised", Parallel = group }, _fit with { BatchSize = 5 + group.Rank })
        );
        foreach ((Trained? _, Exception? error) in ends)
            Assert.That(error, Is.InstanceOf<InvalidOperationException>().And.Message.Contains("samples of a batch is"));
    }

    [Test]
    public void A_process_that_ended_is_named()
    {
        (Trained?, Exception? Error)[] ends = Ranks.Try(
            2,
            group =>
            {
                TrainerOptions options = _options with { Method = "supervised", Parallel = group };
                if (group.Rank == 0)
                    return Train(options, _fit);
                new Trainer(options).Dispose();
                return null!;
            },
            timeout: 20
        );
        Assert.That(ends[0].Error, Is.InstanceOf<IOException>().And.Message.Contains("rank 1"));
    }

    [Test]
    public void A_batch_that_is_too_small_for_a_sample_each_is_told_at_the_start()
    {
        (Trained?, Exception? Error)[] ends = Ranks.Try(
            4,
            group => Train(_options with { Method = "supervised", Parallel = group }, _fit, SmallModel.Data(13))
        );
        foreach ((Trained? _, Exception? error) in ends)
            Assert.That(error, Is.InstanceOf<ArgumentException>().And.Message.Contains("13 samples in batches of 5 has one of 3"));
    }

    [Test]
    public void A_group_of_one_is_none()
    {
        Trained alone = Train(_options with { Method = "supervised" }, _fit),
            group = Train(_options with { Method = "supervised", Parallel = new JtrProcessGroup() }, _fit);
        SmallModel.AssertSame(group.State, alone.State);
    }

    private sealed class Counted(Action told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told();
    }

    private sealed class Told(Action<EvaluationProgress> told) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => told(value);
    }
}
