using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Views;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

[TestFixture]
public sealed class RandomScaleCropTests
{
    private const int Height = 32;
    private const int Width = 72;
    private static readonly TaskSet Tasks = MemoryDataset.AllKinds;

    private readonly float[] _image = new float[3 * Height * Width];
    private readonly float[] _labels = new float[Tasks.TotalLabelChannels * Height * Width];
    private readonly float[] _croppedImage = new float[3 * Height * Width];
    private readonly float[] _croppedLabels = new float[Tasks.TotalLabelChannels * Height * Width];

    private SampleBuffer Source => new(Tasks, Height, Width, _image, _labels);

    private SampleBuffer Cropped => new(Tasks, Height, Width, _croppedImage, _croppedLabels);

    [SetUp]
    public void ReadSample()
    {
        new MemoryDataset(5, Height, Width).Read(4, Tasks.All, Source);
        _croppedImage.AsSpan().Fill(-77);
        _croppedLabels.AsSpan().Fill(-77);
    }

    /// <summary>One value of a crop in double, straight from the definition.</summary>
    private static double Expected(ReadOnlySpan<float> plane, TaskKind? kind, double scale, CropWindow window, int y, int x)
    {
        int height = (int)(Height / scale);
        int width = (int)(Width / scale);
        if (kind == TaskKind.Segmentation || kind == TaskKind.Depth)
        {
            float picked = plane[(window.Top + y * height / Height) * Width + window.Left + x * width / Width];
            return kind == TaskKind.Depth ? picked / scale : picked;
        }
        double sum = 0;
        double py = y * (height - 1.0) / (Height - 1);
        double px = x * (width - 1.0) / (Width - 1);
        for (int i = 0; i < height; i++)
        {
            double wy = 1 - Math.Abs(i - py);
            if (wy <= 0)
                continue;
            for (int j = 0; j < width; j++)
            {
                double wx = 1 - Math.Abs(j - px);
                if (wx > 0)
                    sum += wy * wx * plane[(window.Top + i) * Width + window.Left + j];
            }
        }
        return sum;
    }

    [TestCase(0, 0, 0)]
    [TestCase(1, 0, 0)]
    [TestCase(1, 6, 12)]
    [TestCase(1, 3, 5)]
    [TestCase(2, 0, 0)]
    [TestCase(2, 11, 24)]
    [TestCase(2, 4, 9)]
    public void A_crop_is_what_its_definition_says(int zoom, int top, int left)
    {
        CropWindow window = new(zoom, top, left);
        double scale = RandomScaleCrop.Scales[zoom];
        new RandomScaleCrop(Tasks, Height, Width).Apply(Source, Cropped, Tasks.All, window);

        const int plane = Height * Width;
        for (int c = 0; c < 3; c++)
            Compare(_image.AsSpan(c * plane, plane), _croppedImage.AsSpan(c * plane, plane), null, $"image {c}");
        for (int t = 0; t < Tasks.Count; t++)
        {
            for (int c = 0; c < Tasks[t].LabelChannels; c++)
                Compare(
                    Source.Label(t).Slice(c * plane, plane),
                    Cropped.Label(t).Slice(c * plane, plane),
                    Tasks[t].Kind,
                    $"{Tasks[t].Name} {c}"
                );
        }

        void Compare(ReadOnlySpan<float> source, ReadOnlySpan<float> result, TaskKind? kind, string what)
        {
            double worst = 0;
            for (int i = 0; i < plane; i++)
                worst = Math.Max(worst, Math.Abs(result[i] - Expected(source, kind, scale, window, i / Width, i % Width)));
            // Picked ids are exact. A float32 place up to 72 is off by 4e-6, and neighbours differ by up to 1.
            double tolerance = kind == TaskKind.Segmentation ? 0 : 2e-5;
            Assert.That(worst, Is.LessThanOrEqualTo(tolerance), what);
        }
    }

    [Test]
    public void Scale_1_changes_nothing()
    {
        new RandomScaleCrop(Tasks, Height, Width).Apply(Source, Cropped, Tasks.All, new CropWindow(0, 0, 0));
        Assert.That(_croppedImage, Is.EqualTo(_image));
        Assert.That(_croppedLabels, Is.EqualTo(_labels));
    }

    [Test]
    public void What_is_enlarged_is_nearer()
    {
        Source.Label(1).Fill(3f);
        new RandomScaleCrop(Tasks, Height, Width).Apply(Source, Cropped, Tasks.All, new CropWindow(2, 1, 1));
        Assert.That(Cropped.Label(1).ToArray(), Is.All.EqualTo(2f));
    }

    [Test]
    public void Normals_are_blended_as_they_are_and_not_renormalised()
    {
        // Left half looks along x, right half along y: between them the published blend is shorter than 1.
        Span<float> normals = Source.Label(2);
        for (int i = 0; i < normals.Length; i++)
        {
            int channel = i / (Height * Width);
            bool right = i % Width >= Width / 2;
            normals[i] = channel == (right ? 1 : 0) ? 1f : 0f;
        }
        new RandomScaleCrop(Tasks, Height, Width).Apply(Source, Cropped, Tasks.All, new CropWindow(2, 0, 12));
        Span<float> n = Cropped.Label(2);
        double shortest = 1;
        for (int x = 0; x < Width; x++)
        {
            Assert.That(n[x] + n[Height * Width + x], Is.EqualTo(1f).Within(1e-6), "the weights add up to 1");
            shortest = Math.Min(shortest, Math.Sqrt(n[x] * n[x] + n[Height * Width + x] * n[Height * Width + x]));
        }
        Assert.That(shortest, Is.LessThan(0.9));
    }

