using System.Globalization;
using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Training;

namespace Jtr.Interop.Export;

/// <summary>
/// Writes the weights of a trained network alone as safetensors, in 32 bits and under the names of the published code's state (Liu, Johns,
/// Davison, CVPR 2019):
/// <c>model.load_state_dict(safetensors.torch.load_file(path))</c> loads them there.
/// </summary>
public static class SafetensorsExport
{
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
        Dictionary<string, string> metadata = new()
        {
            // What Python's loaders look for.
            ["format"] = "pt",
            ["jtr.method"] = network.Options.Method,
            ["jtr.step"] = network.Step.ToString(CultureInfo.InvariantCulture),
            ["jtr.tasks"] = string.Join(", ", network.Tasks.Select(t => $"{t.Name}={t.Kind}:{t.Channels}")),
        };
        // Larger elements first, as the reference writer has them: then all are aligned, for readers that map the file.
        SafetensorsFile.Write(
            path,
            [
                .. network
                    .Tensors.Values.OrderByDescending(t => SafetensorsTensor.SizeOf(t.Type))
                    .ThenBy(t => t.Name, StringComparer.Ordinal),
            ],
            metadata
        );
    }
}
