using System.Globalization;
using Jtr.Interop.Export.Onnx;
using Jtr.Interop.Protobuf;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>
/// Writes a trained network as an ONNX model (opset 17) for ONNX Runtime and others. The input is [N, 3, H, W] RGB in [0, 1]; every task
/// has an output of its name: raw logits, depths, unit normals, maps; [N, channels] of tasks of the photograph as a whole: raw logits,
/// values. A SegNet's max pools keep their argmax (MaxPool's indices and
/// MaxUnpool), so
/// that the network is the trained one and no approximation.
/// </summary>
/// <remarks>
/// The metadata of the model say of every task "task.NAME": its kind, and "task.NAME.classes": the names of its classes, one a line.
/// </remarks>
public static class OnnxExport
{
    /// <summary>Version of the operators.</summary>
    public const int Opset = 17;

    // The first version of the format with opset 17.
    private const int IrVersion = 8;

    // A protocol buffer holds 2 GiB at most; the rest of a model is small.
    private const long MostBytes = int.MaxValue - (16 << 20);

    /// <summary>Exports the network of a checkpoint.</summary>
    /// <param name="checkpoint">A checkpoint that <see cref="Trainer.Save"/> wrote.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <param name="options">How, or null.</param>
    /// <exception cref="ArgumentException">An option is outside its range, a task has the name of the input, or the network is too large
    /// for the format.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JtrFormatException">The checkpoint is damaged, or was not written by a trainer.</exception>
    public static void Save(string checkpoint, string path, OnnxExportOptions? options = null) =>
        Write(NetworkWeights.Read(checkpoint, options?.AsDomain), path, options ?? new OnnxExportOptions());

    /// <summary>Exports the network of a trainer as it is now.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <param name="options">How, or null.</param>
    /// <exception cref="ArgumentException">An option is outside its range, a task has the name of the input, or the network is too large
    /// for the format.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(Trainer trainer, string path, OnnxExportOptions? options = null) =>
        Write(NetworkWeights.Of(trainer, options?.AsDomain), path, options ?? new OnnxExportOptions());

    private static void Write(NetworkWeights network, string path, OnnxExportOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options.Validate();
        if (network.Tasks.IndexOf(options.InputName) >= 0)
            throw new ArgumentException(
                $"a task has the name of the input, '{options.InputName}'; {nameof(OnnxExportOptions.InputName)} can be another.",
                nameof(options)
            );
        long bytes = network.Tensors.Values.Sum(t => (long)t.Data.Length);
        if (bytes > MostBytes)
            throw new ArgumentException($"the network has {bytes} bytes of weights; an ONNX file holds {MostBytes}", nameof(network));

        ProtoMessage model = new();
        model.Number(1, IrVersion).Text(2, "Jtr.Interop").Text(3, typeof(OnnxExport).Assembly.GetName().Version!.ToString(3));
        model.Message(8, new ProtoMessage().Text(1, "").Number(2, Opset));
        model.Message(7, new OnnxGraphWriter(network).Write(options));
        model.Text(
            6,
            $"Multi-task network. Input: {(network.Inputs.IsRgb ? "RGB" : $"{network.Inputs.ImageChannels} channels")} in [0, 1], "
                + "of every size. Outputs: raw logits, depths, unit normals, maps, values."
        );
        Metadata(model, "jtr.step", network.Step.ToString(CultureInfo.InvariantCulture));
        Metadata(model, "jtr.method", network.Options.Method);
        foreach (VisionTask task in network.Tasks)
        {
            Metadata(model, $"task.{task.Name}", task.Kind.Name);
            if (task.Kind.ClassNames(task) is { Count: > 0 } classes)
                Metadata(model, $"task.{task.Name}.classes", string.Join('\n', classes));
        }
        AtomicFile.Write(path, model.Written.Span);
    }

    private static void Metadata(ProtoMessage model, string key, string value) =>
        model.Message(14, new ProtoMessage().Text(1, key).Text(2, value));
}
