using System.Runtime.InteropServices;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Views;

public sealed class ViewCropTests
{
    private const int Height = 32;
    private const int Width = 64;

    [TestCase(FlipMode.None)]
    [TestCase(FlipMode.EveryView)]
    public void A_batch_tells_where_in_view_0_every_pixel_of_the_other_views_comes_from(FlipMode flip)
    {
        using DataLoader loader = new(
            new Ramp(),
            null,
            new DataLoaderOptions
            {
                BatchSize = 6,
                Views = 3,
                Flip = flip,
                Seed = 5,
                Color = false,
            }
        );
        Batch batch = loader.Next();
        int mirrored = 0,
            enlarged = 0;
        for (int v = 1; v < 3; v++)
        {
            for (int b = 0; b < batch.Samples; b++)
            {
                ViewCrop crop = batch.Crops[v * batch.Samples + b];
                mirrored += crop.Mirrored ? 1 : 0;
                enlarged += crop.Scale > 1 ? 1 : 0;
                Assert.That((crop.Height, crop.Width), Is.EqualTo(((double)(int)(Height / crop.Scale), (double)(int)(Width / crop.Scale))));
                Span<float> whole = batch.GetSample(0, b).Label(0),
                    view = batch.GetSample(v, b).Label(0);
                foreach ((int y, int x) in ((int, int)[])[(0, 0), (31, 63), (7, 40), (19, 3)])
                {
                    double row = crop.Top + y * (crop.Height - 1) / (Height - 1);
                    double column = crop.Left + x * (crop.Width - 1) / (Width - 1);
                    if (crop.Mirrored)
                        column = Width - 1 - column;
                    // Ramps are linear, so that blending between pixels is exact but for float32's rounding.
                    Assert.That(view[y * Width + x], Is.EqualTo(Blend(whole, row, column)).Within(1e-5), $"rows, view {v}, sample {b}");
                    Assert.That(
                        view[Height * Width + y * Width + x],
                        Is.EqualTo(Blend(whole[(Height * Width)..], row, column)).Within(1e-5),
                        $"columns, view {v}, sample {b}"
                    );
                }
            }
        }
        Assert.That(mirrored > 0, Is.EqualTo(flip == FlipMode.EveryView));
        Assert.That(enlarged, Is.GreaterThan(0));
        loader.Recycle(batch);
    }

    [Test]
    public void Without_augmentation_every_view_is_the_whole()
    {
        using DataLoader loader = new(
            new Ramp(),
            null,
            new DataLoaderOptions
            {
                BatchSize = 2,
                Views = 2,
                Augment = false,
            }
        );
        Batch batch = loader.Next();
        Assert.That(batch.Crops.ToArray(), Is.All.EqualTo(ViewCrop.Whole(Height, Width)));
        loader.Recycle(batch);
        using Batch fresh = new(new Ramp().Tasks, 2, 3, Height, Width);
        Assert.That(fresh.Crops.ToArray(), Has.Length.EqualTo(6).And.All.EqualTo(ViewCrop.Whole(Height, Width)));
    }

    [Test]
    public void Lies_in_memory_as_the_native_side_reads_it()
    {
        ViewCrop[] crops = [new(1.5, 2, 3, 4, 5, mirrored: true)];
        Assert.That(MemoryMarshal.Cast<ViewCrop, double>(crops).ToArray(), Is.EqualTo(new[] { 1.5, 2, 3, 4, 5, 1 }));
    }

    private static double Blend(ReadOnlySpan<float> plane, double row, double column)
    {
        int y = Math.Min((int)row, Height - 2),
            x = Math.Min((int)column, Width - 2);
        double fy = row - y,
            fx = column - x;
        double top = plane[y * Width + x] * (1 - fx) + plane[y * Width + x + 1] * fx;
        double bottom = plane[(y + 1) * Width + x] * (1 - fx) + plane[(y + 1) * Width + x + 1] * fx;
        return top * (1 - fy) + bottom * fy;
    }

    /// <summary>Two channels that grow from top to bottom and from left to right.</summary>
    private sealed class Ramp : IMultiTaskDataset
    {
        public TaskSet Tasks { get; } = new(new MapTask("ramp", 2));
        public int Count => 6;
        public int Height => ViewCropTests.Height;
        public int Width => ViewCropTests.Width;

        public SampleInfo GetSampleInfo(int index) => new($"{index}", Tasks.All);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            destination.Image.Fill(0.5f);
            Span<float> label = destination.Label(0);
            for (int i = 0; i < Height * Width; i++)
            {
                label[i] = i / Width / (float)(Height - 1);
                label[Height * Width + i] = i % Width / (float)(Width - 1);
            }
            return wanted;
        }
    }
}
