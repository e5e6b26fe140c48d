using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class EvaluateTests
{
    private const int Pixels = SmallModel.Size * SmallModel.Size;

    [Test]
    public async Task The_scores_are_those_of_the_predictions_of_every_labelled_sample()
    {
        using Trainer trainer = SmallModel.Create();
        MemoryDataset data = SmallModel.Data(7);
        await trainer.FitAsync(data, new FitOptions { Steps = 3, Workers = 1 });
        EvaluationResult result = trainer.Evaluate(data, new EvaluateOptions { BatchSize = 1 });

        TaskMetrics[] expected = [.. data.Tasks.Select(TaskMetrics.Create)];
        float[] image = new float[3 * Pixels],
            labels = new float[2 * Pixels],
            prediction = new float[5 * Pixels];
        for (int i = 0; i < data.Count; i++)
        {
            SampleBuffer sample = new(data.Tasks, SmallModel.Size, SmallModel.Size, image, labels);
            TaskMask labeled = data.Read(i, data.Tasks.All, sample);
            trainer.Predict(image, 1, SmallModel.Size, SmallModel.Size, prediction);
            if (labeled[0])
                expected[0].Update(prediction.AsSpan(0, 4 * Pixels), sample.Label(0));
            if (labeled[1])
                expected[1].Update(prediction.AsSpan(4 * Pixels), sample.Label(1));
        }
        Assert.That(result.Samples, Is.EqualTo(7));
        Assert.That(result["seg"].Samples, Is.EqualTo(4), "samples 0, 2, 4, 6");
        Assert.That(result["depth"].Samples, Is.EqualTo(3), "samples 1, 3, 5");
        Assert.That(result.ToJson(), Is.EqualTo(EvaluationResult.From(7, expected).ToJson()));
    }

    [Test]
    public void Each_domain_has_scores_of_its_own()
    {
        using Trainer trainer = SmallModel.Create();
        MemoryDataset day = SmallModel.Data(3),
            night = SmallModel.Data(4);
        EvaluationResult joined = trainer.Evaluate(new JoinedDataset(new JoinedSource("day", day), new JoinedSource("night", night)));
        EvaluationResult alone = trainer.Evaluate(night);
        Assert.That(joined.Domains.Select(d => (d.Domain, d.Scores.Samples)), Is.EqualTo(new[] { ("day", 3L), ("night", 4L) }));
        Assert.That(joined.Domains[1].Scores.ToJson(), Is.EqualTo(alone.ToJson()));
        Assert.That(alone.Domains, Is.Empty);
        Assert.That(EvaluationResult.FromJson(joined.ToJson()).ToJson(), Is.EqualTo(joined.ToJson()));
        IReadOnlyList<string[]> cells = joined.ToDomainCells();
        Assert.That(cells[0], Is.EqualTo(new[] { "task", "metric", "unit", "day", "night", "all" }));
        Assert.That(cells[1], Is.EqualTo(new[] { "samples", "", "", "3", "4", "7" }));
        Assert.That(cells[2][4], Is.EqualTo(MetricFormat.Value(alone["seg"].Headline)));
        // A network that knows one domain is compared by its number of samples.
        using Trainer other = SmallModel.Create(o => o with { Seed = 9 });
        foreach (
            EvaluationResult baseline in new[]
            {
                other.Evaluate(night),
                other.Evaluate(new JoinedDataset(new JoinedSource("night", night))),
            }
        )
        {
            IReadOnlyList<string[]> gap = joined.ToDomainGapCells(baseline);
            Assert.That(gap, Has.Count.EqualTo(1 + joined.Tasks.Count));
            Assert.That(gap[1][..3], Is.EqualTo(new[] { "night", "seg", joined["seg"].Headline.Name }));
            double own = alone["seg"].Headline.Value,
                theirs = baseline["seg"].Headline.Value;
            Assert.That(gap[1][4], Is.EqualTo(MetricFormat.Value(alone["seg"].Headline)));
            Assert.That(gap[1][5], Is.EqualTo(MetricFormat.Value(baseline["seg"].Headline)));
            Assert.That(gap[1][6], Is.EqualTo(MetricFormat.Delta(100 * (own - theirs) / theirs)));
        }
        Assert.That(joined.ToDomainGapCells(other.Evaluate(SmallModel.Data(5))), Is.Empty, "nobody's");
        string[] lines = joined.ToCsv().TrimEnd().Split('\n');
        Assert.That(lines[0], Does.EndWith(",headline,domain"));
        Assert.That(lines.Count(l => l.EndsWith(",night", StringComparison.Ordinal)), Is.EqualTo((lines.Length - 1) / 3));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(100)]
    public void Every_sample_is_scored_once_whatever_the_batch_size(int batchSize)
    {
        using Trainer trainer = SmallModel.Create();
        List<EvaluationProgress> reports = [];
        EvaluationResult result = trainer.Evaluate(
            SmallModel.Data(7),
            new EvaluateOptions { BatchSize = batchSize, Workers = 2 },
            new Reports(reports)
        );
        Assert.That(
            (result.Samples, result["seg"].Samples, result["depth"].ValidCount),
            Is.EqualTo((7L, 4L, trainer.Evaluate(SmallModel.Data(7))["depth"].ValidCount))
        );
        Assert.That(reports, Has.Count.EqualTo((7 + batchSize - 1) / batchSize));
        Assert.That(reports[^1], Is.EqualTo(new EvaluationProgress(7, 7)));
    }

    [Test]
    public void An_evaluation_changes_nothing_and_can_be_cancelled()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        trainer.Evaluate(SmallModel.Data());
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), before);
        Assert.That(
            () => trainer.Evaluate(SmallModel.Data(), cancellationToken: new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(() => trainer.Step(batch), Throws.Nothing);
    }

    private sealed class Reports(List<EvaluationProgress> list) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => list.Add(value);
    }
}
