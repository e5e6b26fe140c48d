using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>Labels of 64 x 64 read at 32 x 32. Inside, rows and columns 2i - 1 to 2i + 2 weigh 1, 3, 3, 1 of 8.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelResizeTests : IDisposable
{
    private static readonly int[] Weights = [1, 3, 3, 1];
    private readonly TemporaryFolder _folder = new();

    public LabelResizeTests() => _folder.Image("image/a.png", 64, 64, 3, _ => 0);

    public void Dispose() => _folder.Dispose();

    /// <summary>Calls for every inner target pixel with its index and its 16 source pixels' indices and weights.</summary>
    private static void ForInner(Action<int, IEnumerable<(int From, double Weight)>> check)
    {
        for (int y = 1; y < 31; y++)
        {
            for (int x = 1; x < 31; x++)
            {
                (int top, int left) = (2 * y - 1, 2 * x - 1);
                check(
                    y * 32 + x,
                    [.. Enumerable.Range(0, 16).Select(k => ((top + k / 4) * 64 + left + k % 4, Weights[k / 4] * Weights[k % 4] / 64.0))]
                );
            }
        }
    }

    [Test]
    public void Class_ids_are_picked_under_the_centre()
    {
        _folder.Image("seg/a.png", 64, 64, 1, i => i * 5 % 11);
        float[] read = FolderReader.Label(_folder, new SegmentationTask("seg", 11));
        Assert.That(
            read,
            Is.EqualTo(Enumerable.Range(0, 1024).Select(i => (float)(((2 * (i / 32) + 1) * 64 + 2 * (i % 32) + 1) * 5 % 11)))
        );
    }

    [Test]
    public void Depths_are_picked_and_not_scaled()
    {
        _folder.Image16("depth/a.png", 64, 64, 1, i => i * 7 % 5000);
        float[] read = FolderReader.Label(_folder, new DepthTask(), FolderReader.Size32 with { DepthScale = 1 });
        Assert.That(
            read,
            Is.EqualTo(Enumerable.Range(0, 1024).Select(i => (float)(((2 * (i / 32) + 1) * 64 + 2 * (i % 32) + 1) * 7 % 5000)))
        );
    }

    [TestCase(8)]
    [TestCase(16)]
    public void Maps_in_png_are_weighted_means(int bits)
    {
        int max = (1 << bits) - 1;
        int Value(int i) => i * 4051 % (max + 1);
        if (bits == 8)
            _folder.Image("edge/a.png", 64, 64, 1, Value);
        else
            _folder.Image16("edge/a.png", 64, 64, 1, Value);
        float[] read = FolderReader.Label(_folder, new MapTask("edge"));
        // Rounded to 1/65535 (half a step), and float32 sums.
        ForInner((i, from) => Assert.That(read[i], Is.EqualTo(from.Sum(f => f.Weight * Value(f.From)) / max).Within(0.6 / 65535)));
    }

    [Test]
    public void Invalid_pixels_of_a_map_take_no_part_and_win_by_majority()
    {
        float[] values = [.. Enumerable.Range(0, 64 * 64).Select(i => i % 5 == 0 || i / 64 % 9 < 4 ? float.NaN : i % 97 / 100f)];
        _folder.Npy("edge/a.npy", "(64, 64)", values);
        float[] read = FolderReader.Label(_folder, new MapTask("edge"));
        int invalid = 0;
        ForInner(
            (i, from) =>
            {
                (int From, double Weight)[] valid = [.. from.Where(f => !float.IsNaN(values[f.From]))];
                double weight = valid.Sum(f => f.Weight);
                if (weight < 0.499)
                {
                    Assert.That(read[i], Is.NaN);
                    invalid++;
                }
                else
                {
                    Assert.That(read[i], Is.EqualTo(valid.Sum(f => f.Weight * values[f.From]) / weight).Within(1e-6));
                }
            }
        );
        Assert.That(invalid, Is.InRange(100, 800), "both happen");
    }

    [Test]
    public void Normals_are_weighted_means_of_the_valid_ones_at_unit_length()
    {
        double[] Vector(int i) => i % 6 == 0 ? [0, 0, 0] : [Math.Sin(i) / 2, Math.Cos(i) / 2, -Math.Sqrt(0.75)];
        _folder.Npy("normals/a.npy", "(64, 64, 3)", [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => (float)Vector(i / 3)[i % 3])]);
        float[] read = FolderReader.Label(_folder, new NormalsTask());
        ForInner(
            (i, from) =>
            {
                double[] mean = [.. Enumerable.Range(0, 3).Select(c => from.Sum(f => f.Weight * Vector(f.From)[c]))];
                double length = Math.Sqrt(mean.Sum(v => v * v));
                for (int c = 0; c < 3; c++)
                    Assert.That(read[c * 1024 + i], Is.EqualTo(mean[c] / length).Within(1e-6));
            }
        );
    }

    [Test]
    public void Enlarging_works_too()
    {
        FolderOptions options = FolderReader.Size32 with { Height = 128, Width = 96 };
        _folder.Image("seg/a.png", 64, 64, 1, i => i / 64 % 11);
        _folder.Image("edge/a.png", 64, 64, 1, i => i % 64 * 4);
        float[] seg = FolderReader.Label(_folder, new SegmentationTask("seg", 11), options);
        float[] edge = FolderReader.Label(_folder, new MapTask("edge"), options);
        for (int i = 0; i < 128 * 96; i++)
        {
            Assert.That(seg[i], Is.EqualTo(i / 96 / 2 % 11));
            // Between the first and the last centre the ramp goes on; beyond, it is level.
            double x = Math.Clamp((i % 96 + 0.5) * 64 / 96 - 0.5, 0, 63);
            Assert.That(edge[i], Is.EqualTo(x * 4 / 255).Within(1e-4));
        }
    }
}
