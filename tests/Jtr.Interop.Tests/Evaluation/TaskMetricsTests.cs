using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

public sealed class TaskMetricsTests
{
    // Sums of some thousand terms in double, in another order than the reference's: rounding stays below 1e-12 of the value.
    private const double Rounding = 1e-10;

    private static readonly VisionTask[] _tasks =
    [
        new SegmentationTask("segmentation", 7),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("edges"),
        new MapTask("flow", 2),
    ];

    [TestCaseSource(nameof(_tasks))]
    public void Scores_agree_with_a_plain_second_computation(VisionTask task)
    {
        RandomSamples data = RandomSamples.Make(task, count: 5, seed: 3);
        TaskMetrics metrics = Feed(data.Samples, task);
        Dictionary<string, double> expected = PlainMetrics.Compute(task, data.Samples);

        Assert.That(metrics.Compute().Select(v => v.Name), Is.EquivalentTo(expected.Keys));
        foreach (MetricValue value in metrics.Compute())
        {
            double tolerance =
                value.Name == "median angle" ? NormalsMetrics.MedianResolution / 2 + Rounding : Rounding * Math.Abs(expected[value.Name]);
            // acos in the reference loses digits near 0 and 180 degrees, up to 1e-6 degrees at the float spacing of the vectors.
            if (value.Unit == "deg")
                tolerance += 1e-5;
            Assert.That(value.Value, Is.EqualTo(expected[value.Name]).Within(tolerance), value.Name);
        }
    }

    [TestCaseSource(nameof(_tasks))]
    public void Merging_two_halves_equals_one_pass(VisionTask task)
    {
        RandomSamples data = RandomSamples.Make(task, count: 6, seed: 4);
        TaskMetrics whole = Feed(data.Samples, task);
        TaskMetrics merged = Feed(data.Samples.Take(2), task);
        merged.Merge(Feed(data.Samples.Skip(2), task));

        Assert.That(merged.Samples, Is.EqualTo(whole.Samples));
        Assert.That(merged.ValidCount, Is.EqualTo(whole.ValidCount));
        for (int i = 0; i < whole.Compute().Count; i++)
            Assert.That(merged.Compute()[i].Value, Is.EqualTo(whole.Compute()[i].Value).Within(Rounding).Percent, whole.Compute()[i].Name);
    }

    [TestCaseSource(nameof(_tasks))]
    public void A_task_without_any_valid_pixel_scores_nan(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        Assert.That(metrics.Compute().Select(v => v.Value), Has.All.NaN);

        float[] label = new float[task.LabelChannels * 6];
        Array.Fill(label, task.InvalidLabel);
        metrics.Update(new float[task.Channels * 6], label);
        Assert.That(metrics.Compute().Select(v => v.Value), Has.All.NaN);
        Assert.That(metrics.Samples, Is.EqualTo(1));
        Assert.That(metrics.ValidCount, Is.Zero);
    }

    [TestCaseSource(nameof(_tasks))]
    public void Pixels_without_a_label_change_nothing(VisionTask task)
    {
        RandomSamples data = RandomSamples.Make(task, count: 1, seed: 5);
        (float[] prediction, float[] label) = data.Samples[0];
        TaskMetrics before = Feed(data.Samples, task);
        float[] other = [.. prediction];
        int changed = 0;
        for (int i = 0; i < RandomSamples.Pixels; i++)
        {
            // Whether a pixel is void can be read off its first channel: all channels of a pixel are void together here.
            if (!label[i].Equals(task.InvalidLabel))
                continue;
            changed++;
            for (int c = 0; c < task.Channels; c++)
                other[c * RandomSamples.Pixels + i] = 100 * (c + 1);
        }
        TaskMetrics after = Feed([(other, label)], task);

        Assert.That(changed, Is.GreaterThan(0));
        Assert.That(after.Compute(), Is.EqualTo(before.Compute()));
    }

