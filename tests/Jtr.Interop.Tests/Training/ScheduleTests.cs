using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class ScheduleTests
{
    private static readonly AdamOptions[] _schedules =
    [
        new()
        {
            LearningRate = 1e-3,
            Schedule = LearningRateSchedule.Constant,
            DecaySteps = 2,
        },
        new()
        {
            LearningRate = 1e-3,
            DecaySteps = 2,
            DecayFactor = 0.3,
            WarmupSteps = 3,
        },
        new()
        {
            LearningRate = 1e-3,
            Schedule = LearningRateSchedule.Cosine,
            DecaySteps = 6,
            WarmupSteps = 2,
            FinalFactor = 0.1,
        },
    ];

    [TestCaseSource(nameof(_schedules))]
    public void The_rate_that_a_step_uses_is_the_one_that_the_options_tell(AdamOptions schedule)
    {
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised", Optimizer = schedule });
        using Batch batch = SmallModel.CreateBatch();
        for (int step = 0; step < 8; step++)
            // The same formula in two languages, whose powers and cosines may round differently.
            Assert.That(trainer.Step(batch).LearningRate, Is.EqualTo(schedule.RateAt(step)).Within(1e-14).Percent, $"step {step}");
    }

    [Test]
    public void A_cosine_falls_and_ends_at_its_last_factor()
    {
        AdamOptions cosine = new()
        {
            LearningRate = 2,
            Schedule = LearningRateSchedule.Cosine,
            DecaySteps = 100,
            FinalFactor = 0.25,
        };
        Assert.That(Enumerable.Range(0, 101).Select(s => cosine.RateAt(s)), Is.Ordered.Descending);
        Assert.That((cosine.RateAt(0), cosine.RateAt(100), cosine.RateAt(5000)), Is.EqualTo((2.0, 0.5, 0.5)));
    }

    [Test]
    public void Schedules_that_cannot_be_are_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Refused(new() { Schedule = (LearningRateSchedule)9 }, "Optimizer.Schedule");
            Refused(new() { WarmupSteps = -1 }, "Optimizer.WarmupSteps");
            Refused(new() { Schedule = LearningRateSchedule.Cosine }, "Optimizer.DecaySteps");
            Refused(
                new()
                {
                    Schedule = LearningRateSchedule.Cosine,
                    DecaySteps = 10,
                    WarmupSteps = 10,
                },
                "Optimizer.DecaySteps"
            );
            Refused(new() { FinalFactor = 1.5 }, "Optimizer.FinalFactor");

            static void Refused(AdamOptions options, string property) =>
                Assert.That(
                    () => new Trainer(SmallModel.Options with { Optimizer = options }),
                    Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property)
                );
        });

    [Test]
    public void A_loaded_trainer_may_go_on_with_another_schedule_and_keeps_its_moments()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a.safetensors");
        using Batch batch = SmallModel.CreateBatch();
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        trainer.Step(batch);
        trainer.Save(path);
        using Trainer slower = Trainer.Load(path, new LoadOptions { Optimizer = trainer.Options.Optimizer with { LearningRate = 1e-5 } });
        Assert.That(slower.Step(batch).LearningRate, Is.EqualTo(1e-5));
        Assert.That(slower.Options.Optimizer.LearningRate, Is.EqualTo(1e-5));
    }
}
