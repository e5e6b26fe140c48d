using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>Scores of classes, tags and values of whole photographs: by hand, and by formulas of another form.</summary>
public sealed class ImageTaskMetricsTests
{
    private const double Rounding = 1e-9;

    private static readonly VisionTask[] _tasks =
    [
        new ClassificationTask("room", 3),
        new ClassificationTask("kind", 9),
        new TagsTask("tags", 7),
        new RegressionTask("age") { Unit = "years" },
        new RegressionTask("pose", 3),
    ];

    [Test]
    public void Accuracy_top_five_and_f1_of_six_classes_by_hand()
    {
        ClassificationMetrics metrics = new(new ClassificationTask("room", 6));
        metrics.Update([5, 4, 3, 2, 1, 0], [0]); // right
        metrics.Update([5, 4, 3, 2, 1, 0], [1]); // second
        metrics.Update([5, 4, 3, 2, 1, 0], [5]); // sixth: not among five
        metrics.Update([0, 0, 0, 0, 0, 0], [0]); // equal ones: the lowest id wins
        metrics.Update([0, 0, 0, 0, 0, 0], [5]); // and so the sixth is sixth
        metrics.Update([0, 9, 0, 0, 0, 0], [-1]); // no label
        Assert.That((metrics.Samples, metrics.ValidCount), Is.EqualTo((6L, 5L)));
        Assert.That(Score(metrics, "accuracy"), Is.EqualTo(40));
        Assert.That(Score(metrics, "top-5"), Is.EqualTo(60));
        // Class 0: 2 right, 2 labelled, 5 predicted: 4 / 7. Classes 1 and 5: labelled, never right. The others do not occur.
        Assert.That(Score(metrics, "macro F1"), Is.EqualTo(100 * (4.0 / 7) / 3).Within(Rounding));
        Assert.That(metrics.ClassScoreName, Is.EqualTo("F1"));
        Assert.That(metrics.ComputeClassScores()[0], Is.EqualTo(new ClassScore("class 0", 100 * 4.0 / 7)));
        Assert.That(metrics.ComputeClassScores()[1].Value, Is.Zero);
        Assert.That(metrics.ComputeClassScores()[2].Value, Is.NaN);
        Assert.That(metrics.CopyConfusion()![5][0], Is.EqualTo(2));
        Assert.That(metrics.Compute()[0].Name, Is.EqualTo("accuracy"));
    }

    [Test]
    public void Five_classes_have_no_top_five() =>
        Assert.That(
            TaskMetrics.Create(new ClassificationTask("room", 5)).Compute().Select(v => v.Name),
            Is.EqualTo(new[] { "accuracy", "macro F1" })
        );

    [Test]
    public void Average_precision_by_hand()
    {
        // The example of scikit-learn's documentation: labels 0 0 1 1, scores 0.1 0.4 0.35 0.8: 0.83.
        TagMetrics metrics = new(new TagsTask("tags", 1));
        metrics.Update([0.1f], [0]);
        metrics.Update([0.4f], [0]);
        metrics.Update([0.35f], [1]);
        metrics.Update([0.8f], [1]);
        Assert.That(metrics.AveragePrecision(0), Is.EqualTo(100 * (1 + 2.0 / 3) / 2).Within(Rounding));
    }

    [Test]
    public void Photographs_of_equal_score_are_taken_together_whatever_their_order()
    {
        foreach (float[] labels in new[] { new float[] { 1, 0, 1, 0 }, [0, 0, 1, 1], [1, 1, 0, 0] })
        {
            TagMetrics metrics = new(new TagsTask("tags", 1));
            foreach (float label in labels)
                metrics.Update([2], [label]);
            Assert.That(metrics.AveragePrecision(0), Is.EqualTo(50));
        }
    }

