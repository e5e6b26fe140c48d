using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>What is written in every format is read back value for value where nothing is resized.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelFormatTests : IDisposable
{
    private const int Pixels = 32 * 32;
    private static readonly IEnumerable<int> Places = Enumerable.Range(0, Pixels);
    private static readonly SegmentationTask Seg = new("seg", 11);

    private readonly TemporaryFolder _folder = new();

    public LabelFormatTests() => _folder.Image("image/a.png", 32, 32, 3, i => i % 256);

    public void Dispose() => _folder.Dispose();

    private static int Id(int i) => i % 13 < 11 ? i % 13 : 255;

    private static float[] Ids(int none) => [.. Places.Select(i => Id(i) == none ? -1f : Id(i))];

    private static byte[] Elements(int size, Func<int, ulong> value, int count = Pixels) =>
        [.. Enumerable.Range(0, count).SelectMany(i => TemporaryFolder.Little(size, value(i)))];

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    [Test]
    public void Class_ids_in_an_8_bit_png()
    {
        _folder.Image("seg/a.png", 32, 32, 1, Id);
        Assert.That(FolderReader.Label(_folder, Seg), Is.EqualTo(Ids(255)));
    }

    [Test]
    public void Class_ids_in_a_16_bit_png_with_another_void_id()
    {
        _folder.Image16("seg/a.png", 32, 32, 1, i => i == 5 ? 65535 : i % 3000);
        float[] expected = [.. Places.Select(i => i == 5 ? -1f : i % 3000)];
        Assert.That(
            FolderReader.Label(_folder, new SegmentationTask("seg", 3000), FolderReader.Size32 with { VoidId = 65535 }),
            Is.EqualTo(expected)
        );
    }

    [Test]
    public void Class_ids_of_a_void_id_among_the_classes_are_none()
    {
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 11);
        Assert.That(
            FolderReader.Label(_folder, Seg, FolderReader.Size32 with { VoidId = 0 }),
            Is.EqualTo(Places.Select(i => i % 11 == 0 ? -1f : i % 11))
        );
    }

    // A palette of equal colours: only the stored indices tell the classes apart.
    [TestCase(3, 8)]
    [TestCase(3, 4)]
    [TestCase(3, 2)]
    [TestCase(3, 1)]
    [TestCase(0, 4)]
    [TestCase(0, 2)]
    [TestCase(0, 1)]
    public void Class_ids_of_palettes_and_of_few_bits_are_the_stored_numbers(int type, int bits)
    {
        int classes = Math.Min(11, 1 << bits);
        _folder.Write("seg/a.png", TemporaryFolder.RawPng(type, bits, 32, 32, i => i * i % classes));
        Assert.That(FolderReader.Label(_folder, Seg), Is.EqualTo(Places.Select(i => (float)(i * i % classes))));
    }

    [TestCase("|u1", 1)]
    [TestCase("<i2", 2)]
    [TestCase("<i4", 4)]
    [TestCase("<i8", 8)]
    public void Class_ids_in_npy_of_whole_numbers(string descr, int size)
    {
        // -1 and the void id both say "none", where the type has them.
        ulong Value(int i) => size > 1 && i % 17 == 16 ? ulong.MaxValue : (ulong)Id(i);
        _folder.Npy("seg/a.npy", descr, "(32, 32)", Elements(size, Value));
        Assert.That(
            FolderReader.Label(_folder, Seg),
            Is.EqualTo(Places.Select(i => (size > 1 && i % 17 == 16) || Id(i) == 255 ? -1f : Id(i)))
        );
    }

    [TestCase("(32, 32)")]
    [TestCase("(32, 32, 1)")]
    [TestCase("(1, 32, 32)")]
    public void Class_ids_in_npy_of_floating_point_numbers_and_any_place_of_the_channel(string shape)
    {
        _folder.Npy("seg/a.npy", "<f8", shape, Elements(8, i => Bits(i == 3 ? -1.0 : i % 11)));
        Assert.That(FolderReader.Label(_folder, Seg), Is.EqualTo(Places.Select(i => i == 3 ? -1f : i % 11)));
    }

    [Test]
    public void Depths_in_a_16_bit_png_are_units_of_the_scale()
    {
        _folder.Image16("depth/a.png", 32, 32, 1, i => i * 63);
        Assert.That(FolderReader.Label(_folder, new DepthTask()), Is.EqualTo(Places.Select(i => (float)(i * 63 * 0.001))));
        Assert.That(
            FolderReader.Label(_folder, new DepthTask(), FolderReader.Size32 with { DepthScale = 1 / 256.0 }),
            Is.EqualTo(Places.Select(i => (float)(i * 63 / 256.0)))
        );
    }

    [Test]
    public void Depths_in_an_8_bit_png_are_units_of_the_scale()
    {
        _folder.Image("depth/a.png", 32, 32, 1, i => i % 256);
        Assert.That(
            FolderReader.Label(_folder, new DepthTask(), FolderReader.Size32 with { DepthScale = 0.5 }),
            Is.EqualTo(Places.Select(i => i % 256 * 0.5f))
        );
    }

    [Test]
    public void Depths_in_npy_of_whole_numbers_are_units_of_the_scale()
    {
        _folder.Npy("depth/a.npy", "<i4", "(32, 32)", Elements(4, i => (ulong)i * 100));
        Assert.That(FolderReader.Label(_folder, new DepthTask()), Is.EqualTo(Places.Select(i => (float)(i * 100 * 0.001))));
    }

    [Test]
    public void Depths_in_npy_of_floating_point_numbers_are_metres_and_NaN_and_infinity_none()
    {
        float Value(int i) =>
            i switch
            {
                7 => float.NaN,
                8 => float.PositiveInfinity,
                _ => i * 0.37f,
            };
        float[] expected = [.. Places.Select(i => i is 7 or 8 ? 0f : i * 0.37f)];
        _folder.Npy("depth/a.npy", "<f4", "(32, 32)", Elements(4, i => Bits(Value(i))));
        Assert.That(FolderReader.Label(_folder, new DepthTask()), Is.EqualTo(expected));
        _folder.Npy("depth/a.npy", "<f8", "(32, 32)", Elements(8, i => Bits((double)Value(i))));
        Assert.That(FolderReader.Label(_folder, new DepthTask()), Is.EqualTo(expected));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Normals_in_png_are_directions_and_black_and_mid_grey_are_none(bool wide)
    {
        int max = wide ? 65535 : 255;
        // Pixel 1 is black, pixel 2 mid-grey; the others look somewhere.
        int Value(int i) =>
            (i / 3) switch
            {
                1 => 0,
                2 => max / 2 + i % 2,
                _ => (i * 37 + i % 3 * max / 3) % (max + 1),
            };
        if (wide)
            _folder.Image16("normals/a.png", 32, 32, 3, Value);
        else
            _folder.Image("normals/a.png", 32, 32, 3, Value);
        float[] read = FolderReader.Label(_folder, new NormalsTask());
        foreach (int i in Places)
        {
            double[] v = [.. Enumerable.Range(0, 3).Select(c => 2.0 * Value(3 * i + c) / max - 1)];
            double length = i is 1 or 2 ? double.PositiveInfinity : Math.Sqrt(v.Sum(x => x * x));
            // Float32 rounding of numbers up to 1.
            for (int c = 0; c < 3; c++)
                Assert.That(read[c * Pixels + i], Is.EqualTo(v[c] / length).Within(2e-7), $"pixel {i}, channel {c}");
        }
    }

    [TestCase("(32, 32, 3)")]
    [TestCase("(3, 32, 32)")]
    public void Normals_in_npy_are_brought_to_unit_length_and_zero_and_NaN_are_none(string shape)
    {
        double[] Vector(int i) =>
            i switch
            {
                4 => [0, 0, 0],
                5 => [double.NaN, 0, 1],
                _ => [Math.Sin(i), Math.Cos(i), i * 0.01],
            };
        bool planar = shape[1] == '3' && shape[2] == ',';
        _folder.Npy(
            "normals/a.npy",
            "<f4",
            shape,
            Elements(4, i => Bits((float)(planar ? Vector(i % Pixels)[i / Pixels] : Vector(i / 3)[i % 3])), 3 * Pixels)
        );
        float[] read = FolderReader.Label(_folder, new NormalsTask());
        foreach (int i in Places)
        {
            double length = i is 4 or 5 ? double.PositiveInfinity : Math.Sqrt(1 + 1e-4 * i * i);
            for (int c = 0; c < 3; c++)
            {
                double expected = i is 4 or 5 ? 0 : Vector(i)[c] / length;
                Assert.That(read[c * Pixels + i], Is.EqualTo(expected).Within(2e-7), $"pixel {i}, channel {c}");
            }
        }
    }

    [Test]
    public void Normals_in_npy_of_bytes_are_as_in_png()
    {
        _folder.Image("normals/a.png", 32, 32, 3, i => i * 29 % 256);
        float[] png = FolderReader.Label(_folder, new NormalsTask());
        File.Delete(_folder["normals/a.png"]);
        _folder.Npy("normals/a.npy", "|u1", "(32, 32, 3)", [.. Enumerable.Range(0, 3 * Pixels).Select(i => (byte)(i * 29))]);
        Assert.That(FolderReader.Label(_folder, new NormalsTask()), Is.EqualTo(png));
    }

    [Test]
    public void Maps_in_png_of_8_and_16_bits_are_shares_of_the_maximum()
    {
        _folder.Image("edge/a.png", 32, 32, 1, i => i % 256);
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(Places.Select(i => i % 256 / 255f)));
        _folder.Image16("edge/a.png", 32, 32, 1, i => i * 64);
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(Places.Select(i => i * 64 / 65535f)));
    }

    [Test]
    public void Maps_of_several_channels_are_planes()
    {
        _folder.Image("flow/a.png", 32, 32, 3, i => i % 251);
        float[] expected = [.. Enumerable.Range(0, 3 * Pixels).Select(i => (i % Pixels * 3 + i / Pixels) % 251 / 255f)];
        Assert.That(FolderReader.Label(_folder, new MapTask("flow", 3)), Is.EqualTo(expected));
        File.Delete(_folder["flow/a.png"]);
        _folder.Npy("flow/a.npy", "(3, 32, 32)", expected);
        Assert.That(FolderReader.Label(_folder, new MapTask("flow", 3)), Is.EqualTo(expected));
    }

    [Test]
    public void Maps_in_npy_are_the_values_and_NaN_none()
    {
        float[] values = [.. Places.Select(i => i == 9 ? float.NaN : i / 1023f)];
        _folder.Npy("edge/a.npy", "(32, 32)", values);
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(values));
        _folder.Npy("edge/a.npy", "|b1", "(32, 32)", [.. Places.Select(i => (byte)(i % 2))]);
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(Places.Select(i => (float)(i % 2))));
        _folder.Npy("edge/a.npy", "<u2", "(32, 32)", Elements(2, i => (ulong)i * 64));
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(Places.Select(i => i * 64 / 65535f)));
    }

    [Test]
    public void Transparency_of_a_label_is_left_out()
    {
        _folder.Image("edge/a.png", 32, 32, 2, i => i % 2 == 0 ? i / 2 % 256 : 128);
        Assert.That(FolderReader.Label(_folder, new MapTask("edge")), Is.EqualTo(Places.Select(i => i % 256 / 255f)));
    }
}
