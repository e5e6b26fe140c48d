using Jtr.Interop.Datasets;
using Jtr.Interop.Npy;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
public sealed class ResamplerTests
{
    private static float[] Bilinear(float[] source, int height, int width, int channels, int toHeight, int toWidth)
    {
        using Pooled<float> resized = Resampler.Bilinear(
            height,
            width,
            channels,
            toHeight,
            toWidth,
            (row, weight, sums) =>
            {
                for (int i = 0; i < sums.Length; i++)
                    sums[i] += weight * source[row * sums.Length + i];
            }
        );
        return resized.Span.ToArray();
    }

    [Test]
    public void Halving_weighs_four_neighbours_1_3_3_1()
    {
        // A triangle of reach 2 around the middle of pixels 1 and 2 of 8: at distances 1.5, 0.5, 0.5, 1.5.
        float[] result = Bilinear([0, 8, 16, 0, 0, 80, 0, 0], 1, 8, 1, 1, 4);
        float inner1 = (8 * 1 + 16 * 3 + 0 * 3 + 0 * 1) / 8f;
        float inner2 = (0 * 1 + 0 * 3 + 80 * 3 + 0 * 1) / 8f;
        // At the border the first weight is cut off: 3, 3, 1 of 7.
        float first = (0 * 3 + 8 * 3 + 16 * 1) / 7f;
        float last = (80 * 1 + 0 * 3 + 0 * 3) / 7f;
        Assert.That(result, Is.EqualTo(new[] { first, inner1, inner2, last }).Within(1e-5));
    }

    [Test]
    public void Doubling_interpolates_between_centres() =>
        Assert.That(Bilinear([0, 4], 1, 2, 1, 1, 4), Is.EqualTo(new[] { 0f, 1f, 3f, 4f }).Within(1e-6));

    [TestCase(7, 5, 3, 9)]
    [TestCase(192, 256, 96, 128)]
    [TestCase(10, 10, 32, 32)]
    [TestCase(100, 30, 7, 64)]
    public void A_constant_stays_and_a_ramp_stays_a_ramp_inside(int height, int width, int toHeight, int toWidth)
    {
        float[] source = new float[height * width * 2];
        for (int i = 0; i < height * width; i++)
            (source[2 * i], source[2 * i + 1]) = (0.3f, 2f * (i / width) + 3f * (i % width));
        float[] result = Bilinear(source, height, width, 2, toHeight, toWidth);

        double scaleY = (double)height / toHeight;
        double scaleX = (double)width / toWidth;
        int compared = 0;
        for (int i = 0; i < toHeight * toWidth; i++)
        {
            Assert.That(result[2 * i], Is.EqualTo(0.3f).Within(1e-6));
            double y = (i / toWidth + 0.5) * scaleY;
            double x = (i % toWidth + 0.5) * scaleX;
            double reachY = Math.Max(scaleY, 1);
            double reachX = Math.Max(scaleX, 1);
            if (y < reachY || y > height - reachY || x < reachX || x > width - reachX)
                continue;
            // A symmetric triangle of whole or half steps keeps a ramp; of other steps nearly.
            double tolerance = 0.15 * (2 * reachY + 3 * reachX) * (scaleY % 0.5 == 0 && scaleX % 0.5 == 0 ? 1e-4 : 1);
            Assert.That(result[2 * i + 1], Is.EqualTo(2 * (y - 0.5) + 3 * (x - 0.5)).Within(tolerance), $"pixel {i}");
            compared++;
        }
        Assert.That(compared, Is.Positive);
    }

    [TestCase(4, 2, new[] { 1, 3 })]
    [TestCase(6, 2, new[] { 1, 4 })]
    [TestCase(2, 4, new[] { 0, 0, 1, 1 })]
    [TestCase(3, 3, new[] { 0, 1, 2 })]
    [TestCase(5, 3, new[] { 0, 2, 4 })]
    public void Nearest_picks_the_pixel_under_the_centre(int input, int output, int[] expected)
    {
        int[] from = new int[output];
        Resampler.Nearest(input, from);
        Assert.That(from, Is.EqualTo(expected));
    }
}