    [Test]
    public void Map_leaves_out_tags_that_no_label_has_and_labels_that_are_not_known()
    {
        TagMetrics metrics = new(new TagsTask("tags", 3, ["hat", "coat", "cape"]));
        metrics.Update([3, -1, 5], [1, 1, 0]);
        metrics.Update([2, 1, 5], [0, float.NaN, 0]);
        metrics.Update([1, 2, -5], [1, 0, float.NaN]);
        // hat: ranks 1 and 3: (1 + 2 / 3) / 2; coat: rank 2 of 2: 1 / 2; cape: no label has it.
        double hat = 100 * (1 + 2.0 / 3) / 2;
        Assert.That(metrics.AveragePrecision(0), Is.EqualTo(hat).Within(Rounding));
        Assert.That(metrics.AveragePrecision(1), Is.EqualTo(50));
        Assert.That(metrics.AveragePrecision(2), Is.NaN);
        Assert.That(Score(metrics, "mAP"), Is.EqualTo((hat + 50) / 2).Within(Rounding));
        Assert.That(metrics.ValidCount, Is.EqualTo(7));
        // Above 0: hat 3 times, of which 2 are right of 2; coat once, wrong, 1 missed; cape twice, wrong.
        Assert.That(metrics.TagF1(0), Is.EqualTo(80));
        Assert.That(metrics.TagF1(1), Is.Zero);
        Assert.That(metrics.TagF1(2), Is.Zero);
        Assert.That(Score(metrics, "F1"), Is.EqualTo(100.0 * 4 / 9).Within(Rounding));
        Assert.That(Score(metrics, "macro F1"), Is.EqualTo(80.0 / 3).Within(Rounding));
        Assert.That(metrics.ComputeClassScores().Select(s => s.Name), Is.EqualTo(new[] { "hat", "coat", "cape" }));
        Assert.That(metrics.ClassScoreName, Is.EqualTo("AP"));
    }

    [Test]
    public void Average_precision_agrees_with_a_walk_over_all_thresholds()
    {
        Random random = new(5);
        List<(float Score, bool Has)> pairs = [];
        TagMetrics metrics = new(new TagsTask("tags", 1));
        for (int i = 0; i < 400; i++)
        {
            // Few different scores, so that many are equal.
            (float score, bool has) = (random.Next(-20, 20) / 4f, random.NextDouble() < 0.2);
            pairs.Add((score, has));
            metrics.Update([score], [has ? 1 : 0]);
        }
        double sum = 0,
            recall = 0;
        foreach (float threshold in pairs.Select(p => p.Score).Distinct().OrderDescending())
        {
            double right = pairs.Count(p => p.Has && p.Score >= threshold),
                all = pairs.Count(p => p.Score >= threshold),
                reached = right / pairs.Count(p => p.Has);
            sum += (reached - recall) * right / all;
            recall = reached;
        }
        Assert.That(metrics.MeanAveragePrecision(), Is.EqualTo(100 * sum).Within(Rounding));
    }

    [Test]
    public void Errors_of_one_value_by_hand()
    {
        RegressionMetrics metrics = new(new RegressionTask("age") { Unit = "years" });
        metrics.Update([1], [2]);
        metrics.Update([7], [4]);
        metrics.Update([6], [6]);
        metrics.Update([100], [float.NaN]);
        // Errors 1, 3, 0; labels 2, 4, 6 with the mean 4.
        Assert.That(metrics.Compute()[0], Is.EqualTo(new MetricValue("MAE", 4.0 / 3, "years", HigherIsBetter: false, IsHeadline: true)));
        Assert.That(Score(metrics, "RMSE"), Is.EqualTo(Math.Sqrt(10.0 / 3)).Within(Rounding));
        Assert.That(Score(metrics, "R2"), Is.EqualTo(1 - 10.0 / 8).Within(Rounding));
        Assert.That((metrics.Samples, metrics.ValidCount), Is.EqualTo((4L, 3L)));
    }

