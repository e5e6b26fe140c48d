using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Scores in between: the best checkpoint and early stopping.</summary>
public sealed class ValidationTests
{
    private static readonly FitOptions Options = new()
    {
        Steps = 6,
        BatchSize = 5,
        Workers = 1,
        Augment = false,
        Color = false,
    };

    [Test]
    public void A_score_rises_where_scores_get_better_by_the_same_part_for_every_unit()
    {
        double basis = ValidationState.Score(Result(40, 2));
        Assert.Multiple(() =>
        {
            // 10 % more of one of two tasks, and 10 % less of the other where lower is better: logarithms, exact up to rounding.
            Assert.That(ValidationState.Score(Result(44, 2)) - basis, Is.EqualTo(Math.Log(1.1) / 2).Within(1e-12));
            Assert.That(ValidationState.Score(Result(40, 2 / 1.1)) - basis, Is.EqualTo(Math.Log(1.1) / 2).Within(1e-12));
            Assert.That(
                ValidationState.Score(Result(double.NaN, 2)),
                Is.EqualTo(-Math.Log(2)).Within(1e-12),
                "a task without a score counts for nothing"
            );
            Assert.That(ValidationState.Score(Result(0, 2)), Is.Not.NaN.And.GreaterThan(double.NegativeInfinity));
        });
    }

    [Test]
    public void The_best_scores_and_the_tries_since_are_remembered()
    {
        ValidationState state = new ValidationState().Add(10, Result(40, 2));
        Assert.That((state.BestStep, state.WithoutImprovement), Is.EqualTo((10L, 0)));
        state = state.Add(20, Result(39, 2)).Add(30, Result(40.1, 2), minImprovement: 1);
        Assert.That(
            (state.Step, state.BestStep, state.WithoutImprovement),
            Is.EqualTo((30L, 10L, 2)),
            "0.25 % on average is less than 1 %"
        );
        state = state.Add(40, Result(42, 2), minImprovement: 1);
        Assert.That((state.BestStep, state.WithoutImprovement), Is.EqualTo((40L, 0)));
        Assert.That(new ValidationState().Add(10, Result(double.NaN, double.NaN)).BestScore, Is.Null, "no score is no best score");
    }

    [Test]
    public async Task A_fit_scores_saves_the_best_and_stops_when_it_gets_no_better()
    {
        using TemporaryFolder folder = new();
        List<(long Step, double Score)> seen = [];
        // Nothing is 10,000 % better: the first scores stay the best.
        FitOptions options = Options with
        {
            Steps = 100,
            Validation = SmallModel.Data(4),
            EvaluateEvery = 2,
            EarlyStopping = new EarlyStoppingOptions { Patience = 2, MinImprovement = 10_000 },
            CheckpointPath = folder.File("last.safetensors"),
            BestPath = folder.File("best.safetensors"),
            Evaluated = (step, result) => seen.Add((step, ValidationState.Score(result))),
        };
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        FitResult result = await trainer.FitAsync(SmallModel.Data(), options);
        Assert.Multiple(() =>
        {
            Assert.That((result.StoppedEarly, result.Steps), Is.EqualTo((true, 6L)));
            Assert.That(seen.Select(s => s.Step), Is.EqualTo(new long[] { 2, 4, 6 }));
            Assert.That(CheckpointInfo.Read(options.BestPath!).Step, Is.EqualTo(2));
            Assert.That(
                CheckpointInfo.Read(options.CheckpointPath!).Validation,
                Is.EqualTo(
                    new ValidationState
                    {
                        Step = 6,
                        BestStep = 2,
                        BestScore = seen[0].Score,
                        WithoutImprovement = 2,
                    }
                )
            );
        });

        using Trainer again = Trainer.Load(options.CheckpointPath!);
        Assert.That(
            await again.FitAsync(SmallModel.Data(), options),
            Has.Property("StoppedEarly").True.And.Property("Last").Null,
            "a run that has stopped stays so"
        );
        FitResult patient = await again.FitAsync(
            SmallModel.Data(),
            options with
            {
                EarlyStopping = new EarlyStoppingOptions { Patience = 3, MinImprovement = 10_000 },
            }
        );
        Assert.That((patient.StoppedEarly, patient.Steps), Is.EqualTo((true, 8L)));
    }

