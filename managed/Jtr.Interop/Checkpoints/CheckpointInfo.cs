using System.Runtime.InteropServices;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>What a checkpoint says about itself: read without making a network.</summary>
public sealed unsafe class CheckpointInfo
{
    /// <summary>The metadata key under which <see cref="Trainer.Save"/> puts the options.</summary>
    internal const string OptionsKey = "jtr-interop.options";

    /// <summary>Keys that begin like one of these are the native library's and this one's own.</summary>
    internal static readonly string[] ReservedPrefixes = ["jtr.", "jtr-interop."];

    private CheckpointInfo(string path, TrainerOptions options, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Options = options;
        Metadata = metadata;
        Step = CheckpointDocuments.ReadStep(metadata);
        TrainingSize = CheckpointDocuments.ReadSize(metadata, path);
        Validation = CheckpointDocuments.ReadValidation(metadata, path);
        Position = CheckpointDocuments.ReadPosition(metadata, path);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The options of the trainer that was saved.</summary>
    public TrainerOptions Options { get; }

    /// <summary>All metadata: the library's own entries and those that were given to <see cref="Trainer.Save"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Steps that the trainer had done.</summary>
    public long Step { get; }

    /// <summary>
    /// Rows and columns of the samples that the last step was trained on; null where there was no step, and in older checkpoints.
    /// </summary>
    public (int Height, int Width)? TrainingSize { get; }

    /// <summary>Scores in between, and how long ago they were best.</summary>
    public ValidationState Validation { get; }

    /// <summary>Where in the data set the fit was that saved it, or null where none did.</summary>
    public FitPosition? Position { get; }

    /// <summary>Reads the metadata of a checkpoint and checks the structure of the whole file.</summary>
    /// <param name="path">The file, or the folder of a run, whose checkpoint.safetensors it is then.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JtrFormatException">
    /// It is damaged, or was not written by a trainer; the message says what it is instead.
    /// </exception>
    public static CheckpointInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = CheckpointFile.Find(path);
        CheckpointFile.Check(path);
        NativeLibraryLoader.EnsureLoaded();
        using CheckpointHandle handle = new(NativeError.CheckHandle(Api.CheckpointOpen(path)));
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        using (NativeHandle.Lease lease = handle.Use())
        {
            int count = Api.CheckpointEntryCount(lease.Pointer);
            for (int i = 0; i < count; i++)
            {
                Raw.MetadataEntry.__Internal entry = new() { struct_size = (ulong)sizeof(Raw.MetadataEntry.__Internal) };
                NativeError.Check(Api.CheckpointGetEntry(lease.Pointer, i, (nint)(&entry)));
                metadata[Marshal.PtrToStringUTF8(entry.key) ?? ""] = Marshal.PtrToStringUTF8(entry.value) ?? "";
            }
        }
        if (!metadata.TryGetValue(OptionsKey, out string? options))
            throw CheckpointFile.Other(path, $"a safetensors file of other weights: its metadata have no '{OptionsKey}'");
        return new CheckpointInfo(path, OptionsDocument.Read(options, path), metadata);
    }
}
