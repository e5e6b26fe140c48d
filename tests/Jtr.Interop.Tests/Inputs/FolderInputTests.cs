using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using TemporaryFolder = Jtr.Interop.Tests.Datasets.Folders.TemporaryFolder;

namespace Jtr.Interop.Tests.Inputs;

/// <summary>Inputs in folders, of scenes, and of data sets that are made of others.</summary>
public sealed class FolderInputTests
{
    private const int Size = 32;

    private const string Tasks = """{ "name": "edge", "kind": "map" }""";

    private static TemporaryFolder Photographs(string inputs)
    {
        TemporaryFolder folder = new();
        foreach (string name in new[] { "a", "b", "c" })
        {
            folder.Image($"image/{name}.png", Size, Size, 3, i => i % 251);
            folder.Image($"edge/{name}.png", Size, Size, 1, i => i % 255);
        }
        folder.Write("tasks.json", $$"""{ "tasks": [{{Tasks}}], "inputs": [{{inputs}}] }""");
        return folder;
    }

    private static FolderDataset Open(TemporaryFolder folder, bool cache = false) =>
        new(
            folder.Root,
            new FolderOptions
            {
                Height = Size,
                Width = Size,
                CacheInMemory = cache,
            }
        );

    /// <summary>The values of each input of a sample, null where it is missing.</summary>
    private static float[]?[] Read(IMultiTaskDataset data, int index)
    {
        float[] image = new float[3 * data.Height * data.Width],
            labels = new float[data.Tasks.LabelValues(data.Height, data.Width)],
            values = new float[data.Inputs.Values(data.Height, data.Width)];
        Array.Fill(values, -77);
        byte[] present = new byte[data.Inputs.Count];
        SampleBuffer buffer = new(data.Tasks, data.Inputs, data.Height, data.Width, image, labels, values, present);
        data.Read(index, TaskMask.None, buffer);
        float[]?[] all = new float[]?[present.Length];
        for (int i = 0; i < all.Length; i++)
        {
            Assert.That(present[i] == 1, Is.EqualTo(data.HasInput(index, i)));
            if (present[i] == 1)
                all[i] = buffer.Input(i).ToArray();
            else
                Assert.That(buffer.Input(i).ToArray(), Is.All.Zero);
        }
        return all;
    }

