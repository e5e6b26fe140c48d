using Jtr.Interop.Checkpoints;
using Jtr.Interop.Native;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

public sealed unsafe partial class Trainer
{
    /// <summary>
    /// Saves weights, norm statistics, optimiser state, step, seed and all options as safetensors. The file appears whole or not at all.
    /// Of several processes that train together, one may save.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">More to store, which <see cref="CheckpointInfo"/> gives back; keys must not begin with "jtr." or
    /// "jtr-interop.".</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="ArgumentException">A key of the metadata is empty or reserved.</exception>
    public void Save(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        CheckMetadata(metadata, nameof(metadata));
        using NativeHandle.Lease lease = _handle.Use();
        SaveCore(lease.Pointer, path, metadata, position: null);
    }

    /// <summary>Makes the trainer that <see cref="Save"/> saved; it goes on where that one was.</summary>
    /// <param name="path">The file, or the folder of a run.</param>
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
        if (options?.Threads is { } threads)
            JtrRuntime.Threads = threads;
        Trainer trainer = new(
            info.Options with
            {
                Device = options?.Device ?? info.Options.Device,
                DeviceIndex = options?.DeviceIndex ?? info.Options.DeviceIndex,
                Precision = options?.Precision ?? info.Options.Precision,
                Recomputation = options?.Recomputation ?? info.Options.Recomputation,
                Optimizer = options?.Optimizer ?? info.Options.Optimizer,
                Parallel = options?.Parallel,
            },
            logger
        );
        try
        {
            using NativeHandle.Lease lease = trainer._handle.Use();
            NativeError.Check(Api.TrainerLoad(lease.Pointer, info.Path));
            // The file has the rate that the run went on with; a caller who gives an optimiser means that one's.
            if (options?.Optimizer is { } optimizer)
                NativeError.Check(Api.TrainerSetLearningRate(lease.Pointer, optimizer.LearningRate));
            Volatile.Write(ref trainer._stepCount, Api.TrainerGetStep(lease.Pointer));
            trainer.Validation = info.Validation;
            trainer._loadedPosition = info.Position;
            trainer.TrainingSize = info.TrainingSize;
            TrainingLog.Loaded(trainer._logger, info.Path, trainer.StepCount);
            return trainer;
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes a trainer that starts from the weights of a checkpoint or of a safetensors file, also of one with other tasks. Tensors are
    /// taken where name and shape are the same; heads go by name and kind of their tasks where the file tells these, else by their numbers.
    /// What a
    /// method has beside the network is taken where method and tasks are the same. The rest, optimiser and step begin anew;
    /// <see cref="Init"/> tells it.
    /// </summary>
    /// <param name="options">What to make.</param>
    /// <param name="from">The file.</param>
    /// <param name="logger">Receives messages about fits and checkpoints, and the report, or null. What it throws is dropped.</param>
    /// <exception cref="ArgumentException">An option is outside its range (ParamName is its name), or no weight of the file
    /// fits.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is no safetensors file, is damaged, or has elements that are not finite or not F32, F64 or
    /// I64.</exception>
    /// <exception cref="JtrDeviceException">The device is absent.</exception>
    /// <exception cref="JtrNativeLibraryException">The native library could not be loaded.</exception>
    public static Trainer Create(TrainerOptions options, InitFrom from, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(from);
        from.Validate();
        options.Validate();
        InitWeights weights = InitWeights.Read(from, options);
        Trainer trainer = new(options, logger);
        try
        {
            trainer.Init = weights.Apply(trainer, nameof(from));
            TrainingLog.Initialized(trainer._logger, trainer.Init);
            return trainer;
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
    }

    /// <summary>What <see cref="Create"/> took from a file; null for a trainer that was made otherwise.</summary>
    public InitReport? Init { get; private set; }

    internal static void CheckMetadata(IReadOnlyDictionary<string, string>? metadata, string parameter)
    {
        if (metadata is null)
            return;
        foreach (string key in metadata.Keys)
        {
            if (key.Length == 0 || CheckpointInfo.ReservedPrefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal)))
                throw new ArgumentException(
                    $"the key '{key}' must not be empty nor begin with "
                        + $"{string.Join(" or ", CheckpointInfo.ReservedPrefixes.Select(p => $"'{p}'"))}",
                    parameter
                );
        }
    }

    private void SaveCore(nint trainer, string path, IReadOnlyDictionary<string, string>? metadata, FitPosition? position)
    {
        Dictionary<string, string> all = new(metadata ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            [CheckpointInfo.OptionsKey] = OptionsDocument.Write(Options),
            [CheckpointDocuments.VersionsKey] = CheckpointDocuments.Versions(),
        };
        if (Validation.Step > 0)
            all[CheckpointDocuments.ValidationKey] = CheckpointDocuments.Write(Validation);
        if (TrainingSize is { } size)
            all[CheckpointDocuments.SizeKey] = CheckpointDocuments.Write(size);
        if (position is not null)
            all[CheckpointDocuments.PositionKey] = CheckpointDocuments.Write(position);

        using NativeArena arena = new();
        Raw.MetadataEntry.__Internal* entries = arena.Array<Raw.MetadataEntry.__Internal>(all.Count);
        int count = 0;
        foreach ((string key, string value) in all)
        {
            entries[count].struct_size = (ulong)sizeof(Raw.MetadataEntry.__Internal);
            entries[count].key = arena.Utf8(key);
            entries[count++].value = arena.Utf8(value);
        }
        NativeError.Check(Api.TrainerSave(trainer, path, (nint)entries, count));
        TrainingLog.Saved(_logger, path, StepCount);
    }
}
