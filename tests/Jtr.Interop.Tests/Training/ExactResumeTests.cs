using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>A run that is interrupted anywhere and goes on ends where an uninterrupted one does, whatever it is made of.</summary>
public sealed class ExactResumeTests
{
    private static readonly AdamOptions _cosine = new()
    {
        LearningRate = 1e-3,
        Schedule = LearningRateSchedule.Cosine,
        DecaySteps = 6,
        WarmupSteps = 2,
    };

    private static readonly FitOptions _fit = new()
    {
        Steps = 6,
        BatchSize = 3,
        Workers = 1,
        Flip = FlipMode.EveryView,
    };

    private static IEnumerable<TestCaseData> Trainers()
    {
        TrainerOptions all = SmallModel.Options with { Width = 2, Optimizer = _cosine, MaxGradientNorm = 0.5, EmaDecay = 0.9 };
        yield return Case("jtr", all with { Balancing = new() { Name = "uncertainty" } });
        yield return Case(
            "mtpsl",
            all with
            {
                Method = "mtpsl",
                Balancing = new() { Name = "dwa", PeriodSteps = 2 },
            }
        );
        yield return Case(
            "perceptual_map",
            all with
            {
                Method = "perceptual_map",
                Balancing = new() { Name = "random" },
            }
        );
        yield return Case("jtr+teacher", all with { Method = "jtr+teacher" });
        yield return Case("prototypes+teacher", all with { Method = "prototypes+teacher" });
        yield return Case(
            "an estimated task graph",
            all with
            {
                Method = "direct_map",
                TaskGraph = new SimilarityTaskGraph { WarmUpSteps = 2 },
            }
        );
        yield return Case("single_task", all with { Method = "single_task" });
        yield return Case(
            "consistency",
            all with
            {
                Method = "consistency",
                Balancing = new() { Name = "pcgrad" },
            }
        );
        yield return Case("float64", all with { Precision = Precision.Float64 });
        yield return Case("stages", all with { Recomputation = Recomputation.Stages });
        yield return Case(
            "resnet18",
            all with
            {
                Network = new NetworkOptions
                {
                    Backbone = "resnet18",
                    DecoderChannels = 4,
                    BackboneRate = 0.3,
                    Freeze = BackboneStage.Stage1,
                    FreezeSteps = 2,
                },
                Optimizer = _cosine with { WeightDecay = 0.05 },
            }
        );
        yield return Case("bfloat16", all with { Precision = Precision.BFloat16 });

        static TestCaseData Case(string name, TrainerOptions options) => new TestCaseData(options).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Trainers))]
    public async Task Weights_moments_averages_and_losses_are_those_of_an_uninterrupted_run(TrainerOptions options)
    {
        using TemporaryFolder folder = new();
        FitOptions fit = _fit with { CheckpointPath = folder.File("run.safetensors") };
        using Trainer whole = new(options);
        FitResult expected = await whole.FitAsync(SmallModel.Data(), _fit);
        whole.Save(folder.File("whole.safetensors"));

        using (Trainer first = new(options))
            await first.FitAsync(SmallModel.Data(), fit with { Steps = 3 });
        using Trainer second = Trainer.Load(fit.CheckpointPath!);
        FitResult actual = await second.FitAsync(SmallModel.Data(), fit);
        Assert.That(actual.Last, Is.EqualTo(expected.Last));
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(whole));
        // With the optimiser's moments, which State does not tell.
        SmallModel.AssertSame(Tensors(fit.CheckpointPath!), Tensors(folder.File("whole.safetensors")));
    }

    [Test]
    public async Task A_checkpoint_tells_where_in_the_data_its_fit_was()
    {
        using TemporaryFolder folder = new();
        FitOptions fit = _fit with { Steps = 6, CheckpointPath = folder.File("run.safetensors"), DataSeed = 5 };
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        await trainer.FitAsync(SmallModel.Data(), fit);
        CheckpointInfo info = CheckpointInfo.Read(fit.CheckpointPath!);
        // 10 samples in batches of 3: four batches a pass.
        Assert.That(
            info.Position,
            Is.EqualTo(
                new FitPosition
                {
                    Epoch = 1,
                    Batch = 2,
                    BatchesPerEpoch = 4,
                    BatchSize = 3,
                    Samples = 10,
                    DataSeed = 5,
                    Threads = JtrRuntime.Threads,
                }
            )
        );
        Assert.That(info.Step, Is.EqualTo(6));
        Assert.That(
            info.Metadata["jtr-interop.versions"],
            Does.Contain("libjtr " + JtrRuntime.Version).And.Contain("libtorch " + JtrRuntime.TorchVersion)
        );
    }

    [Test]
    public async Task A_resumed_run_reads_nothing_of_what_it_has_seen()
    {
        using TemporaryFolder folder = new();
        // In the order of the indices, batches of 3 of 30 samples.
        FitOptions fit = _fit with
        {
            Steps = 4,
            BatchSize = 3,
            Workers = 1,
            CheckpointPath = folder.File("run.safetensors"),
        };
        List<int> whole = [],
            resumed = [];
        MemoryDataset data = new(30, SmallModel.Size, SmallModel.Size, SmallModel.Tasks);
        data.OnRead = i => Add(whole, i);
        using (Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" }))
            await trainer.FitAsync(data, fit);
        data.OnRead = i => Add(resumed, i);
        using (Trainer trainer = Trainer.Load(fit.CheckpointPath!))
            await trainer.FitAsync(data, fit with { Steps = 6 });
        // Some more may have been made ahead.
        Assert.That(resumed.Take(3), Is.Not.EqualTo(whole.Take(3)));
        Assert.That(whole.Take(12).Intersect(resumed), Is.Empty, "of the first four batches none is read again in this epoch");

        static void Add(List<int> reads, int index)
        {
            lock (reads)
                reads.Add(index);
        }
    }

    [Test]
    public async Task Going_on_with_another_number_of_threads_is_a_warning()
    {
        using TemporaryFolder folder = new();
        int before = JtrRuntime.Threads;
        FitOptions fit = _fit with { Steps = 1, CheckpointPath = folder.File("run.safetensors") };
        try
        {
            JtrRuntime.Threads = 1;
            using (Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" }))
                await trainer.FitAsync(SmallModel.Data(), fit);
            Assert.That(CheckpointInfo.Read(fit.CheckpointPath!).Position?.Threads, Is.EqualTo(1));
            foreach (int threads in new[] { 1, 2 })
            {
                ListLogger logger = new();
                using Trainer resumed = Trainer.Load(fit.CheckpointPath!, new LoadOptions { Threads = threads }, logger);
                await resumed.FitAsync(SmallModel.Data(), fit with { Steps = 2, CheckpointPath = null });
                Assert.That(
                    logger.Lines.Where(l => l.StartsWith("Warning", StringComparison.Ordinal)),
                    threads == 1 ? Is.Empty : Has.One.Contains("2 threads of the arithmetic instead of 1")
                );
            }
        }
        finally
        {
            JtrRuntime.Threads = before;
        }
    }

    [Test]
    public async Task Going_on_otherwise_than_the_run_began_is_a_warning()
    {
        using TemporaryFolder folder = new();
        FitOptions fit = _fit with { Steps = 1, CheckpointPath = folder.File("run.safetensors") };
        using (Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" }))
            await trainer.FitAsync(SmallModel.Data(), fit);
        foreach (
            (FitOptions next, string? words) in new[]
            {
                (fit with { Steps = 2 }, (string?)null),
                (fit with { Steps = 2, BatchSize = 4 }, "batches of 4 instead of 3"),
                (fit with { Steps = 2, DataSeed = 1 }, "the data seed 1 instead of 7"),
            }
        )
        {
            ListLogger logger = new();
            File.Copy(fit.CheckpointPath!, folder.File("copy.safetensors"), overwrite: true);
            using Trainer resumed = Trainer.Load(folder.File("copy.safetensors"), logger: logger);
            await resumed.FitAsync(SmallModel.Data(), next with { CheckpointPath = null });
            Assert.That(
                logger.Lines.Where(l => l.StartsWith("Warning", StringComparison.Ordinal)),
                words is null ? Is.Empty : Has.One.Contains(words)
            );
        }
    }

    [Test]
    public void A_loss_that_is_not_finite_tells_step_term_and_samples_and_saves_what_was_learned()
    {
        using TemporaryFolder folder = new();
        FitOptions fit = _fit with { Steps = 20, BatchSize = 2, CheckpointPath = folder.File("run.safetensors"), Augment = false };
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        SpoiltDataset data = new(SmallModel.Data(), bad: 7);
        JtrNonFiniteException e = Assert.ThrowsAsync<JtrNonFiniteException>(() => trainer.FitAsync(data, fit))!;
        Assert.Multiple(() =>
        {
            Assert.That(e.Term, Is.EqualTo("supervised.depth"));
            Assert.That(e.SampleNames, Is.EqualTo(new[] { "sample-7" }));
            Assert.That(e.Step, Is.EqualTo(trainer.StepCount + 1));
            Assert.That(e.Message, Does.Contain($"step {e.Step}").And.Contain("supervised.depth").And.Contain("sample-7"));
            Assert.That(CheckpointInfo.Read(fit.CheckpointPath!).Step, Is.EqualTo(trainer.StepCount));
        });
    }

    private static Dictionary<string, double[]> Tensors(string path) =>
        Interop.Checkpoints.Safetensors.SafetensorsFile.Read(path, _ => true).ToDictionary(t => t.Name, t => t.ToDoubles());

    /// <summary>A data set with a sample whose depth is so large that the loss overflows.</summary>
    private sealed class SpoiltDataset(IMultiTaskDataset inner, int bad) : IMultiTaskDataset
    {
        public Jtr.Interop.Tasks.TaskSet Tasks => inner.Tasks;
        public int Count => inner.Count;
        public int Height => inner.Height;
        public int Width => inner.Width;

        public SampleInfo GetSampleInfo(int index) => inner.GetSampleInfo(index);

        public Jtr.Interop.Tasks.TaskMask Read(int index, Jtr.Interop.Tasks.TaskMask wanted, SampleBuffer destination)
        {
            Jtr.Interop.Tasks.TaskMask read = inner.Read(index, wanted, destination);
            if (index == bad)
                destination.Label(1).Fill(3e38f);
            return read;
        }
    }
}
