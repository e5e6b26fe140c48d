using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MethodsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly string[] AllMethods =
    [
        "supervised",
        "single_task",
        "consistency",
        "direct_map",
        "perceptual_map",
        "mtpsl",
        "jtr",
        "teacher",
        "supervised+",
        "prototypes",
    ];

    private static readonly string[] AllRules = ["equal", "fixed", "uncertainty", "dwa", "random", "pcgrad", "labels", "progress"];

    [Test]
    public void The_library_has_every_method_and_rule() =>
        Assert.Multiple(() =>
        {
            Assert.That(JtrRuntime.Methods.Select(m => m.Name), Is.EqualTo(AllMethods));
            Assert.That(
                JtrRuntime.Methods.Where(m => m.MinTasks == 2).Select(m => m.Name),
                Is.EqualTo(new[] { "direct_map", "perceptual_map", "mtpsl", "prototypes" })
            );
            Assert.That(JtrRuntime.BalancingRules, Is.EqualTo(AllRules));
        });

    [TestCaseSource(nameof(AllMethods))]
    public async Task A_fit_of_any_method_that_was_interrupted_ends_like_one_that_was_not(string method)
    {
        // Samples without labels, with some and with all; mirrored crops.
        MemoryDataset data = new(
            5,
            32,
            32,
            MemoryDataset.AllKinds,
            i =>
                i switch
                {
                    0 => TaskMask.None,
                    4 => MemoryDataset.AllKinds.All,
                    _ => TaskMask.None.With(i % 4),
                }
        );
        FitOptions fit = new()
        {
            Steps = 4,
            BatchSize = 2,
            Flip = FlipMode.EveryView,
            CheckpointPath = _folder.File("half.safetensors"),
        };
        TrainerOptions options = new()
        {
            Tasks = MemoryDataset.AllKinds,
            Method = method,
            Width = 2,
            Seed = 3,
            Device = DeviceKind.Cpu,
            Precision = Precision.Float64,
        };
        using Trainer whole = new(options);
        await whole.FitAsync(data, fit with { CheckpointPath = null });
        using Trainer half = new(options);
        await half.FitAsync(data, fit with { Steps = 2 });
        using Trainer resumed = Trainer.Load(fit.CheckpointPath!);
        TrainingProgress? told = null;
        await resumed.FitAsync(data, fit, new Reports(p => told = p));
        SmallModel.AssertSame(SmallModel.Snapshot(resumed), SmallModel.Snapshot(whole));
        Assert.That(told!.Terms.Select(t => t.Name), Is.EqualTo(resumed.TermNames.Skip(1 + data.Tasks.Count)));
        Assert.That(told.Terms.Any(t => t.Value > 0), Is.EqualTo(method is not ("supervised" or "single_task")), "the method's own terms");
    }

    [TestCaseSource(nameof(AllRules))]
    public void A_rule_changes_the_loss_but_not_the_supervised_loss_that_is_told(string rule)
    {
        TrainerOptions options = SmallModel.Options with { Precision = Precision.Float64 };
        using Trainer equal = new(options),
            other =
                new(
                    options with
                    {
                        Balancing = new BalancingOptions
                        {
                            Name = rule,
                            Weights = [0.25, 3],
                            PeriodSteps = 1,
                        },
                    }
                );
        using Batch batch = SmallModel.CreateBatch();
        StepResult expected = equal.Step(batch),
            actual = other.Step(batch);
        // The same network on the same batch: only the order of additions may differ.
        Assert.That(actual.Supervised, Is.EqualTo(expected.Supervised).Within(1e-12));
        Assert.That(Math.Abs(actual.Loss - expected.Loss) > 1e-6, Is.EqualTo(rule is "fixed" or "uncertainty" or "random"));
    }

    [Test]
    public void Methods_that_relate_tasks_refuse_a_single_one() =>
        Assert.Multiple(() =>
        {
            foreach (string method in (string[])["direct_map", "perceptual_map", "mtpsl"])
            {
                TrainerOptions options = new()
                {
                    Tasks = new TaskSet(new DepthTask()),
                    Method = method,
                    Width = 2,
                    Device = DeviceKind.Cpu,
                };
                Assert.That(
                    () => new Trainer(options),
                    Throws.ArgumentException.With.Message.Contains(method).And.Message.Contains("2 tasks or more")
                );
            }
        });

    [Test]
    public void Rules_that_cannot_be_are_refused_by_name() =>
        Assert.Multiple(() =>
        {
            TrainerOptions options = SmallModel.Options;
            Assert.That(
                () => new Trainer(options with { Balancing = new BalancingOptions { Name = "loud" } }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("Balancing.Name").And.Message.Contains("equal, fixed")
            );
            Assert.That(
                () =>
                    new Trainer(
                        options with
                        {
                            Method = "single_task",
                            Balancing = new BalancingOptions { Name = "pcgrad" },
                        }
                    ),
                Throws.ArgumentException.With.Message.Contains("single_task")
            );
            Assert.That(
                () =>
                    new Trainer(
                        options with
                        {
                            Balancing = new BalancingOptions { Name = "fixed", Weights = [1] },
                        }
                    ),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("Balancing.Weights").And.Message.Contains("2 tasks")
            );
        });

    [Test]
    public void Every_option_of_every_method_comes_back_from_a_checkpoint()
    {
        TrainerOptions options = SmallModel.Options with
        {
            Method = "mtpsl",
            Consistency = new ConsistencyOptions { Weight = 0.25, Temperature = 4 },
            DirectMap = new PairMapOptions { Width = 3, Weight = 0.5 },
            PerceptualMap = new PairMapOptions { Width = 5, Weight = 0.75 },
            Mtpsl = new MtpslOptions
            {
                ConWeight = 1,
                RegWeight = 0.1,
                RampUpSteps = 7,
                MicroBatch = 2,
                Film = new AdamOptions { LearningRate = 1e-5, DecaySteps = 30 },
            },
            Prototypes = new PrototypesOptions { Weight = 0.3, Dimension = 9 },
            TaskGraph = new SimilarityTaskGraph { Threshold = 0.4 },
            Balancing = new BalancingOptions
            {
                Name = "fixed",
                Weights = [1, 0.5],
                Temperature = 3,
                PeriodSteps = 9,
                InitialLogVariance = 0.5,
            },
        };
        string path = _folder.File("options.safetensors");
        using (Trainer trainer = new(options))
            trainer.Save(path);
        using Trainer loaded = Trainer.Load(path);
        Assert.That(loaded.Options, Is.EqualTo(options));
    }

    [Test]
    public void Single_task_learning_has_a_network_for_each_task()
    {
        using Trainer trainer = SmallModel.Create(o => o with { Method = "single_task" });
        Assert.That(trainer.State.Select(i => i.Name.Split('/')[0]).Distinct(), Is.EqualTo(new[] { "model.seg", "model.depth" }));
        using Trainer together = SmallModel.Create(o => o with { Method = "supervised" });
        // The same seed: the first layer of each is the multi-task network's.
        foreach (string part in (string[])["model.seg", "model.depth"])
            Assert.That(
                trainer.State.Read($"{part}/encoder_block.0.0.weight"),
                Is.EqualTo(together.State.Read("model/encoder_block.0.0.weight"))
            );
    }

    private sealed class Reports(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
