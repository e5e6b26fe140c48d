using System.Text;
using Jtr.Interop.Reporting;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Reporting;

public sealed class TensorBoardWriterTests
{
    // RFC 3720, appendix B.4, and the check value of the polynomial's catalogue entry.
    [TestCase("123456789", 0xE3069283u)]
    [TestCase("", 0u)]
    public void Checksums_are_CRC_32C(string text, uint expected) =>
        Assert.That(Crc32C.Of(Encoding.ASCII.GetBytes(text)), Is.EqualTo(expected));

    [Test]
    public void Checksums_of_the_RFCs_32_byte_vectors_are_right()
    {
        Assert.That(Crc32C.Of(new byte[32]), Is.EqualTo(0x8A9136AAu));
        Assert.That(Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]), Is.EqualTo(0x62A8AB43u));
        Assert.That(Crc32C.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]), Is.EqualTo(0x46DD794Eu));
    }

    [Test]
    public void Numbers_pictures_and_histograms_are_read_back_from_the_format()
    {
        using TemporaryFolder folder = new();
        RgbImage picture = RgbImage.Create(2, 3);
        picture[1, 2] = new Rgb(9, 8, 7);
        string file;
        using (TensorBoardWriter writer = new(folder.Path))
        {
            file = writer.Path;
            writer.AddScalar("loss/total", 0.125, 7);
            writer.AddScalar("loss/total", double.NaN, 1L << 40);
            writer.AddImage("predictions", picture, 8);
            writer.AddHistogram("weights", [1, 2, 3, 5, double.NaN], 9);
        }
        Assert.That(Path.GetFileName(file), Does.StartWith("events.out.tfevents."));
        (string version, List<EventValue> values) = EventFile.Read(file);
        Assert.That(version, Is.EqualTo("brain.Event:2"));
        Assert.That(
            values.Select(v => (v.Step, v.Tag)),
            Is.EqualTo(new[] { (7L, "loss/total"), (1L << 40, "loss/total"), (8L, "predictions"), (9L, "weights") })
        );
        Assert.That(values[0].Scalar, Is.EqualTo(0.125f));
        Assert.That(values[1].Scalar, Is.NaN);
        Assert.That(values[0].Time, Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(600), "seconds since 1970");
        Assert.That(values[2].Image, Is.EqualTo(picture.ToPng()));
        Assert.That(values[2].Size, Is.EqualTo((2, 3)));
        var histogram = values[3].Histogram!.Value;
        Assert.That((histogram.Low, histogram.High, histogram.Count, histogram.Sum), Is.EqualTo((1.0, 5.0, 4.0, 11.0)));
        Assert.That(histogram.Buckets.Sum(), Is.EqualTo(4));
        Assert.That(histogram.Limits, Is.Ordered.Ascending.And.Length.EqualTo(histogram.Buckets.Length));
        Assert.That(histogram.Limits[^1], Is.EqualTo(5));
    }

    [Test]
    public void A_histogram_of_one_value_or_none_has_one_bucket([Values(0, 1, 3)] int count)
    {
        using TemporaryFolder folder = new();
        string file;
        using (TensorBoardWriter writer = new(folder.Path))
        {
            file = writer.Path;
            writer.AddHistogram("h", Enumerable.Repeat(2.5, count).ToArray(), 0);
        }
        Assert.That(EventFile.Read(file).Values[0].Histogram!.Value.Buckets, Is.EqualTo(new double[] { count }));
    }

    [Test]
    public void Threads_do_not_mix_their_records()
    {
        using TemporaryFolder folder = new();
        using TensorBoardWriter writer = new(folder.Path);
        Parallel.For(0, 200, i => writer.AddScalar($"tag {i % 4}", i, i));
        writer.Flush();
        Assert.That(EventFile.Read(writer.Path).Values.Select(v => v.Step).Order(), Is.EqualTo(Enumerable.Range(0, 200)));
    }

    [Test]
    public void After_it_is_closed_it_says_so()
    {
        using TemporaryFolder folder = new();
        TensorBoardWriter writer = new(folder.Path);
        writer.Dispose();
        Assert.That(() => writer.AddScalar("x", 1, 1), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => writer.AddScalar(" ", 1, 1), Throws.ArgumentException);
    }
}
