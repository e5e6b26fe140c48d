using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class DryRunTests
{
    private static readonly FitOptions Options = new()
    {
        Steps = 1000,
        BatchSize = 2,
        Workers = 1,
    };

    [Test]
    public void A_dry_run_tells_what_a_run_needs_and_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        DryRunResult result = DryRun.Run(
            SmallModel.Options,
            SmallModel.Data(),
            Options with
            {
                CheckpointPath = folder.File("run.safetensors"),
            },
            steps: 2
        );
        using Trainer trainer = SmallModel.Create();
        trainer.Save(folder.File("real.safetensors"));
        Assert.Multiple(() =>
        {
            Assert.That((result.NetworkParameters, result.Parameters), Is.EqualTo((trainer.NetworkParameterCount, trainer.ParameterCount)));
            Assert.That((result.MeasuredSteps, result.TotalSteps), Is.EqualTo((2, 1000L)));
            Assert.That(result.StepTime, Is.GreaterThan(result.WaitTime).And.GreaterThan(TimeSpan.Zero));
            Assert.That(result.TotalTime, Is.EqualTo(result.StepTime * 1000));
            Assert.That(result.PeakMemoryBytes, Is.GreaterThan(10_000_000), "a process with libtorch in it");
            Assert.That(result.PeakCudaMemoryBytes, Is.Null, "on the processor");
            // The header of a small network's file counts for much: names, shapes and options.
            Assert.That(
                result.CheckpointBytes,
                Is.LessThan(new FileInfo(folder.File("real.safetensors")).Length)
                    .And.GreaterThan(new FileInfo(folder.File("real.safetensors")).Length / 2)
            );
            Assert.That(File.Exists(folder.File("run.safetensors")), Is.False);
        });
        Assert.That(
            DryRun.Run(SmallModel.Options, SmallModel.Data(), Options with { Steps = null, Epochs = 3 }, steps: 1).TotalSteps,
            Is.EqualTo(15)
        );
    }

    [Test]
    public void A_search_for_a_rate_raises_it_step_by_step_and_suggests_where_the_loss_falls()
    {
        List<LearningRatePoint> seen = [];
        LearningRateSearchOptions search = new()
        {
            Lowest = 1e-5,
            Highest = 1e-1,
            Steps = 30,
        };
        LearningRateSearchResult result = LearningRateFinder.Find(
            SmallModel.Options with
            {
                Method = "supervised",
            },
            SmallModel.Data(),
            Options,
            search,
            new Points(seen)
        );
        Assert.That(result.Points, Is.EqualTo(seen));
        Assert.That(result.Points[0].Rate, Is.EqualTo(1e-5).Within(1e-10).Percent);
        double factor = Math.Pow(1e4, 1 / 29.0);
        for (int i = 1; i < result.Points.Count; i++)
            Assert.That(result.Points[i].Rate / result.Points[i - 1].Rate, Is.EqualTo(factor).Within(1e-8).Percent);
        Assert.That(result.Suggested, Is.GreaterThan(1e-5).And.LessThan(1e-1));
    }

    [Test]
    public void A_search_ends_where_the_loss_grows()
    {
        LearningRateSearchOptions search = new()
        {
            Lowest = 1e-3,
            Highest = 1e6,
            Steps = 60,
            Smoothing = 0.5,
        };
        LearningRateSearchResult result = LearningRateFinder.Find(
            SmallModel.Options with
            {
                Method = "supervised",
            },
            SmallModel.Data(),
            Options,
            search
        );
        Assert.That(result.Diverged);
        Assert.That(result.Points, Has.Count.LessThan(60));
    }

    [Test]
    public void The_suggestion_is_where_the_smoothed_loss_falls_fastest()
    {
        // A loss that falls around 1e-3 and grows above 1e-1.
        LearningRatePoint[] points =
        [
            .. Enumerable
                .Range(0, 101)
                .Select(i => Math.Pow(10, -6 + 6 * i / 100.0))
                .Select(r => (r, loss: 2 - Math.Tanh(2 * Math.Log10(r / 1e-3)) + 10 * r))
                .Select(p => new LearningRatePoint(p.r, p.loss, p.loss)),
        ];
        Assert.That(Math.Log10(LearningRateFinder.Suggest(points)!.Value), Is.EqualTo(-3).Within(0.1), "the grid of rates");
        Assert.That(
            LearningRateFinder.Suggest([.. points.Select((p, i) => p with { Smoothed = i })]),
            Is.Null,
            "a loss that grows from the start"
        );
    }

    [Test]
    public void A_search_that_cannot_be_is_refused_by_name() =>
        Assert.Multiple(() =>
        {
            Refused(new() { Lowest = 0 }, "Lowest");
            Refused(new() { Lowest = 1, Highest = 1 }, "Highest");
            Refused(new() { Steps = 9 }, "Steps");
            Refused(new() { Smoothing = 1 }, "Smoothing");
            Refused(new() { DivergenceFactor = 1 }, "DivergenceFactor");

            static void Refused(LearningRateSearchOptions search, string property) =>
                Assert.That(search.Validate, Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property));
        });

    private sealed class Points(List<LearningRatePoint> list) : IProgress<LearningRatePoint>
    {
        public void Report(LearningRatePoint value) => list.Add(value);
    }
}
