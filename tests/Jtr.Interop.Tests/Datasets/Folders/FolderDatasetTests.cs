using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FolderDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private FolderDataset Open(FolderOptions? options = null) => new(_folder.Root, options ?? FolderReader.Size32);

    private void Image(string stem, int height = 32, int width = 32) => _folder.Image($"image/{stem}.png", height, width, 3, i => i % 256);

    /// <summary>Three photographs: a has both labels, b only depth, c none.</summary>
    private void ThreeSamples()
    {
        foreach (string stem in new[] { "c", "a", "b" })
            Image(stem);
        _folder.Image("seg/a.png", 32, 32, 1, i => i % 4);
        _folder.Image("depth/a.png", 32, 32, 1, i => i % 200);
        _folder.Npy("depth/b.npy", "(32, 32)", [.. Enumerable.Range(0, 1024).Select(i => (float)i)]);
    }

    [Test]
    public void A_missing_label_file_is_a_missing_label()
    {
        ThreeSamples();
        FolderDataset data = Open();
        Assert.That(data.Count, Is.EqualTo(3));
        Assert.That(Enumerable.Range(0, 3).Select(data.GetName), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "seg", "depth" }));
        Assert.That(
            Enumerable.Range(0, 3).Select(data.GetLabeled),
            Is.EqualTo(new[] { new TaskMask(0b11), new TaskMask(0b10), TaskMask.None })
        );
        Assert.That(data.GetLabelPath(0, 0), Is.EqualTo(_folder["seg/a.png"]));
        Assert.That(data.GetLabelPath(1, 0), Is.Null);
        Assert.That(data.GetImagePath(1), Is.EqualTo(_folder["image/b.png"]));
        Assert.That(data.Problems, Is.Empty);

        (_, float[][] labels, TaskMask written) = SampleArrays.Read(data, 1);
        Assert.That(written, Is.EqualTo(new TaskMask(0b10)));
        Assert.That(labels[0], Is.All.EqualTo(-77f), "left as it was");
        Assert.That(labels[1], Is.EqualTo(Enumerable.Range(0, 1024)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Labels_that_are_not_wanted_are_not_read(bool cached)
    {
        ThreeSamples();
        _folder.Write("seg/a.png", "damaged");
        FolderDataset data = Open(
            FolderReader.Size32 with
            {
                CacheInMemory = cached,
                Tasks = [new SegmentationTask("seg", 4), new DepthTask()],
            }
        );
        Assert.That(SampleArrays.Read(data, 0, new TaskMask(0b10)).Written, Is.EqualTo(new TaskMask(0b10)));
        Assert.That(() => SampleArrays.Read(data, 0, new TaskMask(0b11)), Throws.TypeOf<JtrFormatException>());
        Assert.That(SampleArrays.Read(data, 0, TaskMask.None).Written, Is.EqualTo(TaskMask.None));
    }

    [Test]
    public void What_is_kept_in_memory_equals_what_is_read_bit_for_bit()
    {
        foreach (string stem in new[] { "a", "b" })
        {
            _folder.Image($"image/{stem}.jpg", 50, 70, 3, i => i * 13 % 256);
            _folder.Image($"seg/{stem}.png", 50, 70, 1, i => i % 9 == 0 ? 255 : i % 7);
            _folder.Image16($"depth/{stem}.png", 50, 70, 1, i => i * 11 % 65536);
            _folder.Image($"normals/{stem}.png", 50, 70, 3, i => i * 17 % 256);
            _folder.Image($"edge/{stem}.png", 50, 70, 1, i => i * 5 % 256);
            _folder.Npy(
                $"keypoint/{stem}.npy",
                "(50, 70)",
                [.. Enumerable.Range(0, 3500).Select(i => i % 8 == 0 ? float.NaN : i % 50 / 49f)]
            );
        }
        FolderDataset read = Open(FolderReader.Size32 with { Width = 64, CacheInMemory = false });
        FolderDataset kept = Open(FolderReader.Size32 with { Width = 64, CacheInMemory = true });
        Assert.That(read.IsCached, Is.False);
        Assert.That(kept.IsCached, Is.True);
        Assert.That(kept.Tasks, Is.EqualTo(read.Tasks).And.Count.EqualTo(5));
        SampleArrays.Read(kept, 1, new TaskMask(0b00101));
        Directory.Move(_folder["image"], _folder["elsewhere"]);
        Assert.That(() => SampleArrays.Read(kept, 0), Throws.InstanceOf<IOException>(), "not read before");
        Directory.Move(_folder["elsewhere"], _folder["image"]);

        (float[] Image, float[][] Labels, TaskMask Written)[] expected = [SampleArrays.Read(read, 0), SampleArrays.Read(read, 1)];
        for (int pass = 0; pass < 3; pass++)
        {
            // The files are gone in the third pass.
            if (pass == 2)
                foreach (string task in new[] { "image", "seg", "depth", "normals", "edge", "keypoint" })
                    Directory.Delete(_folder[task], true);
            for (int i = 0; i < 2; i++)
            {
                (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(kept, i);
                Assert.That(written, Is.EqualTo(expected[i].Written));
                Assert.That(Bits(image), Is.EqualTo(Bits(expected[i].Image)));
                for (int t = 0; t < 5; t++)
                    Assert.That(Bits(labels[t]), Is.EqualTo(Bits(expected[i].Labels[t])), kept.Tasks[t].Name);
            }
        }

        static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
    }

    [Test]
    public void A_small_folder_is_kept_in_memory_by_itself_and_reading_it_again_allocates_nothing()
    {
        ThreeSamples();
        FolderDataset data = Open(FolderReader.Size32 with { CacheInMemory = null });
        Assert.That(data.IsCached);
        float[] image = new float[3 * 1024];
        float[] labels = new float[2 * 1024];
        data.Read(0, data.Tasks.All, new SampleBuffer(data.Tasks, 32, 32, image, labels));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
            data.Read(0, data.Tasks.All, new SampleBuffer(data.Tasks, 32, 32, image, labels));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_folder_that_would_fill_the_memory_is_not_kept_by_itself()
    {
        // Six empty files of 8192 x 8192 would take 3 bytes a pixel each, 1.1 GiB; five take less than 1 GiB.
        for (int i = 0; i < 6; i++)
            _folder.Write($"image/{i}.png", "");
        FolderOptions options = new()
        {
            Height = 8192,
            Width = 8192,
            Tasks = [new DepthTask()],
        };
        Assert.That(Open(options).IsCached, Is.False);
        File.Delete(_folder["image/5.png"]);
        Assert.That(Open(options).IsCached, Is.True);
    }

    [Test]
    public void Several_threads_read_the_same()
    {
        ThreeSamples();
        FolderDataset alone = Open();
        FolderDataset shared = Open(FolderReader.Size32 with { CacheInMemory = true });
        float[][] expected = [.. Enumerable.Range(0, 3).Select(i => SampleArrays.Read(alone, i).Image)];
        Parallel.For(
            0,
            60,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            i =>
            {
                if (!SampleArrays.Read(shared, i % 3).Image.AsSpan().SequenceEqual(expected[i % 3]))
                    throw new InvalidOperationException($"read {i} differs");
            }
        );
    }

    [Test]
    public void What_is_passed_over_is_listed_with_its_reason()
    {
        ThreeSamples();
        _folder.Image("seg/stray.png", 32, 32, 1, _ => 0);
        _folder.Write("image/notes.txt", "hello");
        _folder.Write("image/.hidden", "hello");
        _folder.Image("normals/other.png", 32, 32, 3, _ => 9);
        FolderDataset data = Open(
            FolderReader.Size32 with
            {
                Tasks = [new SegmentationTask("seg", 4), new NormalsTask(), new MapTask("edge")],
            }
        );
        Assert.That(
            data.Problems.Select(p => p.ToString()),
            Is.EquivalentTo(
                new[]
                {
                    $"{_folder["image/notes.txt"]}: passed over: not one of .jpg, .jpeg, .png",
                    $"{_folder["seg/stray.png"]}: a label without a photograph: image has no 'stray'",
                    $"{_folder["normals/other.png"]}: a label without a photograph: image has no 'other'",
                    $"{_folder["normals"]}: no sample has a label for 'normals'",
                    $"{_folder["edge"]}: the folder is missing: no sample has a label for 'edge'",
                }
            )
        );
        Assert.That(data.Count, Is.EqualTo(3));
    }

    [Test]
    public void The_loader_reads_a_folder()
    {
        ThreeSamples();
        using DataLoader loader = new(Open(), null, DataLoaderOptions.ForEvaluation(batchSize: 3));
        Batch batch = loader.Next();
        Assert.That(batch.Labeled.ToArray(), Is.EqualTo(new byte[] { 1, 1, 0, 1, 0, 0 }));
        Assert.That(batch.GetSample(0, 1).Label(1).ToArray(), Is.EqualTo(Enumerable.Range(0, 1024)));
    }
}
