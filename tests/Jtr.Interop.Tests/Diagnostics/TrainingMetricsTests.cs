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
}
