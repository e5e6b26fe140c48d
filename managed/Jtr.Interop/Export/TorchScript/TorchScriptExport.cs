using System.Globalization;
using System.IO.Compression;
using System.Text;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Export.TorchScript;
using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>
/// Writes a trained network as a TorchScript module that torch.jit.load reads, in Python and in C++, without this library. Its forward
/// takes [N, 3, H, W] RGB in [0, 1] of every size, and returns a dictionary with a tensor for every task: raw logits, depths,
/// unit normals, maps.
/// </summary>
public static class TorchScriptExport
{
    // Of the archive's format; each libtorch from 1.13 on reads it.
    private const string FormatVersion = "3\n";

    /// <summary>Exports the network of a checkpoint.</summary>
    /// <param name="checkpoint">A checkpoint that <see cref="Trainer.Save"/> wrote.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JtrFormatException">The checkpoint is damaged, or was not written by a trainer.</exception>
    public static void Save(string checkpoint, string path) => Save(checkpoint, path, null);

    /// <summary>Exports the network of a checkpoint with the norms of a domain, where each has its own.</summary>
    /// <param name="checkpoint">A checkpoint that <see cref="Trainer.Save"/> wrote.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <param name="asDomain">The domain; null: the mixture of all.</param>
    /// <exception cref="ArgumentException">The network has no norms of that domain.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="JtrFormatException">The checkpoint is damaged, or was not written by a trainer.</exception>
    public static void Save(string checkpoint, string path, string? asDomain) => Write(NetworkWeights.Read(checkpoint, asDomain), path);

    /// <summary>Exports the network of a trainer as it is now.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(Trainer trainer, string path) => Save(trainer, path, null);

    /// <summary>Exports the network of a trainer as it is now, with the norms of a domain, where each has its own.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="path">The file to write; it appears whole or not at all.</param>
    /// <param name="asDomain">The domain; null: the mixture of all.</param>
    /// <exception cref="ArgumentException">The network has no norms of that domain.</exception>
    /// <exception cref="InvalidOperationException">Another call is using the trainer.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(Trainer trainer, string path, string? asDomain) => Write(NetworkWeights.Of(trainer, asDomain), path);

    private static void Write(NetworkWeights network, string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        TorchScriptCode code = new();
        string source = code.Write(network);
        HashSet<string> parameters = [.. code.Parameters];
        List<(string Attribute, string Key, SafetensorsTensor Tensor, bool IsParameter)> tensors =
        [
            .. code.Tensors.Select(
                (t, i) =>
                    (
                        t.Attribute,
                        i.ToString(CultureInfo.InvariantCulture),
                        code.Constants.GetValueOrDefault(t.Name) ?? network[t.Name],
                        parameters.Contains(t.Name)
                    )
            ),
        ];

        using AtomicFile.Writing file = new(path);
        using (ZipArchive zip = new(file.Stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "data.pkl", ModulePickle.Write(TorchScriptCode.ClassName, tensors));
            Add(zip, "code/__torch__.py", Encoding.UTF8.GetBytes(source));
            foreach ((_, string key, SafetensorsTensor tensor, _) in tensors)
                Add(zip, $"data/{key}", tensor.Data.Span);
            Add(zip, "constants.pkl", ModulePickle.Nothing());
            Add(zip, "version", Encoding.ASCII.GetBytes(FormatVersion));
        }
        file.Commit();
    }

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> content)
    {
        using Stream stream = zip.CreateEntry($"network/{name}", CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }
}
