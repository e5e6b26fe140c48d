using System.Text.Json;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Export;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Export;

public sealed class SafetensorsExportTests
{
    [Test]
    public void The_weights_have_their_published_names_and_values()
    {
        using ExportModel model = new();
        string file = model.Folder.File("weights.safetensors");
        SafetensorsExport.Save(model.Checkpoint, file);
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = Parse(
            File.ReadAllBytes(file),
            out Dictionary<string, string> metadata
        );
        Assert.That(metadata["format"], Is.EqualTo("pt"));
        Assert.That(metadata["jtr.tasks"], Is.EqualTo("seg=Segmentation:4, depth=Depth:1, normals=Normals:3, edge=Map:2"));
        foreach (TensorInfo info in model.Trainer.State.Where(i => i.Name.StartsWith("model/", StringComparison.Ordinal)))
        {
            (string type, long[] shape, byte[] data) = tensors[info.Name["model/".Length..]];
            Assert.That(shape, Is.EqualTo(info.Shape), info.Name);
            double[] expected = model.Trainer.State.Read(info.Name);
            bool counter = info.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal);
            Assert.That(type, Is.EqualTo(counter ? "I64" : "F32"), info.Name);
            IEnumerable<double> actual = counter
                ? [BitConverter.ToInt64(data)]
                : Enumerable.Range(0, data.Length / 4).Select(i => (double)BitConverter.ToSingle(data, 4 * i));
            Assert.That(actual, Is.EqualTo(expected), info.Name);
        }
        Assert.That(tensors.Keys, Has.None.Contains("/"), "no optimiser and no auto-encoder");
        Assert.That(tensors, Has.Count.EqualTo(model.Trainer.State.Count(i => i.Name.StartsWith("model/", StringComparison.Ordinal))));
    }

    [Test]
    public void The_names_are_those_of_the_published_state()
    {
        string golden = Path.Combine(Repository.Root, "tests", "golden", "nyuv2_onelabel.npz");
        using GoldenFile published = new(golden);
        using Trainer trainer = published.CreateTrainer(Precision.Float64);
        using TemporaryFolder folder = new();
        SafetensorsExport.Save(trainer, folder.File("weights.safetensors"));
        string[] names = [.. SafetensorsFile.Read(folder.File("weights.safetensors"), _ => true).Select(t => t.Name)];
        Assert.That(
            names,
            Is.EquivalentTo(
                published.Data.Keys.Where(k => k.StartsWith("model/", StringComparison.Ordinal)).Select(k => k["model/".Length..])
            )
        );
    }

    [Test]
    public void What_is_written_is_read_back()
    {
        using TemporaryFolder folder = new();
        SafetensorsTensor[] tensors =
        [
            SafetensorsTensor.Of("a", SafetensorsType.F32, [2, 1], [0.5, -3]),
            SafetensorsTensor.Of("b.c", SafetensorsType.F64, [], [Math.PI]),
            SafetensorsTensor.Of("none", SafetensorsType.F32, [0, 4], []),
            SafetensorsTensor.Of("n", SafetensorsType.I64, [1], [1L << 40]),
        ];
        SafetensorsFile.Write(folder.File("x"), tensors, new Dictionary<string, string> { ["key \"quoted\""] = "line\nbreak" });
        IReadOnlyList<SafetensorsTensor> read = SafetensorsFile.Read(folder.File("x"), n => n != "n");
        Assert.That(
            read.Select(t => (t.Name, t.Type, string.Join(",", t.Shape))),
            Is.EqualTo(tensors[..3].Select(t => (t.Name, t.Type, string.Join(",", t.Shape))))
        );
        for (int i = 0; i < 3; i++)
            Assert.That(read[i].ToDoubles(), Is.EqualTo(tensors[i].ToDoubles()));
    }

    [TestCase(0, "too few")]
    [TestCase(9, "says that its header has")]
    [TestCase(-1, "does not fit")]
    public void A_file_that_is_cut_is_refused_with_its_name(int length, string reason)
    {
        using TemporaryFolder folder = new();
        string file = folder.File("cut.safetensors");
        SafetensorsFile.Write(file, [SafetensorsTensor.Of("a", SafetensorsType.F32, [2], [1, 2])], new Dictionary<string, string>());
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.That(
            () => SafetensorsFile.Read(file, _ => true),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(file).And.Message.Contains(reason)
        );
    }

    /// <summary>The format as its description says it, without this library.</summary>
    private static Dictionary<string, (string Type, long[] Shape, byte[] Data)> Parse(byte[] file, out Dictionary<string, string> metadata)
    {
        int length = (int)BitConverter.ToUInt64(file);
        Assert.That(length % 8, Is.Zero, "the elements are aligned");
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, length));
        metadata = header.RootElement.GetProperty("__metadata__").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
        Dictionary<string, (string, long[], byte[])> tensors = [];
        int end = 0;
        foreach (JsonProperty entry in header.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__"))
        {
            int[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt32())];
            Assert.That(offsets[0], Is.EqualTo(end), "no gaps");
            Assert.That(
                offsets[0] % (entry.Value.GetProperty("dtype").GetString() == "F32" ? 4 : 8),
                Is.Zero,
                $"{entry.Name} is aligned, for readers that map the file"
            );
            end = offsets[1];
            tensors[entry.Name] = (
                entry.Value.GetProperty("dtype").GetString()!,
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())],
                file[(8 + length + offsets[0])..(8 + length + end)]
            );
        }
        Assert.That(8 + length + end, Is.EqualTo(file.Length));
        return tensors;
    }
}
