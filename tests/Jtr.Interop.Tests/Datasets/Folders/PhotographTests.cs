using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Layouts;
using NetVips;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PhotographTests : IDisposable
{
    private const int Pixels = 32 * 32;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private float[] Read(FolderOptions? options = null) =>
        SampleArrays.Read(new FolderDataset(_folder.Root, (options ?? FolderReader.Size32) with { Tasks = [new DepthTask()] }), 0).Image;

    /// <summary>[3, 32, 32] from a function of pixel and channel.</summary>
    private static float[] Planes(Func<int, int, float> value) =>
        [.. Enumerable.Range(0, 3 * Pixels).Select(i => value(i % Pixels, i / Pixels))];

    // libvips takes what is in brackets behind a file's name for options, where it is given a name as such.
    [TestCase("a[1].png")]
    [TestCase("Stra\u00dfe 7 [page=2].png")]
    public void Any_name_is_a_name(string name)
    {
        _folder.Write("image/" + name, PlainPng.Encode(8, 32, 32, 3, i => i % 251));
        Assert.That(Read(), Is.EqualTo(Planes((i, c) => (3 * i + c) % 251 / 255f)));
    }

    [Test]
    public void A_png_is_read_value_for_value()
    {
        _folder.Image("image/a.png", 32, 32, 3, i => i * 7 % 256);
        Assert.That(Read(), Is.EqualTo(Planes((p, c) => (3 * p + c) * 7 % 256 / 255f)));
    }

    [Test]
    public void A_grey_image_has_three_equal_channels()
    {
        _folder.Image("image/a.png", 32, 32, 1, i => i % 256);
        Assert.That(Read(), Is.EqualTo(Planes((p, _) => p % 256 / 255f)));
    }

    [Test]
    public void Transparency_is_dropped()
    {
        _folder.Image("image/a.png", 32, 32, 4, i => i % 4 == 3 ? 10 : i % 253);
        Assert.That(Read(), Is.EqualTo(Planes((p, c) => (4 * p + c) % 253 / 255f)));
    }

    [Test]
    public void Sixteen_bits_become_eight()
    {
        _folder.Image16("image/a.png", 32, 32, 3, i => i % 256 * 257);
        Assert.That(Read(), Is.EqualTo(Planes((p, c) => (3 * p + c) % 256 / 255f)));
    }

    [Test]
    public void A_palette_gives_its_colours()
    {
        // The palette's first colour is 200, all others are 100.
        _folder.Write("image/a.png", TemporaryFolder.RawPng(3, 8, 32, 32, i => i % 3));
        Assert.That(Read(), Is.EqualTo(Planes((p, _) => (p % 3 == 0 ? 200 : 100) / 255f)));
    }

    [TestCase("a.jpg")]
    [TestCase("a.jpeg")]
    [TestCase("a.JPG")]
    public void A_jpeg_is_read_within_its_losses(string name)
    {
        _folder.Image($"image/{name}", 32, 32, 3, i => (i / 3 % 32 + i / 96) * 4);
        // A smooth ramp at quality 75: a few of 255 levels.
        Assert.That(Read(), Is.EqualTo(Planes((p, _) => (p % 32 + p / 32) * 4 / 255f)).Within(6 / 255f));
    }

    [Test]
    public void A_photograph_is_turned_upright_as_its_camera_says()
    {
        // Orientation 6: the stored image has to be turned clockwise, so its left column becomes the top row.
        byte[] stored = [.. Enumerable.Range(0, 32 * 64 * 3).Select(i => (byte)(i / 3 % 64 * 4))];
        Directory.CreateDirectory(_folder["image"]);
        using (Image plain = Image.NewFromMemory(stored, 64, 32, 3, Enums.BandFormat.Uchar))
        using (Image image = plain.Copy(interpretation: Enums.Interpretation.Srgb))
        using (Image turned = image.Mutate(m => m.Set(GValue.GIntType, "orientation", 6)))
        {
            turned.WriteToFile(_folder["image/a.jpg"], new VOption { { "Q", 100 } });
        }
        // The label, which is 64 rows of 32, has no orientation of its own.
        _folder.Npy("depth/a.npy", "|u1", "(64, 32)", [.. Enumerable.Range(0, 64 * 32).Select(i => (byte)(i / 32))]);
        FolderDataset data = new(
            _folder.Root,
            new FolderOptions
            {
                Height = 64,
                Width = 32,
                Tasks = [new DepthTask()],
                DepthScale = 1,
            }
        );
        (float[] image64, float[][] labels, _) = SampleArrays.Read(data, 0);
        for (int y = 0; y < 64; y++)
        {
            Assert.That(image64[y * 32 + 10], Is.EqualTo(y * 4 / 255f).Within(3 / 255f), $"row {y}");
            Assert.That(labels[0][y * 32 + 10], Is.EqualTo(y), $"row {y}");
        }
    }

    [Test]
    public void A_resized_photograph_is_rounded_to_8_bits()
    {
        _folder.Image("image/a.png", 64, 64, 3, i => i * 31 % 256);
        float[] read = Read();
        Assert.That(read.Select(v => v * 255), Is.All.EqualTo(0).Or.Matches<float>(v => Math.Abs(v - MathF.Round(v)) < 1e-4));
        // Rows and columns 2i - 1 to 2i + 2 weigh 1, 3, 3, 1 of 8.
        int[] weights = [1, 3, 3, 1];
        for (int y = 1; y < 31; y++)
        {
            for (int x = 1; x < 31; x++)
            {
                double sum = 0;
                for (int i = 0; i < 4; i++)
                {
                    for (int j = 0; j < 4; j++)
                        sum += weights[i] * weights[j] * (((2 * y - 1 + i) * 64 + 2 * x - 1 + j) * 3 * 31 % 256) / 64.0;
                }
                Assert.That(read[y * 32 + x] * 255, Is.EqualTo(sum).Within(0.5001), $"row {y}, column {x}");
            }
        }
    }
}