    [Test]
    public void Labels_that_do_not_exist_are_left_alone()
    {
        new RandomScaleCrop(Tasks, Height, Width).Apply(Source, Cropped, new TaskMask(0b0101), new CropWindow(1, 2, 2));
        Assert.That(Cropped.Label(1).ToArray(), Is.All.EqualTo(-77f));
        Assert.That(Cropped.Label(3).ToArray(), Is.All.EqualTo(-77f));
        Assert.That(Cropped.Label(0).ToArray(), Has.None.EqualTo(-77f));
        Assert.That(Cropped.Label(2).ToArray(), Has.None.EqualTo(-77f));
    }

    [Test]
    public void Windows_are_drawn_uniformly_and_reach_every_place()
    {
        RandomScaleCrop crop = new(Tasks, Height, Width);
        const int draws = 60000;
        Dictionary<CropWindow, int> counts = [];
        for (int i = 0; i < draws; i++)
        {
            CropWindow window = crop.Draw(new ViewKey(1, 0, i, 0).Random(RandomUse.Crop));
            counts[window] = counts.GetValueOrDefault(window) + 1;
        }
        // Window sizes 32 x 72, 26 x 60, 21 x 48 leave 1, 7 x 13, 12 x 25 places.
        int[] places = [1, 7 * 13, 12 * 25];
        int[] lastRows = [0, 6, 11];
        int[] lastColumns = [0, 12, 24];
        for (int zoom = 0; zoom < 3; zoom++)
        {
            List<KeyValuePair<CropWindow, int>> windows = [.. counts.Where(c => c.Key.Zoom == zoom)];
            // Four standard deviations of a share of 1/3.
            Assert.That(windows.Sum(c => c.Value) / (double)draws, Is.EqualTo(1 / 3.0).Within(0.008));
            Assert.That(windows, Has.Count.EqualTo(places[zoom]));
            Assert.That(windows.Min(c => c.Key.Top), Is.Zero);
            Assert.That(windows.Max(c => c.Key.Top), Is.EqualTo(lastRows[zoom]));
            Assert.That(windows.Max(c => c.Key.Left), Is.EqualTo(lastColumns[zoom]));
            // About 67 draws a place at the least: five standard deviations are 41.
            double mean = draws / 3.0 / places[zoom];
            Assert.That(
                windows.Select(c => (double)c.Value),
                Is.All.EqualTo(mean).Within(5 * Math.Sqrt(mean)).Or.EqualTo(mean).Within(0.03 * mean)
            );
        }
    }

    [Test]
    public void A_draw_depends_on_every_part_of_its_key()
    {
        ViewKey key = new(1, 2, 3, 4);
        ulong draw = key.Random(RandomUse.Crop).NextUInt64();
        Assert.That(key.Random(RandomUse.Crop).NextUInt64(), Is.EqualTo(draw));
        ulong[] others =
        [
            (key with { Seed = 2 }).Random(RandomUse.Crop).NextUInt64(),
            (key with { Epoch = 3 }).Random(RandomUse.Crop).NextUInt64(),
            (key with { Sample = 4 }).Random(RandomUse.Crop).NextUInt64(),
            (key with { View = 5 }).Random(RandomUse.Crop).NextUInt64(),
            key.Random(RandomUse.Color).NextUInt64(),
        ];
        Assert.That(others, Has.None.EqualTo(draw).And.Unique);
    }

    [TestCase(0, 0, 0)]
    [TestCase(1, 6, 12)]
    [TestCase(1, 3, 5)]
    [TestCase(2, 0, 0)]
    [TestCase(2, 4, 9)]
    public void A_mirrored_crop_is_a_crop_of_the_mirrored_sample_bit_for_bit(int zoom, int top, int left)
    {
        RandomScaleCrop crop = new(Tasks, Height, Width);
        crop.Apply(Source, Cropped, Tasks.All, new CropWindow(zoom, top, left, Mirrored: true));
        float[] image = [.. _croppedImage];
        float[] labels = [.. _croppedLabels];

        for (int row = 0; row < _image.Length; row += Width)
            _image.AsSpan(row, Width).Reverse();
        for (int row = 0; row < _labels.Length; row += Width)
            _labels.AsSpan(row, Width).Reverse();
        Span<float> x = Source.Label(2)[..(Height * Width)];
        for (int i = 0; i < x.Length; i++)
            x[i] = -x[i];
        crop.Apply(Source, Cropped, Tasks.All, new CropWindow(zoom, top, left));

        Assert.That(Tasks[2].Kind, Is.EqualTo(TaskKind.Normals));
        Assert.That(image, Is.EqualTo(_croppedImage));
        Assert.That(labels, Is.EqualTo(_croppedLabels));
    }

    [Test]
    public void Half_of_the_views_are_mirrored_and_their_windows_are_the_same()
    {
        RandomScaleCrop straight = new(Tasks, Height, Width);
        RandomScaleCrop flipping = new(Tasks, Height, Width, flip: true);
        const int views = 2000;
        int mirrored = Enumerable.Range(0, views).Count(i => RandomScaleCrop.DrawFlip(new ViewKey(3, 1, i, 2)));
        // Five standard deviations of a binomial: 5 * sqrt(2000 / 4) = 112.
        Assert.That(mirrored, Is.EqualTo(views / 2).Within(112));

        for (int i = 0; i < 8; i++)
        {
            ViewKey key = new(3, 1, i, 2);
            flipping.Apply(Source, Cropped, Tasks.All, key);
            float[] image = [.. _croppedImage];
            CropWindow window = straight.Draw(key.Random(RandomUse.Crop)) with { Mirrored = RandomScaleCrop.DrawFlip(key) };
            straight.Apply(Source, Cropped, Tasks.All, window);
            Assert.That(image, Is.EqualTo(_croppedImage));
        }
    }
}
