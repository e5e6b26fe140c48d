using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.Layouts;

namespace Jtr.Interop.Tests.Datasets.Cityscapes;

/// <summary>The official folders, read back value for value.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CityscapesDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private CityscapesDataset Open(CityscapesOptions? options = null) => new(_folder.Root, options ?? CityscapesFolder.Options);

    [Test]
    public void Samples_come_by_city_and_name_with_photograph_categories_and_disparity()
    {
        _folder.Sample("bochum", "bochum_000000_000313", seed: 2);
        _folder.Sample("aachen", "aachen_000001_000019", seed: 1);
        _folder.Sample("aachen", "aachen_000000_000019", seed: 0);
        _folder.Sample("frankfurt", "frankfurt_000000_000294", split: "val");
        _folder.Write("gtFine/train/aachen/aachen_000000_000019_gtFine_color.png", "not read");
        _folder.Write("gtFine/train/aachen/aachen_000000_000019_gtFine_polygons.json", "not read");

        CityscapesDataset data = Open();
        Assert.That(
            Enumerable.Range(0, data.Count).Select(data.GetName),
            Is.EqualTo(["aachen_000000_000019", "aachen_000001_000019", "bochum_000000_000313"])
        );
        Assert.That(
            data.Tasks.Select(t => (t.Name, t.Kind, t.Channels)),
            Is.EqualTo([("segmentation", TaskKind.Segmentation, 7), ("depth", TaskKind.Depth, 1)])
        );
        Assert.That(data.Problems, Is.Empty);
        // Worked out by hand from the published table: evaluated ids of each category, all others none.
        Dictionary<int, int> categories = Table([
            [7, 8],
            [11, 12, 13],
            [17, 19, 20],
            [21, 22],
            [23],
            [24, 25],
            [26, 27, 28, 31, 32, 33],
        ]);
        for (int s = 0; s < 3; s++)
        {
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, s);
            Assert.That(written, Is.EqualTo(data.Tasks.All));
            Assert.That(image, Is.EqualTo(LayoutReader.Planar(CityscapesFolder.Pixels, 3, i => CityscapesFolder.ImageValue(s, i) / 255f)));
            Assert.That(
                labels[0],
                Is.EqualTo(Enumerable.Range(0, CityscapesFolder.Pixels).Select(i => (float)categories.GetValueOrDefault((i + s) % 34, -1)))
            );
            Assert.That(
                labels[1],
                Is.EqualTo(Enumerable.Range(0, CityscapesFolder.Pixels).Select(i => Inverse(CityscapesFolder.DisparityValue(s, i))))
            );
        }
    }

    [Test]
    public void Nineteen_classes_are_the_train_ids()
    {
        _folder.Image("aachen", "a");
        _folder.Ids("aachen", "a", i => i % 34);
        CityscapesDataset data = Open(CityscapesFolder.Options with { Labels = CityscapesLabels.Classes, Depth = CityscapesDepth.None });
        Dictionary<int, int> trainIds = Table([
            [7],
            [8],
            [11],
            [12],
            [13],
            [17],
            [19],
            [20],
            [21],
            [22],
            [23],
            [24],
            [25],
            [26],
            [27],
            [28],
            [31],
            [32],
            [33],
        ]);
        Assert.That(
            SampleArrays.Read(data, 0).Labels[0],
            Is.EqualTo(Enumerable.Range(0, CityscapesFolder.Pixels).Select(i => (float)trainIds.GetValueOrDefault(i % 34, -1)))
        );
        SegmentationTask task = (SegmentationTask)data.Tasks[0];
        Assert.That(
            (task.ClassCount, task.ClassNames[0], task.ClassNames[13], task.ClassNames[18]),
            Is.EqualTo((19, "road", "car", "bicycle"))
        );
    }

    [Test]
    public void Inverse_depth_is_the_disparity_by_256_and_zero_where_there_is_none()
    {
        _folder.Image("aachen", "a");
        _folder.Disparity(
            "aachen",
            "a",
            i =>
                i switch
                {
                    0 => 0,
                    1 => 1,
                    2 => 2,
                    3 => 257,
                    4 => 65535,
                    _ => 32257,
                }
        );
        float[] depth = SampleArrays.Read(Open(CityscapesFolder.Options with { Labels = CityscapesLabels.None }), 0).Labels[0];
        Assert.That(depth[..6], Is.EqualTo([0f, 0f, 1 / 65536f, 1 / 256f, 65534 / 65536f, 32256 / 65536f]));
    }

    [Test]
    public void Metric_depth_is_baseline_times_focal_length_by_disparity()
    {
        _folder.Image("aachen", "a");
        _folder.Disparity(
            "aachen",
            "a",
            i =>
                i switch
                {
                    0 => 0,
                    1 => 1,
                    2 => 257,
                    3 => 2561,
                    _ => 10241,
                }
        );
        _folder.Write("camera/train/aachen/a_camera.json", CityscapesFolder.Camera);
        CityscapesOptions options = CityscapesFolder.Options with { Labels = CityscapesLabels.None, Depth = CityscapesDepth.Metric };
        double product = 0.209313 * 2262.52;
        // Disparities of 1, 10 and 40 pixels; no disparity is infinitely far.
        Assert.That(
            SampleArrays.Read(Open(options), 0).Labels[0][..5],
            Is.EqualTo([0f, 0f, (float)product, (float)(product / 10), (float)(product / 40)])
        );
        Assert.That(
            SampleArrays.Read(Open(options with { MaxMetricDepth = 80 }), 0).Labels[0][..5],
            Is.EqualTo([0f, 0f, 0f, (float)(product / 10), (float)(product / 40)])
        );
    }

    [Test]
    public void Labels_and_disparity_are_resized_by_picking_and_never_mixed()
    {
        _folder.Image("aachen", "a", height: 64, width: 128);
        // Blocks of 2 x 2 differ within: the pixel under the target's centre is the lower right one.
        _folder.Ids("aachen", "a", i => i / 128 % 2 == 1 && i % 2 == 1 ? 26 : 7, height: 64, width: 128);
        _folder.Disparity("aachen", "a", i => i / 128 % 2 == 1 && i % 2 == 1 ? 257 : 0, height: 64, width: 128);
        (_, float[][] labels, _) = SampleArrays.Read(Open(), 0);
        Assert.That(labels[0], Is.All.EqualTo(6f));
        Assert.That(labels[1], Is.All.EqualTo(1 / 256f));
    }

    [Test]
    public void What_is_kept_in_memory_is_what_is_read()
    {
        _folder.Sample("aachen", "a", seed: 5);
        CityscapesDataset cached = Open(CityscapesFolder.Options with { CacheInMemory = true });
        (float[] image, float[][] labels, _) = SampleArrays.Read(cached, 0);
        Assert.That((cached.IsCached, Open().IsCached), Is.EqualTo((true, false)));
        Directory.Delete(_folder["leftImg8bit"], recursive: true);
        (float[] again, float[][] labelsAgain, _) = SampleArrays.Read(cached, 0);
        Assert.That(again, Is.EqualTo(image));
        Assert.That(labelsAgain, Is.EqualTo(labels));
    }

    [Test]
    public void Only_wanted_labels_are_read()
    {
        _folder.Sample("aachen", "a");
        _folder.Write("disparity/train/aachen/a_disparity.png", "damaged");
        (_, float[][] labels, TaskMask written) = SampleArrays.Read(Open(), 0, TaskMask.None.With(0));
        Assert.That(written, Is.EqualTo(TaskMask.None.With(0)));
        Assert.That(labels[1], Is.All.EqualTo(-77f));
    }

    [Test]
    public void Either_layout_opens_by_what_is_there()
    {
        Assert.That(
            () => CityscapesDataset.Open(_folder.Root, CityscapesFolder.Options),
            LayoutReader.Fault(_folder.Root, "no Cityscapes")
        );
        _folder.Npy("train/image/0.npy", "(32, 64, 3)", new float[3 * CityscapesFolder.Pixels]);
        CityscapesOptions options = CityscapesFolder.Options with { AllowMissing = true };
        Assert.That(CityscapesDataset.Open(_folder.Root, options), Is.TypeOf<CityscapesNpyDataset>());
        _folder.Image("aachen", "a");
        LayoutDataset official = CityscapesDataset.Open(_folder.Root, options);
        Assert.That(official, Is.TypeOf<CityscapesDataset>());
        Assert.That(official.GetLabeled(0), Is.EqualTo(TaskMask.None));
    }

    private static float Inverse(int value) => value == 0 ? 0f : (value - 1) / 65536f;

    private static Dictionary<int, int> Table(int[][] ids)
    {
        Dictionary<int, int> table = [];
        for (int c = 0; c < ids.Length; c++)
        {
            foreach (int id in ids[c])
                table.Add(id, c);
        }
        return table;
    }
}
