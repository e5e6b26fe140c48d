using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>Metrics that users write.</summary>
public sealed class OwnMetricTests
{
    [Test]
    public void An_own_metric_sees_each_labelled_sample_once_and_stands_beside_the_others()
    {
        using Trainer trainer = SmallModel.Create();
        List<(int Predicted, int Labeled, int Height, int Width)> seen = [];
        EvaluateOptions options = new() { BatchSize = 2, Metrics = [task => task is DepthTask ? new Bias(seen.Add) : null] };
        EvaluationResult own = trainer.Evaluate(SmallModel.Data(7), options),
            plain = trainer.Evaluate(SmallModel.Data(7));
        const int Pixels = SmallModel.Size * SmallModel.Size;
        Assert.That(
            seen,
            Is.EqualTo(Enumerable.Repeat((Pixels, Pixels, SmallModel.Size, SmallModel.Size), 3)),
            "samples 1, 3 and 5 have depth"
        );
        Assert.That(own["depth"].Metrics.SkipLast(1), Is.EqualTo(plain["depth"].Metrics));
        Assert.That(own["seg"].Metrics, Is.EqualTo(plain["seg"].Metrics));
        MetricValue bias = own["depth"]["bias"];
        Assert.That((bias.Unit, bias.HigherIsBetter, bias.IsHeadline), Is.EqualTo(("m", false, false)));
        // No mean of differences is larger than the mean of their absolute values.
        Assert.That(Math.Abs(bias.Value), Is.GreaterThan(0).And.LessThanOrEqualTo(plain["depth"]["absolute error"].Value));
        Assert.That(EvaluationResult.FromJson(own.ToJson())["depth"]["bias"], Is.EqualTo(bias));
        Assert.That(own.ToCsv(), Does.Contain("\ndepth,depth,bias,").And.Contain(",m,lower,0"));
        Assert.That(own.ToTable(), Does.Contain("bias"));
    }

    [Test]
    public async Task An_own_headline_decides_about_the_best_checkpoint_and_early_stopping()
    {
        // Of seg nothing counts but the number of its evaluation: higher, so always better; or lower, so never again.
        foreach (bool higher in new[] { true, false })
        {
            int evaluation = 0;
            FitOptions options = new()
            {
                Steps = 4,
                BatchSize = 5,
                Workers = 1,
                Validation = SmallModel.Data(2),
                EvaluateEvery = 1,
                EarlyStopping = new EarlyStoppingOptions { Patience = 2 },
                Metrics = [task => task is SegmentationTask ? new Fixed("rank", Math.Pow(1000, ++evaluation), higher) : null],
            };
            using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
            List<string> headlines = [];
            FitResult fit = await trainer.FitAsync(
                SmallModel.Data(),
                options with
                {
                    Evaluated = (_, r) => headlines.Add(r["seg"].Headline.Name),
                }
            );
            Assert.That(headlines, Is.Not.Empty.And.All.EqualTo("rank"));
            Assert.That((fit.StoppedEarly, fit.Steps, trainer.Validation.BestStep), Is.EqualTo(higher ? (false, 4L, 4L) : (true, 3L, 1L)));
        }
    }

    [Test]
    public void Further_scores_replace_the_headline_and_are_refused_where_names_collide()
    {
        TaskResult result = new("seg", TaskKind.Segmentation, 3, 10, [new("mIoU", 50, "%", true, true)]);
        TaskResult more = result.With(new MetricValue("F1", 0.5, "", true, true));
        Assert.That(more.Metrics.Select(m => (m.Name, m.IsHeadline)), Is.EqualTo(new[] { ("mIoU", false), ("F1", true) }));
        Assert.That((more.Headline.Name, more.Samples, more.ValidCount), Is.EqualTo(("F1", 3L, 10L)));
        Assert.That(result.With().Headline.Name, Is.EqualTo("mIoU"));
        Assert.That(
            () => result.With(new MetricValue("mIoU", 1, "", true, false)),
            Throws.ArgumentException.With.Message.Contains("'mIoU'")
        );
        Assert.That(
            () => result.With(new MetricValue("a", 1, "", true, true), new MetricValue("b", 1, "", true, true)),
            Throws.ArgumentException.With.Message.Contains("headline")
        );
        Assert.That(() => result.With(new MetricValue("", 1, "", true, false)), Throws.ArgumentException.With.Message.Contains("no name"));
        Assert.That(
            new EvaluateOptions { Metrics = [null!] }.Validate,
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("Metrics")
        );
        Assert.That(
            new FitOptions { Steps = 1, Metrics = null! }.Validate,
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("Metrics")
        );
    }

    [Test]
    public void Built_in_metrics_are_such_metrics_too()
    {
        ITaskMetric[] metrics = [TaskMetrics.Create(new MapTask("edge")), TaskMetrics.Create(new MapTask("edge"))];
        (ITaskMetric one, ITaskMetric other) = (metrics[0], metrics[1]);
        one.Update([0.5f, 1f], [0f, float.NaN], 1, 2);
        other.Update([0.25f], [0f], 1, 1);
        one.Merge(other);
        Assert.That(one.Compute()[0].Value, Is.EqualTo((0.5 + 0.25) / 2));
        Assert.That(() => one.Update([1f], [1f], 1, 2), Throws.ArgumentException.With.Message.Contains("1 x 2"));
        Assert.That(() => one.Merge(new Fixed("edge", 1, true)), Throws.ArgumentException.With.Message.Contains("Fixed"));
    }

    /// <summary>Mean of p - y over the pixels that have a depth.</summary>
    private sealed class Bias(Action<(int, int, int, int)> seen) : ITaskMetric
    {
        private double _sum;
        private long _count;

        public IReadOnlyList<MetricValue> Compute() => [new("bias", _sum / _count, "m", HigherIsBetter: false, IsHeadline: false)];

        public void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int height, int width)
        {
            seen((prediction.Length, label.Length, height, width));
            for (int i = 0; i < label.Length; i++)
            {
                if (label[i] == 0)
                    continue;
                _sum += (double)prediction[i] - label[i];
                _count++;
            }
        }

        public void Merge(ITaskMetric other) => (_sum, _count) = (_sum + ((Bias)other)._sum, _count + ((Bias)other)._count);
    }

    private sealed class Fixed(string name, double value, bool higher) : ITaskMetric
    {
        public IReadOnlyList<MetricValue> Compute() => [new(name, value, "", higher, IsHeadline: true)];

        public void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int height, int width) { }

        public void Merge(ITaskMetric other) { }
    }
}