    [Test]
    public void A_prediction_that_is_not_finite_ends_the_run_with_its_task_and_sample_and_saves_it()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("run.safetensors");
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 2; i++)
            trainer.Step(batch);
        // A head alone, so that no layer behind it could hide it. Scores are due before the next step.
        double[] bias = trainer.State.Read("model/pred_task1.1.bias");
        bias[^1] = double.NaN;
        trainer.State.Write("model/pred_task1.1.bias", bias);
        MemoryDataset scored = new(4, SmallModel.Size, SmallModel.Size, SmallModel.Tasks);
        JtrNonFiniteException e = Assert.ThrowsAsync<JtrNonFiniteException>(() =>
            trainer.FitAsync(SmallModel.Data(), Options with { CheckpointPath = path, Validation = scored, EvaluateEvery = 2 })
        )!;
        Assert.That((e.Term, e.Step, string.Join(',', e.SampleNames)), Is.EqualTo(("prediction.seg", 2L, "sample-0")));
        Assert.That(e.Message, Does.Contain("'seg'").And.Contain("not a finite number").And.Contain("sample-0"));
        Assert.That(CheckpointInfo.Read(path).Step, Is.EqualTo(2));
        Assert.That(() => trainer.Evaluate(scored), Throws.TypeOf<JtrNonFiniteException>());
    }

    [Test]
    public async Task The_last_step_is_scored_where_that_is_asked_for_and_every_scored_step_is_saved_first()
    {
        using TemporaryFolder folder = new();
        List<string> told = [];
        FitOptions options = Options with
        {
            Steps = 5,
            Validation = SmallModel.Data(4),
            EvaluateEvery = 2,
            EvaluateAtEnd = true,
            CheckpointPath = folder.File("run.safetensors"),
            EvaluationProgress = new ScoreReports(p => told.Add($"{p.Done} of {p.Total}")),
        };
        options = options with
        {
            Evaluating = step => told.Add($"saved {CheckpointInfo.Read(options.CheckpointPath!).Step} of {step}"),
            Evaluated = (step, _) => told.Add($"scored {step}"),
        };
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        FitResult result = await trainer.FitAsync(SmallModel.Data(), options);
        string[] each = ["saved 2 of 2", "4 of 4", "scored 2", "saved 4 of 4", "4 of 4", "scored 4", "saved 5 of 5", "4 of 4", "scored 5"];
        Assert.That(told, Is.EqualTo(each));
        Assert.That(result.Scores!.ToString(), Is.EqualTo(trainer.Evaluate(SmallModel.Data(4)).ToString()));
        Assert.That(CheckpointInfo.Read(options.CheckpointPath!).Validation.Step, Is.EqualTo(5));
        Assert.That((await trainer.FitAsync(SmallModel.Data(), options)).Scores, Is.Null, "nothing was left to do");
        Assert.That(told, Has.Count.EqualTo(each.Length));
    }

    private sealed class ScoreReports(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }

    [Test]
    public async Task Scores_in_between_do_not_change_the_run()
    {
        using Trainer plain = SmallModel.Create(),
            scored = SmallModel.Create();
        await plain.FitAsync(SmallModel.Data(), Options with { Steps = 3 });
        await scored.FitAsync(SmallModel.Data(), Options with { Steps = 3, Validation = SmallModel.Data(4), EvaluateEvery = 1 });
        SmallModel.AssertSame(SmallModel.Snapshot(scored), SmallModel.Snapshot(plain));
    }

    [Test]
    public async Task The_last_checkpoints_are_kept_under_their_steps()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("run.safetensors");
        File.WriteAllText(path + ".tmp4711-0", "what a killed process left");
        File.WriteAllText(path + ".notes.txt", "mine");
        File.WriteAllText(path + ".backup", "mine too");
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        await trainer.FitAsync(SmallModel.Data(), Options with { Steps = 5, CheckpointPath = path, CheckpointEvery = 1, Keep = 3 });
        Assert.That(
            Directory.GetFiles(folder.Path).Select(Path.GetFileName),
            Is.EquivalentTo(
                new[]
                {
                    "run.safetensors",
                    "run-00000003.safetensors",
                    "run-00000004.safetensors",
                    "run-00000005.safetensors",
                    "run.safetensors.notes.txt",
                    "run.safetensors.backup",
                }
            )
        );
        Assert.That(CheckpointInfo.Read(folder.File("run-00000004.safetensors")).Step, Is.EqualTo(4));
        Assert.That(File.ReadAllBytes(folder.File("run-00000005.safetensors")), Is.EqualTo(File.ReadAllBytes(path)));
    }

    [Test]
    public void Options_that_do_not_go_together_are_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Refused(Options with { EvaluateEvery = 2 }, "EvaluateEvery");
            Refused(Options with { EvaluateAtEnd = true }, "EvaluateEvery");
            Refused(Options with { Validation = SmallModel.Data() }, "EvaluateEvery");
            Refused(Options with { EarlyStopping = new() }, "EarlyStopping");
            Refused(Options with { BestPath = "best" }, "BestPath");
            Refused(Options with { Keep = 0 }, "Keep");
            Refused(Options with { EarlyStopping = new() { Patience = 0 } }, "EarlyStopping.Patience");
            Refused(Options with { EarlyStopping = new() { MinImprovement = -1 } }, "EarlyStopping.MinImprovement");

            static void Refused(FitOptions options, string property) =>
                Assert.That(options.Validate, Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property));
        });

    private static EvaluationResult Result(double higher, double lower) =>
        new(
            1,
            new TaskResult(
                "seg",
                TaskKind.Segmentation,
                1,
                1,
                [new MetricValue("mIoU", higher, "%", HigherIsBetter: true, IsHeadline: true)]
            ),
            new TaskResult("depth", TaskKind.Depth, 1, 1, [new MetricValue("abs", lower, "m", HigherIsBetter: false, IsHeadline: true)])
        );
}
