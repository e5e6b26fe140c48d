using Jtr.Interop.Datasets.Views;

namespace Jtr.Interop.Tests.Datasets.Views;

[TestFixture]
public sealed class PlaneSamplingTests
{
    private static float[] Bilinear(float[] source, int height, int width, int toHeight, int toWidth)
    {
        Assert.That(source, Has.Length.EqualTo(height * width));
        float[] result = new float[toHeight * toWidth];
        PlaneSampling.Bilinear(
            source,
            width,
            new BilinearTable(height, toHeight),
            new BilinearTable(width, toWidth),
            result,
            new float[2 * toWidth]
        );
        return result;
    }

    private static float[] Nearest(float[] source, int height, int width, int toHeight, int toWidth, float divisor = 1)
    {
        float[] result = new float[toHeight * toWidth];
        PlaneSampling.Nearest(
            source,
            width,
            PlaneSampling.NearestTable(height, toHeight),
            PlaneSampling.NearestTable(width, toWidth),
            divisor,
            result
        );
        return result;
    }

    [Test]
    public void Bilinear_enlarges_two_by_two_as_by_hand() =>
        Assert.That(Bilinear([0, 1, 2, 7], 2, 2, 3, 3), Is.EqualTo(new[] { 0f, 0.5f, 1f, 1f, 2.5f, 4f, 2f, 4.5f, 7f }));

    [TestCase(21, 43, 32, 64)]
    [TestCase(26, 53, 32, 64)]
    [TestCase(5, 9, 7, 13)]
    [TestCase(1, 1, 4, 9)]
    [TestCase(1, 17, 1, 31)]
    public void Bilinear_reproduces_a_linear_function_between_aligned_corners(int height, int width, int toHeight, int toWidth)
    {
        // What is linear stays linear: corner goes to corner and every place in between is proportional.
        float[] source = new float[height * width];
        for (int i = 0; i < source.Length; i++)
            source[i] = 1 + 2f * (i / width) - 3f * (i % width);
        float[] result = Bilinear(source, height, width, toHeight, toWidth);
        for (int i = 0; i < result.Length; i++)
        {
            double y = toHeight == 1 ? 0 : (i / toWidth) * (height - 1.0) / (toHeight - 1);
            double x = toWidth == 1 ? 0 : (i % toWidth) * (width - 1.0) / (toWidth - 1);
            // Values up to 200 in float32, whose places are rounded to 1e-7 of themselves.
            Assert.That(result[i], Is.EqualTo(1 + 2 * y - 3 * x).Within(1e-4), $"at {i / toWidth}, {i % toWidth}");
        }
    }

    [Test]
    public void Bilinear_of_the_same_size_is_a_copy()
    {
        float[] source = [.. Enumerable.Range(0, 5 * 19).Select(i => i % 7 == 3 ? float.NaN : MathF.Sin(i))];
        Assert.That(Bilinear(source, 5, 19, 5, 19), Is.EqualTo(source));
    }

    [Test]
    public void Bilinear_spreads_a_NaN_to_the_pixels_that_it_enters_only()
    {
        // 3 -> 5: places 0, 0.5, 1, 1.5, 2. The NaN at 1 enters the three in the middle.
        float[] result = Bilinear([1, float.NaN, 3], 1, 3, 1, 5);
        Assert.That(result, Is.EqualTo(new[] { 1, float.NaN, float.NaN, float.NaN, 3 }));
    }

    [Test]
    public void Nearest_takes_the_source_at_the_floor_of_the_ratio() =>
        Assert.That(PlaneSampling.NearestTable(4, 6), Is.EqualTo(new[] { 0, 0, 1, 2, 2, 3 }));

    [TestCase(80, 96)]
    [TestCase(64, 96)]
    [TestCase(26, 32)]
    [TestCase(21, 32)]
    [TestCase(192, 288)]
    public void Nearest_is_the_integer_quotient_at_the_sizes_of_crops(int input, int output) =>
        Assert.That(PlaneSampling.NearestTable(input, output), Is.EqualTo(Enumerable.Range(0, output).Select(i => i * input / output)));

    [Test]
    public void Nearest_rounds_in_float32_as_the_published_code_does()
    {
        // 22 * 26/44 is 13, but 22 * float32(26/44) is 12.999999.
        Assert.That(PlaneSampling.NearestTable(26, 44)[22], Is.EqualTo(12));
    }

    [Test]
    public void Nearest_picks_rows_and_columns_and_divides()
    {
        float[] result = Nearest([1, 2, 3, 4], 2, 2, 3, 4, 2f);
        Assert.That(result, Is.EqualTo(new[] { 0.5f, 0.5f, 1f, 1f, 0.5f, 0.5f, 1f, 1f, 1.5f, 1.5f, 2f, 2f }));
    }

    [TestCase(9)]
    [TestCase(64)]
    public void Nearest_divides_every_value_of_a_row(int width)
    {
        float[] source = [.. Enumerable.Range(0, width).Select(i => i * 1.2f)];
        Assert.That(Nearest(source, 1, width, 1, width, 1.2f), Is.EqualTo(source.Select(v => v / 1.2f)));
    }
}
