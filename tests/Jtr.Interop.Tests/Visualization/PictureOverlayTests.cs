using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Visualization;

public sealed class PictureOverlayTests
{
    [TestCase(0.0)]
    [TestCase(0.25)]
    [TestCase(0.5)]
    [TestCase(1.0)]
    public void A_pixel_is_the_mean_of_both_weighted_by_the_strength(double strength)
    {
        // Longer than a vector, and no multiple of one.
        RgbImage picture = RgbImage.Create(7, 23);
        byte[] photograph = new byte[3 * 23 * 7];
        Random random = new(5);
        random.NextBytes(photograph);
        random.NextBytes(picture.Data);
        (photograph[0], picture.Data[0]) = (255, 255);
        byte[] colors = picture.Data.ToArray();
        PictureOverlay.Blend(photograph, picture, strength);
        byte[] mixed = picture.Data.ToArray();
        for (int i = 0; i < mixed.Length; i++)
            Assert.That(mixed[i], Is.EqualTo(strength * colors[i] + (1 - strength) * photograph[i]).Within(0.51), $"value {i}");
    }

    [Test]
    public void Another_size_or_strength_is_an_error()
    {
        Assert.That(
            () => PictureOverlay.Blend(new byte[5], RgbImage.Create(2, 2)),
            Throws.ArgumentException.With.Message.Contains("12 values")
        );
        Assert.That(() => PictureOverlay.Blend(new byte[12], RgbImage.Create(2, 2), double.NaN), Throws.InstanceOf<ArgumentException>());
    }
}
