using Jtr.Interop.Evaluation;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Evaluation;

/// <summary>Cases small enough to work out on paper.</summary>
public sealed class HandWorkedMetricsTests
{
    // The expected values are short sums of exact binary fractions or single divisions: only the last bits may differ.
    private const double LastBits = 1e-12;

    [Test]
    public void Mean_iou_leaves_out_classes_that_neither_side_has()
    {
        ConfusionMatrix matrix = new(new SegmentationTask("segmentation", 4));
        // Labels 0 0 1 1 void; predicted 0 1 1 1 3. Class 0: 1 of 2, class 1: 2 of 3. Class 3 is predicted at the void pixel only.
        matrix.Update(OneHot(4, 0, 1, 1, 1, 3), [0, 0, 1, 1, -1]);

        Assert.That(matrix.ClassIou(0), Is.EqualTo(50).Within(LastBits));
        Assert.That(matrix.ClassIou(1), Is.EqualTo(200.0 / 3).Within(LastBits));
        Assert.That(matrix.ClassIou(2), Is.NaN);
        Assert.That(matrix.ClassIou(3), Is.NaN);
        Assert.That(matrix.MeanIou(), Is.EqualTo((50 + 200.0 / 3) / 2).Within(LastBits));
        Assert.That(matrix.PixelAccuracy, Is.EqualTo(75).Within(LastBits));
        Assert.That(matrix[0, 1], Is.EqualTo(1));
        Assert.That(matrix.ValidCount, Is.EqualTo(4));
    }

    [Test]
    public void A_class_that_is_only_predicted_counts_with_zero()
    {
        ConfusionMatrix matrix = new(new SegmentationTask("segmentation", 3));
        matrix.Update(OneHot(3, 0, 2), [0, 0]);
        Assert.That(matrix.ClassIou(2), Is.Zero);
        Assert.That(matrix.MeanIou(), Is.EqualTo(25).Within(LastBits), "class 0 has 1 of 2, class 2 has 0 of 1, class 1 is absent");
    }

    [Test]
    public void Among_equal_logits_the_lowest_class_wins()
    {
        ConfusionMatrix matrix = new(new SegmentationTask("segmentation", 3));
        matrix.Update([5, 5, 5], [0]);
        Assert.That(matrix[0, 0], Is.EqualTo(1));
    }

    [Test]
    public void Mean_iou_comes_from_one_matrix_not_from_a_mean_over_samples()
    {
        ConfusionMatrix matrix = new(new SegmentationTask("segmentation", 2));
        matrix.Update(OneHot(2, 0, 0, 0), [0, 0, 0]);
        matrix.Update(OneHot(2, 0), [1]);
        Assert.That(matrix.MeanIou(), Is.EqualTo((75 + 0) / 2.0).Within(LastBits), "the mean over samples would be 50");
    }

