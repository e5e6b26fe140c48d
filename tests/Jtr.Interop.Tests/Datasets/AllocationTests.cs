using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Hdf5;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Cityscapes;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.Datasets.NyuV2;
using Jtr.Interop.Tests.Datasets.Taskonomy;

namespace Jtr.Interop.Tests.Datasets;

/// <summary>
/// What reading a sample takes from the managed heap in the steady state, cache off. Values go through pooled memory; what is left are the
/// objects of open files and of the libraries that decode, which do not grow with the image.
/// </summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AllocationTests : IDisposable
{
    // Paths, handles and a few small objects for each of four files. One plane of 96 x 128 floats alone has 48 KiB.
    private const int MostNpy = 4 << 10;

    private const int H = 96;
    private const int W = 128;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("<f4", "False", W)]
    [TestCase("<f8", "False", W)]
    [TestCase(">f4", "False", W)]
    [TestCase("<f4", "True", W)]
    [TestCase("<f4", "False", 64)]
    public void A_sample_of_NyuV2_in_npy_files_takes_what_its_handles_take(string type, string order, int width)
    {
        WriteNyu(type, order);
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, new NyuV2Options { Height = H, Width = width });
        Assert.That(BytesPerSample(data), Is.LessThan(MostNpy));
    }

    [TestCase(H, W)]
    [TestCase(64, 192)]
    public void A_sample_of_Cityscapes_in_npy_files_takes_what_its_handles_take(int height, int width)
    {
        for (int n = 0; n < 2; n++)
        {
            Write($"train/image/{n}.npy", "<f4", 3, i => i % 256 / 255.0);
            Write($"train/label_7/{n}.npy", "<f8", 1, i => i % 8 - 1);
            Write($"train/depth/{n}.npy", "<f4", 1, i => i % 100 / 100.0);
        }
        CityscapesNpyDataset data = new(
            _folder.Root,
            new CityscapesOptions
            {
                Height = height,
                Width = width,
                CacheInMemory = false,
            }
        );
        Assert.That(BytesPerSample(data), Is.LessThan(MostNpy));
    }

    [Test]
    public void Labels_of_a_folder_in_npy_files_take_what_their_handles_take()
    {
        for (int n = 0; n < 2; n++)
        {
            _folder.Image($"image/{n}.png", H, W, 3, i => i % 256);
            Write($"seg/{n}.npy", "|u1", 1, i => i % 5);
            Write($"depth/{n}.npy", "<u2", 1, i => i % 9000);
            Write($"normals/{n}.npy", "|u1", 3, i => i % 256);
            Write($"edge/{n}.npy", "<f4", 1, i => i % 100 / 100.0);
        }
        FolderDataset data = new(
            _folder.Root,
            new FolderOptions
            {
                Height = H,
                Width = W,
                CacheInMemory = false,
            }
        );
        Assert.That(data.Tasks.Count, Is.EqualTo(4));
        // The photograph is libvips' and counted apart.
        Assert.That(BytesPerSample(data) - BytesPerSample(data, TaskMask.None), Is.LessThan(MostNpy));
    }

    [Test]
    public void A_loader_of_npy_files_takes_no_more_than_reading_them()
    {
        WriteNyu("<f4", "False");
        using NyuV2Dataset data = NyuV2Dataset.OpenNpy(_folder.Root, NyuV2Split.Train, new NyuV2Options { Height = H, Width = W });
        using DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                BatchSize = 2,
                Workers = 2,
                Flip = FlipMode.EveryView,
            }
        );
        for (int i = 0; i < 20; i++)
            loader.Recycle(loader.Next());
        // Of all threads, those of the test's own runner among them, which only add: the least of a few rounds is the loader's.
        long bytes = long.MaxValue;
        for (int round = 0; round < 6; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 10; i++)
                loader.Recycle(loader.Next());
            bytes = Math.Min(bytes, (GC.GetTotalAllocatedBytes(precise: true) - before) / 20);
        }
        TestContext.Out.WriteLine($"{bytes} bytes a sample");
        Assert.That(bytes, Is.LessThan(2 * MostNpy));
    }

    // What libvips' wrapper takes for its objects, for each file: no plane of values, which would take 12 KiB in bytes.
    [TestCase("folder", 4)]
    [TestCase("Cityscapes", 3)]
    [TestCase("Taskonomy", 8)]
    [TestCase("palette", 2)]
    public void A_picture_takes_what_the_decoders_objects_take(string layout, int files)
    {
        IMultiTaskDataset data = Pictures(layout);
        long bytes = BytesPerSample(data);
        TestContext.Out.WriteLine($"{bytes} bytes a sample of {files} files");
        Assert.That(bytes / files, Is.LessThan(10 << 10));
    }

    [Test]
    public void A_sample_of_the_HDF5_file_takes_what_its_library_takes()
    {
        string small = Path.Combine(Repository.Root, "tests/Jtr.Interop.Tests/Datasets/NyuV2/Data/small.mat");
        using NyuV2MatFile file = NyuV2Hdf5File.Open(small, rawDepth: false);
        float[] image = new float[3 * file.Height * file.Width];
        long bytes = Measure(() => file.ReadImage(0, image));
        TestContext.Out.WriteLine($"{bytes} bytes an image of {file.Height} x {file.Width}");
        Assert.That(bytes, Is.LessThan(256 << 10));
        Assert.That(() => file.ReadDepth(0, image), Throws.ArgumentException.With.Property("ParamName").EqualTo("depth"));
    }

    private IMultiTaskDataset Pictures(string layout)
    {
        switch (layout)
        {
            case "folder":
                _folder.Image("image/0.jpg", H, W, 3, i => i % 256);
                _folder.Image("seg/0.png", H, W, 1, i => i % 5);
                _folder.Image16("depth/0.png", H, W, 1, i => i % 9000);
                _folder.Image("normals/0.png", H, W, 3, i => i % 256);
                return new FolderDataset(
                    _folder.Root,
                    new FolderOptions
                    {
                        Height = H,
                        Width = W,
                        CacheInMemory = false,
                    }
                );
            case "palette":
                _folder.Image("image/0.png", H, W, 3, i => i % 256);
                _folder.Write("seg/0.png", TemporaryFolder.RawPng(3, 8, H, W, i => i % 5));
                return new FolderDataset(
                    _folder.Root,
                    new FolderOptions
                    {
                        Height = 64,
                        Width = 64,
                        CacheInMemory = false,
                    }
                );
            case "Cityscapes":
                _folder.Image("bonn", "bonn_000000_000019", height: H, width: W);
                _folder.Ids("bonn", "bonn_000000_000019", i => i % 34, height: H, width: W);
                _folder.Disparity("bonn", "bonn_000000_000019", i => i, height: H, width: W);
                return new CityscapesDataset(
                    _folder.Root,
                    new CityscapesOptions
                    {
                        Height = 64,
                        Width = 64,
                        CacheInMemory = false,
                    }
                );
            default:
                _folder.Sample("allensville", 1, 2);
                return new TaskonomyDataset(_folder.Root, TaskonomyFolder.Options);
        }
    }

    private void WriteNyu(string type, string order)
    {
        for (int n = 0; n < 2; n++)
        {
            Write($"train/image/{n}.npy", type, 3, i => i % 256 / 255.0, order);
            Write($"train/label/{n}.npy", type, 1, i => i % 14 - 1, order);
            Write($"train/depth/{n}.npy", type, 1, i => i % 100 / 10.0, order);
            Write($"train/normal/{n}.npy", type, 3, _ => Math.Sqrt(1.0 / 3), order);
        }
    }

    private void Write(string path, string type, int channels, Func<int, double> value, string order = "False")
    {
        IEnumerable<double> values = Enumerable.Range(0, H * W * channels).Select(value);
        byte[] elements =
        [
            .. values.SelectMany(v =>
                type[1..] switch
                {
                    "f8" => BitConverter.GetBytes(v),
                    "f4" when type[0] == '>' => BitConverter.GetBytes((float)v).Reverse(),
                    "f4" => BitConverter.GetBytes((float)v),
                    "u2" => BitConverter.GetBytes((ushort)v),
                    _ => [(byte)v],
                }
            ),
        ];
        _folder.Npy(path, type, channels == 1 ? $"({H}, {W})" : $"({H}, {W}, {channels})", elements, order);
    }

    private static long BytesPerSample(IMultiTaskDataset data, TaskMask? wanted = null)
    {
        float[] image = new float[3 * data.Height * data.Width];
        float[] labels = new float[data.Tasks.TotalLabelChannels * data.Height * data.Width];
        int n = 0;
        return Measure(() =>
            data.Read(n++ % data.Count, wanted ?? data.Tasks.All, new SampleBuffer(data.Tasks, data.Height, data.Width, image, labels))
        );
    }

    private static long Measure(Action read)
    {
        const int times = 20;
        const int rounds = 5;
        for (int i = 0; i < times; i++)
            read();
        // The least of some rounds: beside other tests a round has now and then some hundred bytes more, perhaps buffers that a
        // collection took out of the pools.
        long bytes = long.MaxValue;
        for (int round = 0; round < rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++)
                read();
            bytes = Math.Min(bytes, (GC.GetAllocatedBytesForCurrentThread() - before) / times);
        }
        TestContext.Out.WriteLine($"{bytes} bytes");
        return bytes;
    }
}
