using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

/// <summary>Samples that are turned.</summary>
public sealed class RotationTests
{
    private static readonly TaskSet Tasks = new(
        new SegmentationTask("seg", 5),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("map"),
        new RegressionTask("pose", 2)
    );

    [Test]
    public void A_quarter_turn_puts_the_right_end_on_top_and_a_half_turn_mirrors_both_ways()
    {
        const int Size = 5;
        Sample sample = new(Size, Size);
        Sample quarter = sample.Turned(90),
            half = sample.Turned(180);
        foreach ((float[] before, float[] quarterTurned, float[] halfTurned) in sample.Planes(quarter, half))
        {
            for (int y = 0; y < Size; y++)
            {
                for (int x = 0; x < Size; x++)
                {
                    // The upper row, from left to right, is what was the right column, from above.
                    Assert.That(quarterTurned[y * Size + x], Is.EqualTo(before[x * Size + Size - 1 - y]).Within(1e-5), $"{y}, {x}");
                    Assert.That(halfTurned[y * Size + x], Is.EqualTo(before[(Size - 1 - y) * Size + Size - 1 - x]).Within(1e-5));
                }
            }
        }
        Assert.That(quarter.Label(4).ToArray(), Is.EqualTo(sample.Label(4).ToArray()), "what is said of the whole photograph");
    }

    [Test]
    public void Normals_turn_with_the_surface()
    {
        // Depth grows by 0.3 to the right and falls by 0.1 downwards: the same normal everywhere.
        const int Height = 24,
            Width = 32;
        Sample sample = new(Height, Width);
        Span<float> depth = sample.Label(3); // as a map, which is turned bilinearly
        for (int i = 0; i < depth.Length; i++)
            depth[i] = 0.3f * (i % Width) - 0.1f * (i / Width);
        float length = MathF.Sqrt(0.3f * 0.3f + 0.1f * 0.1f + 1);
        Span<float> normals = sample.Label(2);
        int plane = Height * Width;
        normals[..plane].Fill(0.3f / length);
        normals.Slice(plane, plane).Fill(-0.1f / length);
        normals.Slice(2 * plane, plane).Fill(-1 / length);
        Sample turned = sample.Turned(33);
        Span<float> map = turned.Label(3),
            vectors = turned.Label(2);
        int looked = 0;
        for (int y = 0; y < Height - 1; y++)
        {
            for (int x = 0; x < Width - 1; x++)
            {
                int i = y * Width + x;
                float right = map[i + 1] - map[i],
                    down = map[i + Width] - map[i];
                // A linear function is turned exactly, but for half a pixel at the border.
                if (float.IsNaN(right) || float.IsNaN(down) || IsNear(map, y, x, Height, Width))
                    continue;
                looked++;
                Assert.That(vectors[i], Is.EqualTo(right / length).Within(1e-5));
                Assert.That(vectors[plane + i], Is.EqualTo(down / length).Within(1e-5));
                Assert.That(vectors[2 * plane + i], Is.EqualTo(-1 / length).Within(1e-5));
            }
        }
        Assert.That(looked, Is.GreaterThan(200));
    }

    [Test]
    public void What_comes_from_outside_has_no_label_and_a_mirrored_photograph()
    {
        const int Height = 8,
            Width = 16;
        Sample sample = new(Height, Width);
        Sample turned = sample.Turned(90);
        // A row of 16 stands upright in 8 rows: the columns beyond 8 rows' width come from outside.
        Assert.That(turned.Label(0)[0], Is.EqualTo(-1));
        Assert.That(turned.Label(1)[0], Is.Zero);
        Assert.That(turned.Label(2)[0], Is.Zero);
        Assert.That(turned.Label(3)[0], Is.NaN);
        Assert.That(turned.Label(0)[Width / 2], Is.GreaterThanOrEqualTo(0));
        foreach (float value in turned.Image)
            Assert.That(value, Is.InRange(0f, 1f));
    }

    [Test]
    public void A_turn_of_nothing_changes_nothing()
    {
        Sample sample = new(9, 7);
        Sample turned = sample.Turned(0);
        Assert.That(turned.Image, Is.EqualTo(sample.Image));
        for (int t = 0; t < Tasks.Count; t++)
            Assert.That(turned.Label(t).ToArray(), Is.EqualTo(sample.Label(t).ToArray()));
    }

    private static bool IsNear(ReadOnlySpan<float> map, int y, int x, int height, int width)
    {
        for (int dy = -1; dy <= 2; dy++)
        {
            for (int dx = -1; dx <= 2; dx++)
            {
                int row = y + dy,
                    column = x + dx;
                if (row < 0 || column < 0 || row >= height || column >= width || float.IsNaN(map[row * width + column]))
                    return true;
            }
        }
        return false;
    }

    private sealed class Sample
    {
        private readonly int _height;
        private readonly int _width;
        private readonly float[] _labels;

        public Sample(int height, int width)
        {
            (_height, _width) = (height, width);
            MemoryDataset data = new(1, height, width, Tasks);
            Image = new float[3 * height * width];
            _labels = new float[Tasks.LabelValues(height, width)];
            data.Read(0, Tasks.All, Buffer);
            // All valid, so that whatever is invalid behind a turn comes from outside.
            foreach (ref float id in Label(0))
                id = Math.Max(id, 0);
            foreach (ref float metres in Label(1))
                metres += 1;
        }

        public float[] Image { get; }

        private SampleBuffer Buffer => new(Tasks, _height, _width, Image, _labels);

        public Span<float> Label(int task) => Buffer.Label(task);

        public Sample Turned(double angle)
        {
            Sample turned = new(_height, _width);
            turned._labels.AsSpan().Fill(float.NaN);
            new Rotation(Tasks, _height, _width, 180).Apply(Buffer, turned.Buffer, Tasks.All, angle);
            return turned;
        }

        /// <summary>All planes but those of normals' x and y, which turn, side by side with those of two turned samples.</summary>
        public IEnumerable<(float[] Before, float[] First, float[] Second)> Planes(Sample first, Sample second)
        {
            int plane = _height * _width;
            for (int c = 0; c < 3; c++)
                yield return (Of(Image, c), Of(first.Image, c), Of(second.Image, c));
            foreach (int task in new[] { 0, 1, 3 })
                yield return (Label(task).ToArray(), first.Label(task).ToArray(), second.Label(task).ToArray());
            yield return (Z(this), Z(first), Z(second));

            float[] Of(float[] image, int c) => image[(c * plane)..((c + 1) * plane)];
            float[] Z(Sample sample) => sample.Label(2)[(2 * plane)..].ToArray();
        }
    }
}
