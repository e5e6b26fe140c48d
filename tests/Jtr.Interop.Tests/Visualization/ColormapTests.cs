using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Visualization;

public sealed class ColormapTests
{
    // Entries 0, 128 and 255 of matplotlib's tables. The polynomial fits are right to 6 in 255.
    [TestCase(0.0, 68, 1, 84)]
    [TestCase(128.0 / 255, 33, 145, 140)]
    [TestCase(1.0, 253, 231, 37)]
    public void Viridis_has_its_known_colours(double value, int r, int g, int b) => Near(Colormap.Viridis(value), r, g, b);

    [TestCase(0.0, 0, 0, 4)]
    [TestCase(128.0 / 255, 183, 55, 121)]
    [TestCase(1.0, 252, 253, 191)]
    public void Magma_has_its_known_colours(double value, int r, int g, int b) => Near(Colormap.Magma(value), r, g, b);

    [Test]
    public void Lightness_grows_all_the_way()
    {
        foreach (Func<double, Rgb> map in new Func<double, Rgb>[] { Colormap.Viridis, Colormap.Magma })
        {
            // Steps of 1/64 change lightness by about 3 of 255, well above the rounding of 8 bits.
            double[] lightness =
            [
                .. Enumerable.Range(0, 65).Select(i => map(i / 64.0)).Select(c => 0.2126 * c.R + 0.7152 * c.G + 0.0722 * c.B),
            ];
            Assert.That(lightness, Is.Ordered.Ascending);
            Assert.That(lightness[^1] - lightness[0], Is.GreaterThan(150));
        }
    }

    [Test]
    public void Values_outside_take_the_nearer_end()
    {
        Assert.That(Colormap.Viridis(-3), Is.EqualTo(Colormap.Viridis(0)));
        Assert.That(Colormap.Magma(double.PositiveInfinity), Is.EqualTo(Colormap.Magma(1)));
        Assert.That(Colormap.Magma(double.NaN), Is.EqualTo(Colormap.Magma(0)));
    }

    private static void Near(Rgb color, int r, int g, int b)
    {
        Assert.That(color.R, Is.EqualTo(r).Within(6));
        Assert.That(color.G, Is.EqualTo(g).Within(6));
        Assert.That(color.B, Is.EqualTo(b).Within(6));
    }
}
