using Jtr.Interop.Datasets;
using Jtr.Interop.Hdf5;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.NyuV2;

/*
 * Data/small.mat has the form of nyu_depth_v2_labeled.mat and was written by Debian's python3-h5py 3.7 (the HDF5 library itself):
 *
 * import h5py, numpy as np
 * N, H, W = 3, 32, 64
 * n, y, x = np.meshgrid(np.arange(N), np.arange(H), np.arange(W), indexing="ij")
 * image = np.stack([(37 * n + 80 * c + 3 * y + 5 * x) % 256 for c in range(3)], 1).astype("u1")  # [N, 3, H, W]
 * depth = (2 + n / 4 + y / 64 + x / 128).astype("f4")
 * raw = np.where((x + y) % 5 == 0, 0, depth).astype("f4")
 * label = ((n + 2 * y + 3 * x) % 11 * 89).astype("u2")  # 0 to 890
 * def reverse(a): return np.swapaxes(a, -1, -2)  # MATLAB's H x W x ... x N
 * with h5py.File("small.mat", "w", userblock_size=512, libver="earliest") as f:
 *     def add(name, a, cls, **how): f.create_dataset(name, data=a, **how).attrs["MATLAB_class"] = np.bytes_(cls)
 *     add("images", reverse(image), "uint8", chunks=(2, 3, 64, 32), compression=3)
 *     add("depths", reverse(depth), "single", chunks=(1, 32, 32), compression=3)
 *     add("rawDepths", reverse(raw), "single", chunks=(3, 64, 32), compression=3)
 *     add("labels", reverse(label), "uint16")
 *     word = f.create_dataset("#refs#/b", data=np.array([[ord("x")]], "u2"))
 *     add("names", np.full((1, 894), word.ref, h5py.ref_dtype), "cell", chunks=(1, 894), compression=3)
 * text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Fri Jan 01 00:00:00 2021 HDF5 schema 1.00 ."
 * with open("small.mat", "r+b") as f: f.write(text.ljust(116) + bytes(8) + b"\x00\x02IM")
 */
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NyuV2MatTests : IDisposable
{
    private const int H = 32;
    private const int W = 64;

    private static readonly string Small = Path.Combine(Repository.Root, "tests/Jtr.Interop.Tests/Datasets/NyuV2/Data/small.mat");
    private static readonly NyuV2Options Size = new()
    {
        Height = H,
        Width = W,
        ClassCount = 40,
        OpenMat = NyuV2Hdf5File.Open,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly string _mat;

    public NyuV2MatTests()
    {
        _mat = _folder[NyuV2Dataset.MatFileName];
        File.Copy(Small, _mat);
        _folder.Write(
            "splits.mat",
            MatV5Writer.File(true, MatV5Writer.Numbers("trainNdxs", 2, 1, 11, 4, 1, 3), MatV5Writer.Numbers("testNdxs", 1, 1, 11, 4, 2))
        );
        _folder.Write(
            "classMapping40.mat",
            MatV5Writer.File(
                true,
                MatV5Writer.Numbers("mapClass", 1, 894, 9, 2, [.. Enumerable.Range(1, 894).Select(l => (double)Class40(l))])
            )
        );
        _folder.Write(
            "class13Mapping.mat",
            MatV5Writer.File(
                true,
                MatV5Writer.Struct(
                    "classMapping13",
                    ("labels13", MatV5Writer.Numbers("", 1, 40, 9, 2, [.. Enumerable.Range(1, 40).Select(c => (double)Class13(c))]))
                )
            )
        );
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void A_sample_is_read_value_for_value()
    {
        using NyuV2Dataset data = NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size);
        Assert.That(Enumerable.Range(0, data.Count).Select(data.GetName), Is.EqualTo(new[] { "1", "3" }));
        for (int i = 0; i < data.Count; i++)
        {
            int n = 2 * i;
            (float[] image, float[][] labels, TaskMask written) = SampleArrays.Read(data, i);
            Assert.That(written, Is.EqualTo(data.Tasks.All));
            Assert.That(image, Is.EqualTo(NyuReader.Plane(3, H, W, (c, y, x) => (37 * n + 80 * c + 3 * y + 5 * x) % 256 / 255f)));
            Assert.That(labels[0], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => Class40((n + 2 * y + 3 * x) % 11 * 89) - 1)));
            Assert.That(labels[1], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => Depth(n, y, x))));
        }
    }

    [Test]
    public void The_other_part_and_13_classes_are_read_too()
    {
        using NyuV2Dataset data = NyuV2Dataset.Open(_mat, NyuV2Split.Test, Size with { ClassCount = 13 });
        Assert.That(data.Count, Is.EqualTo(1));
        float[] classes = SampleArrays.Read(data, 0).Labels[0];
        Assert.That(
            classes,
            Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => Class40((1 + 2 * y + 3 * x) % 11 * 89) is > 0 and int c ? Class13(c) - 1 : -1))
        );
        Assert.That(((SegmentationTask)data.Tasks[0]).ClassNames, Has.Count.EqualTo(13));
    }

    [Test]
    public void Normals_are_estimated_from_depth_and_missing_where_it_is()
    {
        using NyuV2Dataset data = NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size with { RawDepth = true });
        float[][] labels = SampleArrays.Read(data, 0).Labels;
        Assert.That(labels[1], Is.EqualTo(NyuReader.Plane(1, H, W, (_, y, x) => (x + y) % 5 == 0 ? 0 : Depth(0, y, x))));
        for (int y = 0; y < H; y++)
        {
            for (int x = 0; x < W; x++)
            {
                float[] normal = [.. Enumerable.Range(0, 3).Select(c => labels[2][(c * H + y) * W + x])];
                if ((x + y) % 5 == 0)
                    Assert.That(normal, Is.All.EqualTo(0), $"row {y}, column {x}");
                else
                    Assert.That(Math.Sqrt(normal.Sum(v => (double)v * v)), Is.EqualTo(1).Within(1e-6), $"row {y}, column {x}");
            }
        }
        // Depth grows to the right and downwards: the surface turns its face that way, and towards the camera.
        int middle = H / 2 * W + W / 2 + 1;
        Assert.That(labels[2][middle], Is.GreaterThan(0.01f).Or.LessThan(-0.01f));
        Assert.That(labels[2][2 * H * W + middle], Is.Negative);
    }

    [Test]
    public void Normals_of_a_folder_are_taken_instead()
    {
        foreach (int number in new[] { 1, 3 })
            _folder.Npy(
                $"normals/{number:D4}.npy",
                $"({H}, {W}, 3)",
                [.. Enumerable.Range(0, H * W).SelectMany(i => new[] { number == 1 ? 1f : 0, number == 3 ? 1f : 0, 0 })]
            );
        using NyuV2Dataset data = NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size with { NormalsFolder = _folder["normals"] });
        Assert.That(SampleArrays.Read(data, 1).Labels[2], Is.EqualTo(NyuReader.Plane(3, H, W, (c, _, _) => c == 1 ? 1 : 0)));
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Test, Size with { NormalsFolder = _folder["normals"] }),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("sample 2 has no normals")
        );
        using NyuV2Dataset allowed = NyuV2Dataset.OpenMat(
            _mat,
            NyuV2Split.Test,
            Size with
            {
                NormalsFolder = _folder["normals"],
                AllowMissing = true,
            }
        );
        Assert.That(allowed.GetLabeled(0).Bits, Is.EqualTo(0b011));
    }

    [Test]
    public void Another_training_size_and_further_frames_work_as_for_arrays()
    {
        _folder.Image("extra/image/f.png", 40, 50, 3, i => 100);
        _folder.Image16("extra/depth/f.png", 40, 50, 1, i => 1500);
        using NyuV2Dataset data = NyuV2Dataset.OpenMat(
            _mat,
            NyuV2Split.Train,
            Size with
            {
                Height = 64,
                Width = 128,
                ExtraFrames = _folder["extra"],
            }
        );
        Assert.That(SampleArrays.Read(data, 0).Labels[1], Is.EqualTo(NyuReader.Plane(1, 64, 128, (_, y, x) => Depth(0, y / 2, x / 2))));
        Assert.That(SampleArrays.Read(data, 2).Labels[1], Is.All.EqualTo(1.5f));
    }

    [Test]
    public void Several_threads_read_the_same()
    {
        using NyuV2Dataset data = NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size);
        float[][] expected = [.. Enumerable.Range(0, 2).Select(i => SampleArrays.Read(data, i).Labels[1])];
        Parallel.For(0, 40, i => Assert.That(SampleArrays.Read(data, i % 2).Labels[1], Is.EqualTo(expected[i % 2])));
    }

    [Test]
    public void After_disposal_nothing_is_read()
    {
        NyuV2Dataset data = NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size);
        data.Dispose();
        data.Dispose();
        Assert.That(() => SampleArrays.Read(data, 0), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void What_a_mat_file_needs_beside_it_is_told()
    {
        File.Delete(_folder["splits.mat"]);
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("put splits.mat beside it")
        );
        string split = _folder.Write("train.txt", "2");
        using (NyuV2Dataset data = NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size with { SplitFile = split }))
            Assert.That(data.GetName(0), Is.EqualTo("2"));
        File.Delete(_folder["classMapping40.mat"]);
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("put classMapping40.mat beside it")
        );
        string table = _folder.Write("table.txt", string.Join('\n', Enumerable.Range(1, 893)));
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size with { SplitFile = split, ClassMapping = [table] }),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(table)
        );
        _folder.Write("table.txt", string.Join('\n', Enumerable.Repeat(1, 893)));
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size with { SplitFile = split, ClassMapping = [table] }),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("a table of 893 labels").And.Message.Contains("has 894")
        );
    }

    [Test]
    public void The_form_is_recognised()
    {
        Assert.That(NyuV2Dataset.Recognises(_mat), Is.True);
        Assert.That(NyuV2Dataset.Recognises(_folder.Root), Is.True);
        Assert.That(NyuV2Dataset.Recognises(_folder["splits.mat"]), Is.False);
        Directory.CreateDirectory(_folder["mtan/train/image"]);
        Assert.That(NyuV2Dataset.Recognises(_folder["mtan"]), Is.False, "without normals it is Cityscapes");
        Directory.CreateDirectory(_folder["mtan/train/normal"]);
        Assert.That(NyuV2Dataset.Recognises(_folder["mtan"]), Is.True);
        Assert.That(NyuV2Dataset.Recognises(_folder["absent"]), Is.False);
    }

    [Test]
    public void Without_an_HDF5_library_the_error_says_which_one_to_take()
    {
        Assert.That(
            () => NyuV2Dataset.Open(_folder.Root, NyuV2Split.Train, Size with { OpenMat = null }),
            Throws.ArgumentException.With.Message.Contains("Jtr.Interop.Hdf5").And.Message.Contains("NyuV2Hdf5File.Open")
        );
    }

    [Test]
    public void A_truncated_or_other_file_is_told()
    {
        byte[] whole = File.ReadAllBytes(Small);
        foreach (int length in new[] { 0, 300, 600, 5000, whole.Length - 1 })
        {
            File.WriteAllBytes(_mat, whole[..length]);
            Assert.That(
                () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size),
                Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_mat),
                $"{length} bytes"
            );
        }
        Assert.That(
            () => NyuV2Dataset.OpenMat(_folder["splits.mat"], NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("no MATLAB 7.3")
        );
        Assert.That(() => NyuV2Dataset.OpenMat(_folder["absent.mat"], NyuV2Split.Train, Size), Throws.TypeOf<FileNotFoundException>());
    }

    // The library behind would take as much memory as these fields say.
    [TestCase("HEAP", 0, 8, "names of")]
    [TestCase("TREE", 1, 24, "a chunk of 'images'")]
    [TestCase("TREE", 1, 6, "an index of")]
    [TestCase("SNOD", 0, 6, "a symbol table of")]
    public void Sizes_that_the_file_does_not_hold_are_told_before_they_are_believed(string signature, int skip, int field, string told)
    {
        byte[] file = File.ReadAllBytes(Small);
        int at = -1;
        // The second tree is that of the first array: the group's own comes first.
        for (int i = 0; i <= skip; i++)
            at += 1 + file.AsSpan(at + 1).IndexOf(System.Text.Encoding.ASCII.GetBytes(signature));
        file[at + field] = file[at + field + 1] = 0xFF;
        if (field > 6)
            file[at + field + 2] = file[at + field + 3] = 0x7F;
        File.WriteAllBytes(_mat, file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(
            () => NyuV2Dataset.OpenMat(_mat, NyuV2Split.Train, Size),
            Throws.TypeOf<JtrFormatException>().With.Property("Path").EqualTo(_mat).And.Message.Contains(told)
        );
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(8 << 20));
    }

    private static float Depth(int n, int y, int x) => 2 + n / 4f + y / 64f + x / 128f;

    private static int Class40(int label) => label == 0 ? 0 : label % 41;

    private static int Class13(int class40) => class40 % 13 + 1;
}
