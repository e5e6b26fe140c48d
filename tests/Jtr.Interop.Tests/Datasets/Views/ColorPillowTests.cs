using Jtr.Interop.Datasets.Views;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>
/// The colour operations against Pillow 9.4 (ImageEnhance, ImageOps), whose results are pasted here as [3, 5, 6] bytes. The
/// operations that compute with floats here are rounded to bytes there, twice where grey values take part: they may
/// differ by a little more than one 255th.
/// </summary>
[TestFixture]
public sealed class ColorPillowTests
{
    private const int Height = 5;
    private const int Width = 6;

    private static byte[] Vivid { get; } = Bytes((i, c) => (i * 37 + c * 11 + i * i * c % 53 + 20) % 256);

    private static byte[] Dull { get; } = Bytes((i, c) => 40 + 10 * c + (i * i * 7 + c * i * 3) % 90);

    private static byte[] Bytes(Func<int, int, int> value) =>
        [.. Enumerable.Range(0, 3 * Height * Width).Select(n => (byte)value(n % (Height * Width), n / (Height * Width)))];

    private static double[] In255ths(byte[] bytes, ColorChange change)
    {
        float[] image = [.. bytes.Select(b => b / 255f)];
        new ColorAugmentation(Height, Width).Apply(image, change);
        return [.. image.Select(v => v * 255.0)];
    }

    [TestCase(
        nameof(ColorOperation.Brightness),
        5,
        false,
        1.25,
        "17416C96C1EBFF1A456F9AC4EFFF1D48739DC8F2FF214B76A1CBF6FF244F234F7DADE0FF255F5E9CDCE2010B5564B2C5DB0A"
            + "244160BEE2FF0A346190305D8EC4FF181F67778CE2FFFF234F7FB4EEEF0B156175CAE7FF08326195"
    )]
    [TestCase(
        nameof(ColorOperation.Color),
        5,
        true,
        1.25,
        "153A5F85ABCDDB1D3E648CAEBEDC1E42698DB0BDE120446D92B6C0E5254B1E446C96C2EB2A505186BDC40E14475698ABBE12"
            + "293853A3C2E31237527B284E79A7D9302556647AC1DAE426436A9AC8CD131E5062ABC5E31035527E"
    )]
    [TestCase(
        nameof(ColorOperation.Contrast),
        5,
        false,
        1.25,
        "05305A85AFDAFF09335E88B3DDFF0C37618CB6E1FF0F3A658FBAE4FF133D123D6B9CCEFF144E4C8BCBD100004352A0B4CA00"
            + "13304FADD1F70023507F1E4B7DB3ED060D56667AD1EFFF123D6EA3DCDD00045063B9D5F700215084"
    )]
    [TestCase(
        nameof(ColorOperation.Sharpness),
        5,
        true,
        1.25,
        "14395E83A8CDF21F3F6186ABD0EC22426489AED0EF2545678CB1D6FB20451F456D97C3F121505287BDC5010E485899ACBF10"
            + "233A56A6C5E6092E557E2A517CABDE151B5A677CC1DFFD25456E9CCFD014175368B0C9E6072C5582"
    )]
    [TestCase(
        nameof(ColorOperation.Sharpness),
        5,
        false,
        1.25,
        "14395E83A8CDF20E396186ABD0FD113C6489AED6FF143F678CB1D6FB20451F456D97C3F121565188C2C501054B559CACBF01"
            + "1D3751A6C5E6092E557E2A517CABDE151B596877C8DFFD18446F9DCFD0000E5663B0C9E6072C5582"
    )]
    [TestCase(
        nameof(ColorOperation.Posterize),
        5,
        false,
        0,
        "14385E82A8CCF2163C6086AAD0F41A3E6488AED2F81C42668CB0D6FA20441E446C96C2F020525288C0C4000A4A569AACBE08"
            + "203854A6C4E6082E547E2A507CAADE141A5A687AC4DEFC1E446E9CCED00A125466B0C8E6062C5482"
    )]
    [TestCase(
        nameof(ColorOperation.Posterize),
        30,
        false,
        0,
        "10305080A0C0F010306080A0D0F010306080A0D0F010406080B0D0F0204010406090C0F020505080C0C00000405090A0B000"
            + "203050A0C0E000205070205070A0D01010506070C0D0F010406090C0D000105060B0C0E000205080"
    )]
    [TestCase(
        nameof(ColorOperation.Solarize),
        5,
        false,
        0,
        "14395E83A8CD0D173C6186ABD00A1A3F6489AED3071D42678CB1290420451F456D97C30E21535288C0C5010A4A579BACBF09"
            + "203954A6C519092E557E2A517CAB21151B5A687AC520021F456F9DCFD00A135566B0C919072C5582"
    )]
    public void A_vivid_image_becomes_what_Pillow_makes_of_it(string operation, int bin, bool negative, double tolerance, string expected)
    {
        double[] result = In255ths(Vivid, new ColorChange(Enum.Parse<ColorOperation>(operation), bin, negative));
        // 1e-4: a byte / 255 in float32, times 255.
        Assert.That(result, Is.EqualTo(Convert.FromHexString(expected).Select(b => (double)b)).Within(tolerance + 1e-4));
    }

    [Test]
    public void A_dull_image_is_stretched_as_Pillow_does() =>
        Assert.That(
            In255ths(Dull, new ColorChange(ColorOperation.AutoContrast)),
            Is.EqualTo(
                    Convert
                        .FromHexString(
                            "001451B63FF6D0D3FF4ECA6B34253F82ED7C34141C4EA825D09F96B6FF6B001F69DF691F000C44A71FD9A7A1C7007C0CDFC7"
                                + "D90069FFA77C7CA7FF69002573EA8548344885EA732500022E82FF9F685973B61CB068485182DC59"
                        )
                        .Select(b => (double)b)
                )
                .Within(1.0001)
        );

    [Test]
    public void Counts_are_evened_out_as_Pillow_does()
    {
        // 32 x 32 pixels of 15 values; the darkest value of channel c is 20 + c, the others follow in steps of 7.
        byte[] expected = [0, 46, 85, 98, 124, 143, 163, 176, 189, 229, 255, 255, 255, 255, 255];
        const int plane = 32 * 32;
        int[] place = [.. Enumerable.Range(0, plane).Select(i => i * i / 13 % 16)];
        int[] used = [.. place.Distinct().Order()];
        float[] image = [.. Enumerable.Range(0, 3 * plane).Select(n => (20 + n / plane + 7 * place[n % plane]) / 255f)];
        new ColorAugmentation(32, 32).Apply(image, new ColorChange(ColorOperation.Equalize));

        Assert.That(used, Has.Length.EqualTo(expected.Length));
        for (int n = 0; n < image.Length; n++)
            Assert.That(image[n], Is.EqualTo(expected[Array.IndexOf(used, place[n % plane])] / 255f), $"value {n}");
    }
}
