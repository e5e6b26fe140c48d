using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Datasets.Packed;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.Packed;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PackedDatasetTests : IDisposable
{
    private const int Height = 15;
    private const int Width = 37;

    private static readonly TaskSet Tasks = new(
        new SegmentationTask("seg", 3, ["wall", "floor", "\"ceiling\""]),
        new SegmentationTask("wide", 300),
        new DepthTask { Mean = 1.5, StandardDeviation = 0.25 },
        new NormalsTask(),
        new MapTask("edge"),
        new MapTask("two", 2)
    );

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Pack(IMultiTaskDataset source, PackPrecision precision = PackPrecision.Exact, string name = "a.jtrpack")
    {
        PackedDataset.Write(source, _folder[name], new PackOptions { Precision = precision });
        return _folder[name];
    }

    private static float Hash(int a, int b, int c) => new CounterRandom((ulong)a, RandomUse.Scene, (ulong)(b + 1), (ulong)c).NextSingle();

    // 8-bit image, ids of both widths, 16-bit depth, floating-point normals, a map with gaps, and one of two channels in 8 bits.
    private static float Quantised(int index, int task, int i) =>
        task switch
        {
            -1 => (int)(Hash(index, task, i) * 255) / 255f,
            0 => (index + i) % 4 - 1,
            1 => (index + i) % 301 - 1,
            2 => (float)((index * 7 + i * i) % 251 * 0.001),
            3 => Hash(index, task, i) - 0.5f,
            4 => i % 5 == 0 ? float.NaN : Hash(index, task, i),
            _ => (i * 31 + index) % 256 / 255f,
        };

    private static float Odd(int index, int task, int i) =>
        (i % 7) switch
        {
            0 => float.NaN,
            1 => -0f,
            2 => float.NegativeInfinity,
            3 => BitConverter.UInt32BitsToSingle(0x7FC00001),
            _ => Hash(index, task, i) * 1e30f,
        };

    private static void AssertSame(PackedDataset actual, ArrayDataset expected)
    {
        Assert.That(actual.Tasks, Is.EqualTo(expected.Tasks));
        Assert.That((actual.Count, actual.Height, actual.Width), Is.EqualTo((expected.Count, expected.Height, expected.Width)));
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.That(actual.GetName(i), Is.EqualTo(expected.GetName(i)));
            Assert.That(actual.GetLabeled(i), Is.EqualTo(expected.GetLabeled(i)));
            foreach (TaskMask wanted in new[] { expected.Tasks.All, new TaskMask(0b10), TaskMask.None })
            {
                (uint[] image, uint[] labels, TaskMask written) = ArrayDataset.Bits(expected, i, wanted);
                (uint[] packedImage, uint[] packedLabels, TaskMask packedWritten) = ArrayDataset.Bits(actual, i, wanted);
                Assert.That(packedWritten, Is.EqualTo(written));
                Assert.That(packedImage.AsSpan().SequenceEqual(image), $"image of sample {i}");
                Assert.That(packedLabels.AsSpan().SequenceEqual(labels), $"labels of sample {i}");
            }
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Exact_packing_gives_back_every_bit(bool isQuantised)
    {
        // Sample i lacks the label of task i.
        ArrayDataset source = new(Tasks, 7, Height, Width, isQuantised ? Quantised : Odd, i => Tasks.All.Without(i));
        using PackedDataset packed = new(Pack(source));
        Assert.That(packed.Precision, Is.EqualTo(PackPrecision.Exact));
        AssertSame(packed, source);
        SegmentationTask seg = (SegmentationTask)packed.Tasks[0];
        Assert.That(seg.ClassNames, Is.EqualTo(new[] { "wall", "floor", "\"ceiling\"" }));
    }

    [Test]
    public void Domains_are_kept()
    {
        ArrayDataset Source(int count) => new(new TaskSet(new DepthTask()), count, 2, 3, (s, t, i) => s + i);
        JoinedDataset joined = new(new JoinedSource("day", Source(1)), new JoinedSource("night", Source(2)));
        using PackedDataset packed = new(Pack(joined));
        Assert.That(packed.Domains, Is.EqualTo(new[] { "day", "night" }));
        Assert.That(Enumerable.Range(0, 3).Select(packed.GetSampleInfo), Is.EqualTo(Enumerable.Range(0, 3).Select(joined.GetSampleInfo)));
    }

    [Test]
    public void Samples_that_cannot_be_read_are_left_out_if_someone_is_told()
    {
        ArrayDataset source = new(new TaskSet(new DepthTask()), 4, 2, 3, (s, t, i) => s + i) { Damaged = 1 };
        List<SkippedSample> skipped = [];
        PackedDataset.Write(source, _folder["skipped"], new PackOptions { OnSkipped = skipped.Add });
        Assert.That(skipped, Is.EqualTo(new[] { new SkippedSample(1, "straße-1", "1.npy", "1.npy: damaged on purpose") }));
        using PackedDataset packed = new(_folder["skipped"]);
        Assert.That(Enumerable.Range(0, packed.Count).Select(packed.GetName), Is.EqualTo(new[] { "straße-0", "straße-2", "straße-3" }));
        Assert.That(ArrayDataset.Bits(packed, 1), Is.EqualTo(ArrayDataset.Bits(source, 2)));
        ArrayDataset hopeless = new(source.Tasks, 1, 2, 3, (_, _, _) => 0) { Damaged = 0 };
        Assert.That(
            () => PackedDataset.Write(hopeless, _folder["none"], new PackOptions { OnSkipped = skipped.Add }),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("none of the 1 samples")
        );
        Assert.That(File.Exists(_folder["none"]), Is.False);
    }

    [Test]
    public void A_packed_set_can_be_packed_again_over_itself_while_it_is_read()
    {
        ArrayDataset source = new(Tasks, 3, Height, Width, Quantised);
        using PackedDataset first = new(Pack(source));
        Pack(first);
        using PackedDataset second = new(_folder["a.jtrpack"]);
        AssertSame(second, source);
        AssertSame(first, source);
    }

    [Test]
    public void Quantised_values_take_one_or_two_bytes_and_the_rest_four()
    {
        (PlaneEncoding, int) Encode(int task, PackPrecision precision = PackPrecision.Exact, Func<int, int, int, float>? value = null) =>
            new PlaneEncoder(precision).Write(
                [.. Enumerable.Range(0, 3000).Select(i => (value ?? Quantised)(1, task, i))],
                task < 0 ? null : LabelFormat.Of(Tasks[task].Kind).Packing,
                new System.Buffers.ArrayBufferWriter<byte>()
            );

        Assert.That(Encode(-1), Is.EqualTo((PlaneEncoding.Unit8, 0)));
        Assert.That(Encode(0), Is.EqualTo((PlaneEncoding.Ids8, 0)));
        Assert.That(Encode(1), Is.EqualTo((PlaneEncoding.Table16, 301)));
        Assert.That(Encode(2).Item1, Is.EqualTo(PlaneEncoding.Table8));
        Assert.That(Encode(3), Is.EqualTo((PlaneEncoding.Float32, 0)));
        Assert.That(Encode(4), Is.EqualTo((PlaneEncoding.Float32, 0)));
        Assert.That(Encode(5), Is.EqualTo((PlaneEncoding.Unit8, 0)));
        Assert.That(Encode(2, value: (_, _, i) => i % 1000 * 0.001f), Is.EqualTo((PlaneEncoding.Table16, 1000)));

        Assert.That(Encode(3, PackPrecision.Compact), Is.EqualTo((PlaneEncoding.Float16, 0)));
        Assert.That(Encode(4, PackPrecision.Compact), Is.EqualTo((PlaneEncoding.Float16, 0)));
        Assert.That(Encode(2, PackPrecision.Compact, Hash), Is.EqualTo((PlaneEncoding.Float16, 0)));
        Assert.That(
            Encode(2, PackPrecision.Compact, (_, _, i) => 1e-9f * (i + 1)),
            Is.EqualTo((PlaneEncoding.Float32, 0)),
            "would become 0, which says 'no depth'"
        );
        Assert.That(
            Encode(2, PackPrecision.Compact, (_, _, i) => 1e5f * (i + 1)),
            Is.EqualTo((PlaneEncoding.Float32, 0)),
            "would become infinite"
        );
        Assert.That(Encode(0, PackPrecision.Compact, Hash), Is.EqualTo((PlaneEncoding.Float32, 0)), "what is no id is not rounded to one");
    }

    [Test]
    public void Compact_packing_rounds_within_its_bounds_and_keeps_ids()
    {
        ArrayDataset source = new(Tasks, 2, Height, Width, (s, t, i) => t is 0 or 1 ? Quantised(s, t, i) : Hash(s, t, i));
        using PackedDataset packed = new(Pack(source, PackPrecision.Compact));
        Assert.That(packed.Precision, Is.EqualTo(PackPrecision.Compact));
        (uint[] image, uint[] labels, _) = ArrayDataset.Bits(source, 1);
        (uint[] packedImage, uint[] packedLabels, _) = ArrayDataset.Bits(packed, 1);
        for (int i = 0; i < image.Length; i++)
            Assert.That(Value(packedImage[i]), Is.EqualTo(Value(image[i])).Within(1.0 / 510 + 1e-7), $"image {i}");
        for (int i = 0; i < labels.Length; i++)
            Assert.That(
                Value(packedLabels[i]),
                Is.EqualTo(Value(labels[i])).Within(i < 2 * Height * Width ? 0 : Value(labels[i]) / 2048),
                $"label {i}"
            );

        static double Value(uint bits) => BitConverter.UInt32BitsToSingle(bits);
    }

    [Test]
    public void Every_float16_is_read_as_the_runtime_converts_it()
    {
        // Seven more than a multiple of a vector's length.
        ushort[] halves = [.. Enumerable.Range(0, 65536 + 7).Select(i => (ushort)i)];
        float[] floats = new float[halves.Length];
        PlaneDecoder.Read(PlaneEncoding.Float16, [], System.Runtime.InteropServices.MemoryMarshal.AsBytes(halves.AsSpan()), floats);
        for (int i = 0; i < halves.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(halves[i]);
            if (float.IsNaN(expected))
                Assert.That(floats[i], Is.NaN);
            else
                Assert.That(
                    BitConverter.SingleToUInt32Bits(floats[i]),
                    Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)),
                    $"half {i:x4}"
                );
        }
    }

    [Test]
    public void A_loader_makes_the_same_batches_of_a_packed_set()
    {
        MemoryDataset source = new(9, labeled: i => new TaskMask((ulong)i));
        using PackedDataset packed = new(Pack(source));
        DataLoaderOptions options = new()
        {
            Seed = 3,
            Workers = 2,
            Flip = FlipMode.EveryView,
        };
        using DataLoader one = new(source, null, options);
        using DataLoader two = new(packed, null, options);
        for (int b = 0; b < 4; b++)
        {
            Batch first = one.Next();
            Batch second = two.Next();
            Assert.That(second.Indices.SequenceEqual(first.Indices));
            Assert.That(second.Labeled.SequenceEqual(first.Labeled));
            Assert.That(second.Images.SequenceEqual(first.Images));
            Assert.That(second.Labels.SequenceEqual(first.Labels));
            one.Recycle(first);
            two.Recycle(second);
        }
    }

    [Test]
    public void The_file_is_the_same_for_any_number_of_threads_and_progress_is_told()
    {
        ArrayDataset source = new(Tasks, 7, Height, Width, Quantised);
        Progress progress = new();
        PackedDataset.Write(source, _folder["one"], new PackOptions { Workers = 1 }, progress);
        PackedDataset.Write(source, _folder["three"], new PackOptions { Workers = 3 });
        Assert.That(File.ReadAllBytes(_folder["three"]), Is.EqualTo(File.ReadAllBytes(_folder["one"])));
        Assert.That(progress.Told, Is.EqualTo(Enumerable.Range(1, 7)));
    }

    [Test]
    public void Reading_allocates_nothing()
    {
        ArrayDataset source = new(Tasks, 2, Height, Width, Quantised);
        using PackedDataset packed = new(Pack(source));
        float[] image = new float[3 * Height * Width];
        float[] labels = new float[Tasks.TotalLabelChannels * Height * Width];
        for (int i = 0; i < 50; i++)
            packed.Read(i % 2, Tasks.All, new SampleBuffer(Tasks, Height, Width, image, labels));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
            packed.Read(i % 2, Tasks.All, new SampleBuffer(Tasks, Height, Width, image, labels));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private sealed class Progress : IProgress<int>
    {
        public List<int> Told { get; } = [];

        public void Report(int value) => Told.Add(value);
    }
}