    [Test]
    public void Values_of_one_task_count_alike_however_many_labels_they_have()
    {
        RegressionMetrics metrics = new(new RegressionTask("pose", 2, ["yaw", "pitch"]) { Unit = "deg" });
        metrics.Update([1, 10], [0, 13]);
        metrics.Update([0, 10], [3, float.NaN]);
        // yaw: errors 1 and 3; pitch: error 3, and its one label does not vary.
        Assert.That(Score(metrics, "MAE"), Is.EqualTo((2 + 3) / 2.0));
        Assert.That(Score(metrics, "RMSE"), Is.EqualTo((Math.Sqrt(5) + 3) / 2).Within(Rounding));
        Assert.That(Score(metrics, "R2"), Is.EqualTo(1 - 10 / 4.5).Within(Rounding));
        Assert.That((Score(metrics, "MAE yaw"), Score(metrics, "MAE pitch")), Is.EqualTo((2.0, 3.0)));
    }

    [Test]
    public void R2_keeps_its_digits_far_from_zero()
    {
        RegressionMetrics metrics = new(new RegressionTask("year"));
        double[] labels = [.. Enumerable.Range(0, 1000).Select(i => 1_000_000.0 + i % 7)];
        foreach (double label in labels)
            metrics.Update([1_000_003], [(float)label]);
        double mean = labels.Average();
        double expected = 1 - labels.Sum(y => (y - 1_000_003) * (y - 1_000_003)) / labels.Sum(y => (y - mean) * (y - mean));
        Assert.That(metrics.R2(), Is.EqualTo(expected).Within(1e-9));
    }

    [TestCaseSource(nameof(_tasks))]
    public void Merging_two_parts_equals_one_pass(VisionTask task)
    {
        (float[] Prediction, float[] Label)[] samples = Random(task, 40, seed: 7);
        TaskMetrics whole = Feed(task, samples),
            merged = Feed(task, samples[..11]);
        merged.Merge(Feed(task, samples[11..]));
        Assert.That(merged.Samples, Is.EqualTo(40));
        Assert.That(merged.ValidCount, Is.EqualTo(whole.ValidCount));
        for (int i = 0; i < whole.Compute().Count; i++)
            Assert.That(merged.Compute()[i].Value, Is.EqualTo(whole.Compute()[i].Value).Within(Rounding), whole.Compute()[i].Name);
        Assert.That(merged.ComputeClassScores(), Is.EqualTo(whole.ComputeClassScores()));
        TaskMetrics empty = TaskMetrics.Create(task);
        empty.Merge(whole);
        Assert.That(empty.Compute(), Is.EqualTo(whole.Compute()));
    }

    [TestCaseSource(nameof(_tasks))]
    public void Without_labels_scores_are_nan_and_one_is_the_headline(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        float[] label = new float[task.LabelChannels];
        Array.Fill(label, task.InvalidLabel);
        metrics.Update(new float[task.Channels], label, 32, 64);
        Assert.That(metrics.Compute().Select(v => v.Value), Has.All.NaN);
        Assert.That((metrics.Samples, metrics.ValidCount), Is.EqualTo((1L, 0L)));
        Assert.That(metrics.Compute().Count(v => v.IsHeadline), Is.EqualTo(1));
        Assert.That(metrics.Compute()[0].IsHeadline);
    }

    [TestCaseSource(nameof(_tasks))]
    public void Results_come_back_from_json_as_they_were(VisionTask task)
    {
        EvaluationResult result = EvaluationResult.From(40, [Feed(task, Random(task, 40, seed: 9))]);
        EvaluationResult back = EvaluationResult.FromJson(result.ToJson());
        TaskResult one = back[task.Name],
            before = result[task.Name];
        Assert.That(one.Kind, Is.EqualTo(task.Kind));
        Assert.That(one.Metrics, Is.EqualTo(before.Metrics));
        Assert.That(one.Classes, Is.EqualTo(before.Classes));
        Assert.That(one.ClassScoreName, Is.EqualTo(before.ClassScoreName));
        Assert.That(one.Confusion, Is.EqualTo(before.Confusion));
        Assert.That(result.ToJson(), Does.Contain($"\"name\": \"{before.Headline.Name}\""));
        ResultsTable table = new("all");
        table.Add("all", back);
        Assert.That(table.ToString(), Does.Contain($"{task.Name} {before.Headline.Name}"));
        if (before.Classes.Count > 0)
            Assert.That(result.ToCsv(), Does.Contain($"\n{task.Name},{task.Kind.Word},{before.ClassScoreName} {before.Classes[1].Name},"));
    }

