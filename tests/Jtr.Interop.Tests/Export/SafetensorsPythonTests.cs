using System.Diagnostics;
using System.Text;
using Jtr.Interop.Export;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Export;

/// <summary>
/// What Python reads in the files: with its package safetensors where the system's Python has it, else with a reader in Python that was
/// written from the format's specification (safetensors_check.py). The values are compared with those that libtorch has.
/// </summary>
public sealed class SafetensorsPythonTests
{
    private const string Python = "/usr/bin/python3";

    [OneTimeSetUp]
    public void FindPython()
    {
        if (!File.Exists(Python))
            Assert.Ignore($"there is no {Python}");
    }

    [Test]
    public void Python_loads_exported_weights_with_their_names_shapes_and_values([Values] bool fromCheckpoint)
    {
        using ExportModel model = new();
        string file = model.Folder.File("weights.safetensors"),
            module = model.Folder.File("network.pt");
        if (fromCheckpoint)
            SafetensorsExport.Save(model.Checkpoint, file);
        else
            SafetensorsExport.Save(model.Trainer, file);
        // Where Python has torch, its module's state is compared too, bit for bit.
        TorchScriptExport.Save(model.Checkpoint, module);
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> read = Read(file, module);
        TensorInfo[] expected = [.. model.Trainer.State.Where(i => i.Name.StartsWith("model/", StringComparison.Ordinal))];
        Assert.That(read.Keys, Is.EquivalentTo(expected.Select(i => i.Name["model/".Length..])));
        foreach (TensorInfo info in expected)
            Check(
                model.Trainer,
                info,
                read[info.Name["model/".Length..]],
                isCounter: info.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
            );
    }

    [Test]
    public void Python_loads_a_checkpoint_too()
    {
        using ExportModel model = new();
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> read = Read(model.Checkpoint);
        foreach (TensorInfo info in model.Trainer.State)
            Check(model.Trainer, info, read[info.Name], isCounter: false);
        Assert.That(read.Keys, Has.Some.StartsWith("adam.exp_avg/model/"), "with the optimiser");
    }

    [Test]
    public void Python_refuses_a_file_that_is_cut()
    {
        using ExportModel model = new();
        string file = model.Folder.File("cut.safetensors");
        File.WriteAllBytes(file, File.ReadAllBytes(model.Checkpoint)[..^4]);
        Assert.That(Run(out _, file), Is.Not.Zero, "the reader checks what it reads");
    }

    private static void Check(Trainer trainer, TensorInfo info, (string Type, long[] Shape, byte[] Data) actual, bool isCounter)
    {
        Assert.That(actual.Shape, Is.EqualTo(info.Shape), info.Name);
        if (isCounter)
            Assert.That(actual.Type, Is.EqualTo("I64"), info.Name);
        double[] values = actual.Type switch
        {
            "F32" => [.. Enumerable.Range(0, actual.Data.Length / 4).Select(i => (double)BitConverter.ToSingle(actual.Data, 4 * i))],
            "F64" => [.. Enumerable.Range(0, actual.Data.Length / 8).Select(i => BitConverter.ToDouble(actual.Data, 8 * i))],
            _ => [.. Enumerable.Range(0, actual.Data.Length / 8).Select(i => (double)BitConverter.ToInt64(actual.Data, 8 * i))],
        };
        // The trainer computes in 32 bits, which files keep.
        Assert.That(values, Is.EqualTo(trainer.State.Read(info.Name)), info.Name);
    }

    private static Dictionary<string, (string Type, long[] Shape, byte[] Data)> Read(params string[] arguments)
    {
        Assert.That(Run(out byte[] output, arguments), Is.Zero);
        int at = Array.IndexOf(output, (byte)'\n') + 1;
        TestContext.Out.WriteLine($"read with {Encoding.UTF8.GetString(output, 0, at - 1)}");
        Dictionary<string, (string, long[], byte[])> tensors = [];
        while (at < output.Length)
        {
            int end = Array.IndexOf(output, (byte)'\n', at);
            string[] words = Encoding.UTF8.GetString(output, at, end - at).Split(' ');
            long[] shape = [.. words[2..].Select(long.Parse)];
            int bytes = (int)shape.Aggregate(words[1] == "F32" ? 4L : 8L, (a, b) => a * b);
            tensors[words[0]] = (words[1], shape, output[(end + 1)..(end + 1 + bytes)]);
            at = end + 1 + bytes;
        }
        return tensors;
    }

    private static int Run(out byte[] output, params string[] arguments)
    {
        string script = Path.Combine(Repository.Root, "tests", "Jtr.Interop.Tests", "Export", "safetensors_check.py");
        ProcessStartInfo start = new(Python, [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        using MemoryStream read = new();
        process.StandardOutput.BaseStream.CopyTo(read);
        process.WaitForExit();
        TestContext.Out.WriteLine(error.GetAwaiter().GetResult());
        output = read.ToArray();
        return process.ExitCode;
    }
}