    [Test]
    public void Depth_errors_of_three_pixels()
    {
        DepthMetrics depth = new(new DepthTask());
        depth.Update([1.5f, 2f, 9f, 3f], [1f, 4f, 0f, 3f]);

        Assert.That(depth.ValidCount, Is.EqualTo(3));
        Assert.That(depth.AbsoluteError, Is.EqualTo(2.5 / 3).Within(LastBits));
        Assert.That(depth.RelativeError, Is.EqualTo(1.0 / 3).Within(LastBits));
        Assert.That(depth.RootMeanSquareError, Is.EqualTo(Math.Sqrt(4.25 / 3)).Within(LastBits));
        // Ratios 1.5, 2 and 1 against 1.25, 1.5625 and 1.953125.
        Assert.That(depth.PercentWithin(1), Is.EqualTo(100.0 / 3).Within(LastBits));
        Assert.That(depth.PercentWithin(2), Is.EqualTo(200.0 / 3).Within(LastBits));
        Assert.That(depth.PercentWithin(3), Is.EqualTo(200.0 / 3).Within(LastBits));
        Assert.That(() => depth.PercentWithin(4), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_depth_prediction_of_zero_or_less_is_never_within()
    {
        DepthMetrics depth = new(new DepthTask());
        depth.Update([0f, -1f], [1f, 1f]);
        Assert.That(depth.PercentWithin(3), Is.Zero);
    }

    [Test]
    public void Angles_of_four_normals()
    {
        NormalsMetrics normals = new(new NormalsTask());
        // 0, 90 and 20 degrees, and one without a label. Channels are planes: x of all pixels, then y, then z.
        float c = MathF.Cos(MathF.PI / 9),
            s = MathF.Sin(MathF.PI / 9);
        normals.Update(
            [
                0,
                1,
                s,
                1, /**/
                0,
                0,
                0,
                0, /**/
                1,
                0,
                c,
                0,
            ],
            [
                0,
                0,
                0,
                0, /**/
                0,
                0,
                0,
                0, /**/
                1,
                1,
                1,
                0,
            ]
        );

        // The sine and cosine are rounded to float: 2e-6 degrees.
        Assert.That(normals.ValidCount, Is.EqualTo(3));
        Assert.That(normals.MeanAngle, Is.EqualTo(110.0 / 3).Within(1e-5));
        Assert.That(normals.MedianAngle(), Is.EqualTo(20).Within(NormalsMetrics.MedianResolution / 2 + 1e-5));
        Assert.That(normals.RootMeanSquareAngle, Is.EqualTo(Math.Sqrt((8100 + 400) / 3.0)).Within(1e-5));
        Assert.That(normals.PercentWithin11, Is.EqualTo(100.0 / 3).Within(LastBits));
        Assert.That(normals.PercentWithin22, Is.EqualTo(200.0 / 3).Within(LastBits));
        Assert.That(normals.PercentWithin30, Is.EqualTo(200.0 / 3).Within(LastBits));
    }

    [Test]
    public void The_median_of_an_even_number_of_angles_lies_between_the_middle_two()
    {
        NormalsMetrics normals = new(new NormalsTask());
        normals.Update(
            [
                0,
                1, /**/
                0,
                0, /**/
                1,
                0,
            ],
            [
                0,
                0, /**/
                0,
                0, /**/
                1,
                1,
            ]
        );
        Assert.That(normals.MedianAngle(), Is.EqualTo(45).Within(NormalsMetrics.MedianResolution / 2));
    }

    [Test]
    public void Opposite_normals_are_180_degrees_apart_and_a_zero_prediction_90()
    {
        NormalsMetrics opposite = new(new NormalsTask());
        opposite.Update([0, 0, -1], [0, 0, 1]);
        Assert.That(opposite.MeanAngle, Is.EqualTo(180).Within(LastBits));
        Assert.That(opposite.MedianAngle(), Is.EqualTo(180).Within(NormalsMetrics.MedianResolution / 2));

        NormalsMetrics zero = new(new NormalsTask());
        zero.Update([0, 0, 0], [0, 0, 1]);
        Assert.That(zero.MeanAngle, Is.EqualTo(90));
    }

    [Test]
    public void A_small_angle_is_exact()
    {
        NormalsMetrics normals = new(new NormalsTask());
        normals.Update([1e-5f, 0, 1], [0, 0, 1]);
        // atan(1e-5) in degrees; the arc cosine of a rounded dot product would be off by percents here.
        // The float nearest to 1e-5 is off by up to 6e-6 percent.
        Assert.That(normals.MeanAngle, Is.EqualTo(1e-5 * 180 / Math.PI).Within(1e-5).Percent);
    }

    [Test]
    public void A_map_is_scored_by_its_valid_elements()
    {
        MapMetrics map = new(new MapTask("edges"));
        map.Update([0.5f, 1f, 0f], [0.25f, float.NaN, 1f]);
        Assert.That(map.AbsoluteError, Is.EqualTo(0.625).Within(LastBits));
        Assert.That(map.ValidCount, Is.EqualTo(2));
    }

    private static float[] OneHot(int classes, params int[] ids)
    {
        float[] logits = new float[classes * ids.Length];
        for (int i = 0; i < ids.Length; i++)
            logits[ids[i] * ids.Length + i] = 1;
        return logits;
    }
}
