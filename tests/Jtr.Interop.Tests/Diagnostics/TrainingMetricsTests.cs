using Jtr.Interop.Tests.Inference;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Diagnostics;

public sealed class TrainingMetricsTests
{
    [Test]
    public async Task A_fit_counts_its_steps_and_shows_its_losses_to_who_listens()
    {
        using MetricsListener steps = new("jtr.training.steps"),
            loss = new("jtr.training.loss"),
            step = new("jtr.training.step");
        using Trainer trainer = SmallModel.Create();
        List<(long Step, double Observed, double Loss)> seen = [];
        FitResult result = await trainer.FitAsync(
            SmallModel.Data(),
            new FitOptions
            {
                Steps = 4,
                BatchSize = 2,
                Workers = 1,
            },
            new Reports(p => seen.Add((p.Step, step.Observe(), loss.Observe() - p.Loss)))
        );
        Assert.That(steps.Sum, Is.EqualTo(4));
        Assert.That(seen[^1], Is.EqualTo((4L, 4.0, 0.0)));
        Assert.That(result.Steps, Is.EqualTo(4));
    }

    [Test]
    public async Task Runs_side_by_side_are_told_apart_by_their_names()
    {
        using MetricsListener steps = new("jtr.training.steps"),
            step = new("jtr.training.step");
        using Trainer rooms = SmallModel.Create(),
            streets = SmallModel.Create();
        FitOptions fit = new() { BatchSize = 2, Workers = 1 };
        await rooms.FitAsync(
            SmallModel.Data(),
            fit with
            {
                Name = "rooms",
                Steps = 1,
            },
            new Reports(_ =>
                streets
                    .FitAsync(SmallModel.Data(), fit with { Name = "streets", Steps = 3 }, new Reports(_ => step.Ask()))
                    .GetAwaiter()
                    .GetResult()
            )
        );
        Assert.That((steps.Of("jtr.run", "rooms").Sum(), steps.Of("jtr.run", "streets").Sum()), Is.EqualTo((1.0, 3.0)));
        Assert.That(step.Of("jtr.run", "rooms").Distinct(), Is.EqualTo(new[] { 1.0 }));
        Assert.That(step.Of("jtr.run", "streets")[^1], Is.EqualTo(3.0));
    }

    [Test]
    public async Task Gauges_have_no_value_before_and_after_a_fit()
    {
        string[] names = ["step", "loss", "loss.supervised", "loss.term", "learning_rate", "speed"];
        MetricsListener[] gauges = [.. names.Select(n => new MetricsListener($"jtr.training.{n}"))];
        try
        {
            using Trainer trainer = SmallModel.Create(),
                failing = SmallModel.Create();
            int before = Observed(),
                during = -1;
            FitOptions fit = new()
            {
                Steps = 1,
                BatchSize = 2,
                Workers = 1,
            };
            await trainer.FitAsync(SmallModel.Data(), fit, new Reports(_ => during = Observed()));
            int after = Observed();
            Assert.ThrowsAsync<TimeZoneNotFoundException>(() =>
                failing.FitAsync(SmallModel.Data(), fit, new Reports(_ => throw new TimeZoneNotFoundException()))
            );
            Assert.That((before, during, after, Observed()), Is.EqualTo((0, names.Length + 1, 0, 0)), "the method has two terms");
        }
        finally
        {
            foreach (MetricsListener gauge in gauges)
                gauge.Dispose();
        }

        int Observed()
        {
            int counted = gauges.Sum(g => g.Count);
            foreach (MetricsListener gauge in gauges)
                gauge.Ask();
            return gauges.Sum(g => g.Count) - counted;
        }
    }

    [Test]
    public async Task Of_two_fits_the_gauges_tell_the_one_that_reported_last()
    {
        using MetricsListener step = new("jtr.training.step");
        using Trainer outer = SmallModel.Create(),
            inner = SmallModel.Create();
        List<double> seen = [];
        FitOptions fit = new()
        {
            Steps = 1,
            BatchSize = 2,
            Workers = 1,
        };
        await outer.FitAsync(
            SmallModel.Data(),
            fit,
            new Reports(_ =>
            {
                seen.Add(step.Observe());
                inner
                    .FitAsync(SmallModel.Data(), fit with { Steps = 2 }, new Reports(_ => seen.Add(step.Observe())))
                    .GetAwaiter()
                    .GetResult();
                seen.Add(step.Observe());
            })
        );
        Assert.That((seen[0], seen[^2], seen[^1]), Is.EqualTo((1.0, 2.0, 1.0)));
    }

    private sealed class Reports(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
