using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>Folders of photographs with other channels than colors.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FolderImageTests : IDisposable
{
    private const int Side = 32;
    private const int Pixels = Side * Side;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FolderDataset Open(string image, int side = Side)
    {
        _folder.Write("tasks.json", $$"""{ "tasks": [{ "name": "depth", "kind": "depth" }], "image": {{image}} }""");
        return new FolderDataset(_folder.Root, FolderReader.Size32 with { Height = side, Width = side });
    }

    private float[] Read(string image, int side = Side) => SampleArrays.Read(Open(image, side), 0).Image;

    /// <summary>[C, 32, 32] from a function of pixel and channel.</summary>
    private static float[] Planes(int channels, Func<int, int, float> value) =>
        [.. Enumerable.Range(0, channels * Pixels).Select(i => value(i % Pixels, i / Pixels))];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void A_png_has_as_many_channels_as_are_said_with_transparency(int channels)
    {
        _folder.Image("image/a.png", Side, Side, channels, i => i * 7 % 256);
        FolderDataset data = Open($$"""{ "channels": {{channels}} }""");
        Assert.That(data.Inputs.ImageChannels, Is.EqualTo(channels));
        Assert.That(
            SampleArrays.Read(data, 0).Image,
            Is.EqualTo(Planes(channels, (p, c) => (channels * p + c) * 7 % 256 / 255f)).Within(1e-7)
        );
    }

    [Test]
    public void Sixteen_bits_keep_their_precision_and_a_range_becomes_0_to_1()
    {
        _folder.Image16("image/a.png", Side, Side, 1, i => 7000 + 3 * i);
        Assert.That(Read("""{ "channels": 1 }"""), Is.EqualTo(Planes(1, (p, _) => (7000 + 3 * p) / 65535f)).Within(1e-7));
        // Numbers outside are the ends: 3 * 1023 is more than 2500.
        float[] expected = Planes(1, (p, _) => Math.Clamp((3 * p - 100) / 2400f, 0, 1));
        Assert.That(Read("""{ "channels": 1, "range": [7100, 9500] }"""), Is.EqualTo(expected).Within(1e-6));
        Assert.That((expected[0], expected[^1]), Is.EqualTo((0f, 1f)));
    }

    [TestCase("(32, 32, 5)", false)]
    [TestCase("(5, 32, 32)", true)]
    public void Arrays_have_their_channels_first_or_last(string shape, bool planar)
    {
        float[] stored = [.. Enumerable.Range(0, 5 * Pixels).Select(i => i % 1009 / 1009f)];
        stored[3] = float.NaN;
        _folder.Npy("image/a.npy", shape, stored);
        float[] read = Read("""{ "channels": 5 }""");
        float[] expected = planar ? [.. stored] : Planes(5, (p, c) => stored[5 * p + c]);
        expected[Array.FindIndex(expected, float.IsNaN)] = 0;
        Assert.That(read, Is.EqualTo(expected).Within(1e-7));
    }

    [Test]
    public void Arrays_of_words_are_like_images_of_16_bits_and_other_whole_numbers_need_a_range()
    {
        _folder.Npy(
            "image/a.npy",
            "<u2",
            "(32, 32)",
            [.. Enumerable.Range(0, Pixels).SelectMany(i => TemporaryFolder.Little(2, (ulong)(64 * i)))]
        );
        Assert.That(Read("""{ "channels": 1 }"""), Is.EqualTo(Planes(1, (p, _) => 64 * p / 65535f)).Within(1e-7));
        _folder.Npy(
            "image/a.npy",
            "<i2",
            "(32, 32)",
            [.. Enumerable.Range(0, Pixels).SelectMany(i => TemporaryFolder.Little(2, (ulong)(ushort)(i - 512)))]
        );
        Assert.That(
            () => Read("""{ "channels": 1 }"""),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(_folder["image/a.npy"]).And.Message.Contains("\"range\" of \"image\"")
        );
        float[] expected = Planes(1, (p, _) => Math.Clamp((p - 512 + 500) / 1000f, 0, 1));
        Assert.That(Read("""{ "channels": 1, "range": [-500, 500] }"""), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void They_are_resized_as_colors_are()
    {
        const int side = 64;
        int Value(int i) => i * 37 % 256;
        _folder.Image("image/a.png", side, side, 3, i => Value(i));
        float[] colors = Read("""{ "channels": 3 }""");
        _folder.Image("image/a.png", side, side, 4, i => i % 4 == 3 ? 0 : Value(i / 4 * 3 + i % 4));
        float[] four = Read("""{ "channels": 4 }""");
        // Colors are rounded to 8 bits, others are not.
        Assert.That(four[..(3 * Pixels)], Is.EqualTo(colors).Within(0.51 / 255));
        Assert.That(four[(3 * Pixels)..], Is.All.Zero);
    }

    [Test]
    public void An_image_gives_parts_at_its_own_size()
    {
        _folder.Npy("image/a.npy", "(32, 32)", [.. Enumerable.Range(0, Pixels).Select(i => i / 1024f)]);
        using SourceImage image = Open("""{ "channels": 1 }""").OpenImage(0);
        Assert.That((image.Channels, image.Height, image.Width), Is.EqualTo((1, Side, Side)));
        float[] part = new float[6];
        image.Read(new ImageRegion(4, 5, 2, 3), 2, 3, part);
        Assert.That(part, Is.EqualTo((float[])[133 / 1024f, 134 / 1024f, 135 / 1024f, 165 / 1024f, 166 / 1024f, 167 / 1024f]));
    }

    [Test]
    public void Files_of_other_channels_are_errors()
    {
        string path = _folder.Image("image/a.png", Side, Side, 3, _ => 0);
        Assert.That(
            () => Read("""{ "channels": 1 }"""),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains("3 channels")
        );
        File.Delete(path);
        path = _folder.Npy("image/a.npy", "(32, 32, 2)", new float[2 * Pixels]);
        Assert.That(
            () => Read("""{ "channels": 4 }"""),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(path).And.Message.Contains("(32, 32, 2)")
        );
    }

    [TestCase("""{ "channels": 0 }""", "Channels")]
    [TestCase("""{ "channels": 65 }""", "Channels")]
    [TestCase("""{ "channels": 1, "range": [1] }""", "'range' has 1 numbers")]
    [TestCase("""{ "channels": 1, "range": [5, 5] }""", "High")]
    [TestCase("""{ "range": [0, 5] }""", "photographs of three channels are colors")]
    [TestCase("""{ "channels": 1, "scale": 2 }""", "there is no 'scale'")]
    public void What_tasks_json_says_is_checked(string image, string message)
    {
        _folder.Image("image/a.png", Side, Side, 1, _ => 0);
        Assert.That(
            () => Open(image),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("tasks.json: image: ").And.Message.Contains(message)
        );
    }
}
