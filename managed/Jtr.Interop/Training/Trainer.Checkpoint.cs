using Jtr.Interop.Checkpoints;
using Jtr.Interop.Native;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Saves weights, norm statistics, optimiser state, step, seed and all options as safetensors. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">More to store, which <see cref="CheckpointInfo"/> gives back; keys must not begin with "jtr." or "jtr-interop.".</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="ArgumentException">A key of the metadata is empty or reserved.</exception>
    public void Save(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        CheckMetadata(metadata, nameof(metadata));
        using NativeHandle.Lease lease = _handle.Use();
        SaveCore(lease.Pointer, path, metadata);
    }

    /// <summary>Makes the trainer that <see cref="Save"/> saved; it goes on where that one was.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What to change, or null.</param>
    /// <param name="logger">Receives messages about fits and checkpoints, or null.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is damaged, or was not written by a trainer.</exception>
    /// <exception cref="JtrDeviceException">The device is absent; <see cref="LoadOptions.Device"/> chooses another.</exception>
    /// <exception cref="JtrNativeLibraryException">The native library could not be loaded.</exception>
    public static Trainer Load(string path, LoadOptions? options = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        CheckpointInfo info = CheckpointInfo.Read(path);
        if (options?.Threads is { } threads) JtrRuntime.Threads = threads;
        Trainer trainer = new(
            info.Options with
            {
                Device = options?.Device ?? info.Options.Device,
                DeviceIndex = options?.DeviceIndex ?? info.Options.DeviceIndex,
                Precision = options?.Precision ?? info.Options.Precision,
            },
            logger);
        try
        {
            using NativeHandle.Lease lease = trainer._handle.Use();
            NativeError.Check(Api.TrainerLoad(lease.Pointer, path));
            Volatile.Write(ref trainer._stepCount, Api.TrainerGetStep(lease.Pointer));
            TrainingLog.Loaded(trainer._logger, path, trainer.StepCount);
            return trainer;
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
    }

    internal static void CheckMetadata(IReadOnlyDictionary<string, string>? metadata, string parameter)
    {
        if (metadata is null) return;
        foreach (string key in metadata.Keys)
        {
            if (key.Length == 0 || CheckpointInfo.ReservedPrefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal)))
                throw new ArgumentException($"the key '{key}' must not be empty nor begin with {string.Join(" or ", CheckpointInfo.ReservedPrefixes.Select(p => $"'{p}'"))}", parameter);
        }
    }

    private void SaveCore(nint trainer, string path, IReadOnlyDictionary<string, string>? metadata)
    {
        using NativeArena arena = new();
        int count = 1 + (metadata?.Count ?? 0);
        Raw.MetadataEntry.__Internal* entries = arena.Array<Raw.MetadataEntry.__Internal>(count);
        Add(0, CheckpointInfo.OptionsKey, OptionsDocument.Write(Options));
        int i = 1;
        foreach ((string key, string value) in metadata ?? new Dictionary<string, string>()) Add(i++, key, value);
        NativeError.Check(Api.TrainerSave(trainer, path, (nint)entries, count));
        TrainingLog.Saved(_logger, path, StepCount);

        void Add(int index, string key, string value)
        {
            entries[index].struct_size = (ulong)sizeof(Raw.MetadataEntry.__Internal);
            entries[index].key = arena.Utf8(key);
            entries[index].value = arena.Utf8(value);
        }
    }
}
