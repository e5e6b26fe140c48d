using Jtr.Interop.Tests.Inference;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Diagnostics;

public sealed class TrainingMetricsTests
{
    [Test]
    public async Task A_fit_counts_its_steps_and_shows_its_losses_to_who_listens()
    {
        using MetricsListener steps = new("jtr.training.steps"), loss = new("jtr.training.loss"), step = new("jtr.training.step");
        using Trainer trainer = SmallModel.Create();
        FitResult result = await trainer.FitAsync(SmallModel.Data(), new FitOptions { Steps = 4, BatchSize = 2, Workers = 1 });
        Assert.That(steps.Sum, Is.EqualTo(4));
        Assert.That(step.Observe(), Is.EqualTo(4));
        Assert.That(loss.Observe(), Is.Not.Zero.And.Not.NaN);
        Assert.That(result.Steps, Is.EqualTo(4));
    }

    [Test]
    public async Task Runs_side_by_side_are_told_apart_by_their_names()
    {
        using MetricsListener steps = new("jtr.training.steps"), step = new("jtr.training.step");
        foreach ((string name, int count) in new[] { ("rooms", 2), ("streets", 3), ("rooms", 4) })
        {
            using Trainer trainer = SmallModel.Create();
            await trainer.FitAsync(SmallModel.Data(), new FitOptions { Name = name, Steps = count, BatchSize = 2, Workers = 1 });
        }
        step.Observe();
        Assert.That((steps.Of("jtr.run", "rooms").Sum(), steps.Of("jtr.run", "streets").Sum()), Is.EqualTo((6.0, 3.0)));
        Assert.That(step.Of("jtr.run", "rooms"), Is.EqualTo(new[] { 4.0 }), "the last run of that name");
        Assert.That(step.Of("jtr.run", "streets"), Is.EqualTo(new[] { 3.0 }));
    }
}
