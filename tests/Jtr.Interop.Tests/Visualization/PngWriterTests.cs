using Jtr.Interop.Visualization;
using NetVips;

namespace Jtr.Interop.Tests.Visualization;

/// <summary>Pictures as another library reads them.</summary>
public sealed class PngWriterTests
{
    [TestCase(1, 1)]
    [TestCase(3, 2)]
    [TestCase(257, 64)]
    public void Every_pixel_is_read_back_as_it_was(int width, int height)
    {
        RgbImage noise = RgbImage.Create(height, width),
            smooth = RgbImage.Create(height, width),
            flat = RgbImage.Create(height, width);
        Random random = new(width);
        random.NextBytes(noise.Data);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                smooth[y, x] = new Rgb((byte)(x + y), (byte)(2 * x), (byte)(y * y));
        }
        flat.Data.Fill(200);
        foreach (RgbImage picture in new[] { noise, smooth, flat })
        {
            using Image image = Image.NewFromBuffer(picture.ToPng(), failOn: Enums.FailOn.Warning);
            Assert.That((image.Width, image.Height, image.Bands, image.Format), Is.EqualTo((width, height, 3, Enums.BandFormat.Uchar)));
            Assert.That(image.WriteToMemory<byte>(), Is.EqualTo(picture.Data.ToArray()));
        }
    }

    [Test]
    public void A_smooth_picture_takes_a_fraction_of_its_pixels()
    {
        RgbImage picture = RgbImage.Create(256, 256);
        for (int i = 0; i < 256 * 256; i++)
        {
            (int x, int y) = (i % 256, i / 256);
            picture[y, x] = new Rgb((byte)x, (byte)y, (byte)((x + y) / 2));
        }
        Assert.That(picture.ToPng(), Has.Length.LessThan(3 * 256 * 256 / 50));
    }
}