    [Test]
    public void Class_scores_of_segmentation_stay_iou_in_json_and_others_are_refused()
    {
        TaskResult result = new(
            "seg",
            TaskKind.Segmentation,
            1,
            1,
            [new("mIoU", 1, "%", true, true)],
            [new("a", 50), new("b", double.NaN)]
        );
        string json = new EvaluationResult(1, result).ToJson();
        Assert.That(json, Does.Contain("\"iou\": 50").And.Contain("\"iou\": null").And.Not.Contain("classScore"));
        Assert.That(EvaluationResult.FromJson(json)["seg"].Classes, Is.EqualTo(result.Classes));
        Assert.That(
            () => EvaluationResult.FromJson(json.Replace("\"iou\": 50", "\"dice\": 50", StringComparison.Ordinal)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("'a' has not one score")
        );
        Assert.That(
            () => EvaluationResult.FromJson(json.Replace("\"iou\": 50", "\"iou\": \"50\"", StringComparison.Ordinal)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("'a' is no number")
        );
    }

    [TestCaseSource(nameof(_tasks))]
    public void A_wrong_size_is_named(VisionTask task)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        Assert.That(
            () => metrics.Update(new float[2 * task.Channels], new float[2 * task.LabelChannels]),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("label").And.Message.Contains(task.Name)
        );
        Assert.That(
            () => metrics.Update(new float[task.Channels + 1], new float[task.LabelChannels]),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("prediction")
        );
        float[] bad = new float[task.Channels];
        bad[^1] = float.NaN;
        Assert.That(
            () => metrics.Update(bad, new float[task.LabelChannels]),
            Throws.TypeOf<JtrNonFiniteException>().With.Message.Contains($"channel {task.Channels - 1} is NaN")
        );
        Assert.That(metrics.Samples, Is.Zero);
    }

    [TestCase(-2f)]
    [TestCase(3f)]
    [TestCase(0.5f)]
    [TestCase(float.NaN)]
    public void A_class_id_out_of_range_is_refused(float id) => Refuses(new ClassificationTask("room", 3), [id], "0 to 2");

    [TestCase(0.5f)]
    [TestCase(-1f)]
    [TestCase(float.PositiveInfinity)]
    public void A_tag_is_one_or_zero(float label) => Refuses(new TagsTask("tags", 2, ["hat", "coat"]), [1, label], "tag 1 ('coat')");

    [Test]
    public void A_value_is_finite() =>
        Refuses(new RegressionTask("pose", 2, ["yaw", "pitch"]), [1, float.NegativeInfinity], "value 1 ('pitch')");

    private static void Refuses(VisionTask task, float[] label, string text)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        Assert.That(
            () => metrics.Update(new float[task.Channels], label),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("label").And.Message.Contains(text)
        );
        Assert.That((metrics.Samples, metrics.ValidCount), Is.EqualTo((0L, 0L)));
    }

    private static double Score(TaskMetrics metrics, string name) => metrics.Compute().Single(v => v.Name == name).Value;

    private static TaskMetrics Feed(VisionTask task, IEnumerable<(float[] Prediction, float[] Label)> samples)
    {
        TaskMetrics metrics = TaskMetrics.Create(task);
        foreach ((float[] prediction, float[] label) in samples)
            metrics.Update(prediction, label, 32, 64);
        return metrics;
    }

    private static (float[] Prediction, float[] Label)[] Random(VisionTask task, int count, int seed)
    {
        Random random = new(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                    (
                        (float[])[.. Enumerable.Range(0, task.Channels).Select(_ => random.Next(-8, 9) / 4f)],
                        (float[])
                            [
                                .. Enumerable
                                    .Range(0, task.LabelChannels)
                                    .Select(_ =>
                                        random.NextDouble() < 0.2
                                            ? task.InvalidLabel
                                            : task switch
                                            {
                                                ClassificationTask => random.Next(task.Channels),
                                                TagsTask => random.Next(2),
                                                _ => 100 * random.NextSingle(),
                                            }
                                    ),
                            ]
                    )
                ),
        ];
    }
}