    [TestCaseSource(nameof(_tasks))]
    public void Every_task_has_one_headline_and_it_comes_first(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        Assert.That(
            metrics.Compute().Select(v => v.IsHeadline),
            Is.EqualTo(Enumerable.Range(0, metrics.Compute().Count).Select(i => i == 0))
        );
        Assert.That(
            metrics.Compute()[0].Name,
            Is.EqualTo(
                task switch
                {
                    SegmentationTask => "mIoU",
                    DepthTask => "absolute error",
                    NormalsTask => "mean angle",
                    _ => "L1",
                }
            )
        );
    }

    [TestCaseSource(nameof(_tasks))]
    public void An_update_allocates_nothing(VisionTask task)
    {
        RandomSamples data = RandomSamples.Make(task, count: 2, seed: 6);
        TaskMetrics metrics = Feed(data.Samples, task);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
            metrics.Update(data.Samples[0].Prediction, data.Samples[0].Label);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [TestCaseSource(nameof(_tasks))]
    public void A_wrong_size_is_named(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        float[] label = new float[task.LabelChannels * 4];
        Assert.That(
            () => metrics.Update(new float[task.Channels * 4 + 1], label),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("prediction").And.Message.Contains(task.Name)
        );
        Assert.That(() => metrics.Update([], []), Throws.ArgumentException.With.Property("ParamName").EqualTo("label"));
        if (task.LabelChannels > 1)
            Assert.That(
                () => metrics.Update(new float[task.Channels], new float[task.LabelChannels + 1]),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("label")
            );
    }

    [TestCaseSource(nameof(_tasks))]
    public void A_prediction_that_is_not_finite_is_a_non_finite_failure_of_its_task_and_nothing_is_counted(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity })
        {
            float[] prediction = new float[task.Channels * 4];
            prediction[^1] = bad;
            float[] label = new float[task.LabelChannels * 4];
            Array.Fill(label, 1f);
            Assert.That(
                () => metrics.Update(prediction, label),
                Throws
                    .TypeOf<JtrNonFiniteException>()
                    .With.Property("Term")
                    .EqualTo($"prediction.{task.Name}")
                    .And.Message.Contains($"channel {task.Channels - 1}, pixel 3 is {(float.IsNaN(bad) ? "NaN" : "Infinity")}")
            );
        }
        Assert.That((metrics.Samples, metrics.ValidCount), Is.EqualTo((0L, 0L)));
    }

    [TestCase(-2f)]
    [TestCase(7f)]
    [TestCase(1.5f)]
    [TestCase(float.NaN)]
    public void A_class_id_out_of_range_is_refused(float id) => Refuses(new SegmentationTask("rooms", 7), id);

    [TestCase(-1f)]
    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void A_depth_below_zero_or_not_finite_is_refused(float depth) => Refuses(new DepthTask("rooms"), depth);

    [Test]
    public void A_normal_that_is_not_finite_is_refused() => Refuses(new NormalsTask("rooms"), float.NaN);

    [Test]
    public void An_infinite_map_value_is_refused() => Refuses(new MapTask("rooms"), float.NegativeInfinity);

    [Test]
    public void Only_metrics_of_the_same_task_merge()
    {
        TaskMetrics metrics = TaskMetrics.Create(new SegmentationTask("a", 3));
        Assert.That(() => metrics.Merge(TaskMetrics.Create(new SegmentationTask("a", 4))), Throws.ArgumentException);
        Assert.That(() => metrics.Merge(TaskMetrics.Create(new DepthTask("a"))), Throws.ArgumentException);
        Assert.That(() => metrics.Merge(metrics), Throws.ArgumentException);
    }

    private static TaskMetrics Feed(IEnumerable<(float[] Prediction, float[] Label)> samples, VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        foreach ((float[] prediction, float[] label) in samples)
            metrics.Update(prediction, label);
        return metrics;
    }

    private static void Refuses(VisionTask task, float value)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        float[] label = new float[task.LabelChannels * 4];
        label[^2] = value;
        Assert.That(
            () => metrics.Update(new float[task.Channels * 4], label),
            Throws
                .ArgumentException.With.Property("ParamName")
                .EqualTo("label")
                .And.Message.Contains("'rooms'")
                .And.Message.Contains("pixel 2")
        );
        Assert.That(metrics.ValidCount, Is.Zero);
    }
}