    [Test]
    public void Planes_are_read_by_scale_void_value_and_number_format([Values] bool cache)
    {
        using TemporaryFolder folder = Photographs(
            """
            { "name": "depth", "kind": "planes", "folder": "d", "scale": 0.001, "void_value": 0, "mean": [2.5], "unit": "m" },
            { "name": "ir", "kind": "planes" },
            { "name": "flow", "kind": "planes", "channels": 2, "mean": [1, 2] }
            """
        );
        folder.Image16("d/a.png", Size, Size, 1, i => i == 5 ? 0 : 1000 + i);
        folder.Image("ir/a.png", Size, Size, 1, i => i % 256);
        float[] flow = [.. Enumerable.Range(0, 2 * Size * Size).Select(i => i * 0.5f)];
        flow[Size * Size + 3] = float.NaN;
        folder.Npy("flow/b.npy", $"(2, {Size}, {Size})", flow);
        FolderDataset data = Open(folder, cache);
        Assert.That(data.Inputs.Select(i => i.Name), Is.EqualTo(new[] { "depth", "ir", "flow" }));
        Assert.That(data.Inputs[0].Unit, Is.EqualTo("m"));
        Assert.That(data.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "edge" }));
        for (int pass = 0; pass < 2; pass++)
        {
            float[]?[] a = Read(data, 0);
            Assert.That(a[0]![0], Is.EqualTo(1f).Within(1e-6));
            Assert.That(a[0]![7], Is.EqualTo(1.007f).Within(1e-6));
            Assert.That(a[0]![5], Is.EqualTo(2.5f), "no value is the mean");
            Assert.That(a[1]![255], Is.EqualTo(1f).Within(1e-6), "0 to 1 without a scale");
            Assert.That(a[2], Is.Null);
            float[] b = Read(data, 1)[2]!;
            Assert.That(b[10], Is.EqualTo(5f));
            Assert.That(b[Size * Size + 3], Is.EqualTo(2f), "NaN is the channel's mean");
            Assert.That(Read(data, 2), Is.All.Null);
        }
    }

    [Test]
    public void Vectors_lie_in_a_table_or_in_files()
    {
        using TemporaryFolder folder = Photographs(
            """
            { "name": "camera", "kind": "vector", "channels": 2 }, { "name": "sound", "kind": "vector", "channels": 3 }
            """
        );
        folder.Write("camera.csv", "name,yaw,pitch\na,1.5,-2\nb.png,3,\n");
        folder.Npy("sound/b.npy", "(3,)", 1, 2, 3);
        FolderDataset data = Open(folder);
        Assert.That(Read(data, 0)[0], Is.EqualTo(new[] { 1.5f, -2f }));
        Assert.That(Read(data, 0)[1], Is.Null);
        Assert.That(Read(data, 1)[0], Is.Null, "a row with a gap");
        Assert.That(Read(data, 1)[1], Is.EqualTo(new[] { 1f, 2f, 3f }));
        PhotographInputs inputs = new(folder.Root, data.Inputs);
        ImageInputs of = inputs.Read("b.jpg", Size, Size);
        Assert.That(of.Present.ToArray(), Is.EqualTo(new byte[] { 0, 1 }));
        Assert.That(of.Values.ToArray(), Is.EqualTo(new[] { 0f, 0f, 1f, 2f, 3f }));
    }

    [TestCase("""{ "name": "x" }""", "inputs[0] ('x'): 'kind' is missing")]
    [TestCase("""{ "kind": "planes" }""", "inputs[0]: 'name' is missing")]
    [TestCase("""{ "name": "x", "kind": "planes", "colour": 1 }""", "there is no 'colour'")]
    [TestCase("""{ "name": "x", "kind": "planes", "scale": 0 }""", "'scale'")]
    [TestCase("""{ "name": "x", "kind": "planes", "folder": "../y" }""", "'folder'")]
    [TestCase("""{ "name": "x", "kind": "planes", "interpolation": "cubic" }""", "'interpolation'")]
    [TestCase("""{ "name": "x", "kind": "planes", "mean": [1, 2] }""", "Mean")]
    [TestCase("""{ "name": "image", "kind": "planes" }""", "is the photograph")]
    [TestCase("""{ "name": "x", "kind": "planes" }, { "name": "x", "kind": "vector" }""", "inputs[1] ('x'): 'x' is there twice")]
    public void What_is_wrong_in_tasks_json_is_told(string inputs, string message)
    {
        using TemporaryFolder folder = Photographs(inputs);
        Assert.That(() => Open(folder), Throws.InstanceOf<JtrFormatException>().With.Message.Contains(message));
    }

    [Test]
    public void Damaged_inputs_are_told_with_file_and_line()
    {
        using TemporaryFolder folder = Photographs(
            """{ "name": "ir", "kind": "planes" }, { "name": "camera", "kind": "vector", "channels": 1 }"""
        );
        folder.Image("ir/a.png", Size, Size + 1, 1, i => i % 256);
        folder.Image("ir/b.png", Size, Size, 3, i => i % 256);
        FolderDataset data = Open(folder);
        Assert.That(() => Read(data, 0), Throws.InstanceOf<JtrFormatException>().With.Message.Contains("a.png"));
        Assert.That(() => Read(data, 1), Throws.InstanceOf<JtrFormatException>().With.Message.Contains("3 channels"));
        folder.Write("camera.csv", "name,yaw\na,north\n");
        Assert.That(() => Open(folder), Throws.InstanceOf<JtrFormatException>().With.Message.Contains("line 2"));
        folder.Write("camera.csv", "name,yaw\na,1\na,2\n");
        Assert.That(() => Open(folder), Throws.InstanceOf<JtrFormatException>().With.Message.Contains("line 3"));
        folder.Write("camera.csv", "name,yaw,pitch\na,1,2\n");
        Assert.That(() => Open(folder), Throws.InstanceOf<JtrFormatException>().With.Message.Contains("2 columns"));
    }

    [Test]
    public void Scenes_have_the_depth_of_a_sensor_for_a_part_of_them()
    {
        SceneOptions options = new()
        {
            Count = 40,
            Height = 32,
            Width = 32,
        };
        SceneDataset scenes = new(options with { Inputs = ["depth"] }),
            half = new(options with { Inputs = ["depth"], InputShare = 0.5 }),
            labels = new(options with { Tasks = ["depth"] });
        Assert.That(scenes.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "segmentation", "normals" }));
        int have = 0;
        for (int i = 0; i < options.Count; i++)
        {
            float[] expected = Datasets.SampleArrays.Read(labels, i).Labels[0];
            Assert.That(Read(scenes, i)[0], Is.EqualTo(expected));
            float[]? own = Read(half, i)[0];
            have += own is null ? 0 : 1;
            Assert.That(own, Is.Null.Or.EqualTo(expected));
        }
        Assert.That(have, Is.InRange(10, 30));
        Assert.That(
            () => new SceneDataset(options with { Inputs = ["depth"], Tasks = ["depth"] }),
            Throws.ArgumentException.With.Message.Contains("depth")
        );
        Assert.That(() => new SceneDataset(options with { Inputs = ["sound"] }), Throws.ArgumentException);
    }

    [Test]
    public void Joined_data_have_the_inputs_of_all_and_packed_data_keep_them()
    {
        SceneOptions options = new()
        {
            Count = 3,
            Height = 32,
            Width = 32,
            Tasks = ["normals"],
        };
        SceneDataset with = new(options with { Inputs = ["depth"] }),
            without = new(options);
        JoinedDataset joined = new(new JoinedSource("without", without), new JoinedSource("with", with));
        Assert.That(joined.Inputs, Is.EqualTo(with.Inputs));
        Assert.That(Read(joined, 0)[0], Is.Null);
        Assert.That(Read(joined, 4)[0], Is.EqualTo(Read(with, 1)[0]));
        using TemporaryFolder folder = new();
        PackedDataset.Write(joined, folder["packed.jtr"]);
        using PackedDataset packed = new(folder["packed.jtr"]);
        Assert.That(Read(packed, 0)[0], Is.Null);
        Assert.That(Read(packed, 4)[0], Is.EqualTo(Read(with, 1)[0]));
    }
}
