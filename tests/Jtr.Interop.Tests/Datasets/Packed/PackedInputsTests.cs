using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Packed;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.Datasets.Packed;

/// <summary>Packed files of data with inputs beside the photograph, and of photographs of other than three channels.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PackedInputsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PackedDataset Pack(IMultiTaskDataset source, PackPrecision precision = PackPrecision.Exact)
    {
        PackedDataset.Write(source, _folder["a.jtrpack"], new PackOptions { Precision = precision });
        return new PackedDataset(_folder["a.jtrpack"]);
    }

    [Test]
    public void Inputs_come_back_to_the_bit_with_who_has_them()
    {
        Sensors source = new();
        using PackedDataset packed = Pack(source);
        Assert.That(packed.Inputs, Is.EqualTo(source.Inputs));
        Assert.That(packed.Inputs.ImageChannels, Is.EqualTo(4));
        for (int i = 0; i < source.Count; i++)
        {
            Sample expected = Sample.Read(source, i),
                read = Sample.Read(packed, i);
            Assert.That(read.Values, Is.EqualTo(expected.Values));
            Assert.That(read.Present, Is.EqualTo(expected.Present));
            Assert.That(Enumerable.Range(0, 3).Select(n => packed.HasInput(i, n)), Is.EqualTo(expected.Present.Select(p => p != 0)));
        }
        Assert.That(() => packed.HasInput(0, 3), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Photographs_are_read_without_their_inputs_too()
    {
        Sensors source = new();
        using PackedDataset packed = Pack(source);
        for (int i = 0; i < source.Count; i++)
        {
            Sample expected = Sample.Read(source, i, source.Inputs.ImageAlone);
            Assert.That(Sample.Read(packed, i, source.Inputs.ImageAlone).Values, Is.EqualTo(expected.Values));
        }
    }

    [Test]
    public void Another_memory_than_that_of_the_inputs_is_refused()
    {
        using PackedDataset packed = Pack(new Sensors());
        Assert.That(
            () => Sample.Read(packed, 0, new InputSet([new InputSpec { Name = "depth" }], imageChannels: 4)),
            Throws.ArgumentException.With.Message.Contains("depth").And.Message.Contains("heat")
        );
        Assert.That(() => Sample.Read(packed, 0, InputSet.None), Throws.ArgumentException.With.Message.Contains("4 channels"));
    }

    [Test]
    public void A_packed_set_with_inputs_can_be_packed_again()
    {
        Sensors source = new();
        using PackedDataset packed = Pack(source);
        PackedDataset.Write(packed, _folder["b.jtrpack"]);
        Assert.That(File.ReadAllBytes(_folder["b.jtrpack"]), Is.EqualTo(File.ReadAllBytes(_folder["a.jtrpack"])));
    }

    [Test]
    public void Compact_files_round_planes_and_keep_vectors()
    {
        Sensors source = new();
        using PackedDataset packed = Pack(source, PackPrecision.Compact);
        Sample expected = Sample.Read(source, 1),
            read = Sample.Read(packed, 1);
        int camera = expected.Values.Length - 5;
        Assert.That(read.Values[camera..], Is.EqualTo(expected.Values[camera..]));
        Assert.That(read.Values, Is.Not.EqualTo(expected.Values));
        for (int i = 0; i < camera; i++)
            Assert.That(read.Values[i], Is.EqualTo(expected.Values[i]).Within(1.0 / 400), $"value {i}");
    }

    [Test]
    public void Scenes_with_the_depth_of_a_sensor_are_packed()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 6,
                Height = 16,
                Width = 24,
                Inputs = ["depth"],
                InputShare = 0.5,
                Tasks = ["segmentation", "room", "pitch"],
            }
        );
        using PackedDataset packed = Pack(scenes);
        Assert.That(packed.Inputs, Is.EqualTo(scenes.Inputs));
        Assert.That(packed.Tasks, Is.EqualTo(scenes.Tasks));
        for (int i = 0; i < scenes.Count; i++)
            Assert.That(Sample.Read(packed, i).Values, Is.EqualTo(Sample.Read(scenes, i).Values));
        Assert.That(Enumerable.Range(0, 6).Select(i => packed.HasInput(i, 0)), Has.Some.True.And.Some.False);
    }

    [Test]
    public void A_file_without_inputs_is_one_that_earlier_versions_read()
    {
        using PackedDataset packed = Pack(
            new SceneDataset(
                new SceneOptions
                {
                    Count = 2,
                    Height = 8,
                    Width = 8,
                }
            )
        );
        Assert.That(BitConverter.ToUInt32(File.ReadAllBytes(_folder["a.jtrpack"]), 8), Is.EqualTo(1));
    }

    [Test]
    public void An_image_or_label_is_never_absent()
    {
        Pack(new Sensors()).Dispose();
        byte[] file = File.ReadAllBytes(_folder["a.jtrpack"]);
        Assert.That(BitConverter.TryWriteBytes(file.AsSpan((int)PackedRepair.Entries(file)[0].At), (uint)PlaneEncoding.Absent));
        File.WriteAllBytes(_folder["a.jtrpack"], PackedRepair.Repair(file));
        using PackedDataset packed = new(_folder["a.jtrpack"]);
        Assert.That(() => Sample.Read(packed, 0), Throws.TypeOf<JtrFormatException>().With.Message.Contains("encoding 6"));
    }

    /// <summary>Everything of a sample in one array, and which inputs it has.</summary>
    private sealed record Sample(float[] Values, byte[] Present)
    {
        public static Sample Read(IMultiTaskDataset data, int index, InputSet? inputs = null)
        {
            inputs ??= data.Inputs;
            (int height, int width) = (data.Height, data.Width);
            float[] image = new float[inputs.ImageValues(height, width)],
                labels = new float[data.Tasks.LabelValues(height, width)],
                values = new float[inputs.Values(height, width)];
            values.AsSpan().Fill(77);
            byte[] present = new byte[inputs.Count];
            data.Read(index, data.Tasks.All, new SampleBuffer(data.Tasks, inputs, height, width, image, labels, values, present));
            return new([.. image, .. labels, .. values], present);
        }
    }

    /// <summary>Photographs of four channels; heat, an 8-bit mask and five numbers of a camera, each of which some lack.</summary>
    private sealed class Sensors : IMultiTaskDataset
    {
        public TaskSet Tasks { get; } = new(new MapTask("edge"));

        public InputSet Inputs { get; } =
            new(
                [
                    new InputSpec
                    {
                        Name = "heat",
                        Mean = [20],
                        StandardDeviation = [5],
                        Unit = "deg C",
                        IsNearest = true,
                    },
                    new InputSpec { Name = "mask", Channels = 2 },
                    new InputSpec
                    {
                        Name = "camera",
                        Kind = InputKind.Vector,
                        Channels = 5,
                    },
                ],
                imageChannels: 4
            );

        public int Count => 5;
        public int Height => 6;
        public int Width => 9;

        public bool HasInput(int index, int input) => (index + input) % 3 != 0;

        public SampleInfo GetSampleInfo(int index) => new($"s{index}", Tasks.All);

        public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination)
        {
            for (int i = 0; i < destination.Image.Length; i++)
                destination.Image[i] = (index * 31 + i * 7) % 256 / 255f;
            destination.Label(0).Fill(index / 8f);
            for (int n = 0; n < destination.Inputs.Count; n++)
            {
                Span<float> values = destination.Input(n);
                for (int i = 0; i < values.Length; i++)
                    values[i] =
                        n == 0 ? MathF.Sin(index + i)
                        : n == 1 ? (i + index) % 2
                        : 1000.1f + i * index;
                destination.SetInput(n, HasInput(index, n));
            }
            return wanted;
        }
    }
}
