using System.Globalization;
using System.Runtime.InteropServices;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>What a checkpoint says about itself: read without making a network.</summary>
public sealed unsafe class CheckpointInfo
{
    /// <summary>The metadata key under which <see cref="Trainer.Save"/> puts the options.</summary>
    internal const string OptionsKey = "jtr-interop.options";

    /// <summary>The metadata key of the size of the images that were trained with.</summary>
    internal const string TrainingSizeKey = "jtr-interop.training_size";

    /// <summary>Keys that begin like one of these are the native library's and this one's own.</summary>
    internal static readonly string[] ReservedPrefixes = ["jtr.", "jtr-interop."];

    private CheckpointInfo(string path, TrainerOptions options, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Options = options;
        Metadata = metadata;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The options of the trainer that was saved.</summary>
    public TrainerOptions Options { get; }

    /// <summary>All metadata: the library's own entries and those that were given to <see cref="Trainer.Save"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Steps that the trainer had done.</summary>
    public long Step =>
        long.TryParse(Metadata.GetValueOrDefault("jtr.step"), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : 0;

    /// <summary>
    /// Rows and columns of the images of the last step, or null where none was done or the checkpoint is from before this was kept.
    /// </summary>
    public (int Height, int Width)? TrainingSize
    {
        get
        {
            string[] parts = Metadata.GetValueOrDefault(TrainingSizeKey, "").Split('x');
            return
                parts.Length == 2
                && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
                && height > 0
                && width > 0
                ? (height, width)
                : null;
        }
    }

    /// <summary>Scores in between, and how long ago they were best.</summary>
    /// <exception cref="JtrFormatException">They are damaged.</exception>
    public ValidationState Validation => CheckpointDocuments.ReadValidation(Metadata, Path);

    /// <summary>Where in the data set the fit was that saved it, or null where none did.</summary>
    /// <exception cref="JtrFormatException">It is damaged.</exception>
    public FitPosition? Position => CheckpointDocuments.ReadPosition(Metadata, Path);

    /// <summary>A size as the metadata have it.</summary>
    internal static string WriteSize((int Height, int Width) size) =>
        string.Create(CultureInfo.InvariantCulture, $"{size.Height}x{size.Width}");

    /// <summary>Reads the metadata of a checkpoint and checks the structure of the whole file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JtrFormatException">It is damaged, or was not written by a trainer.</exception>
    public static CheckpointInfo Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
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
            throw new JtrFormatException(path, $"no checkpoint of a trainer: its metadata have no '{OptionsKey}'");
        return new CheckpointInfo(path, OptionsDocument.Read(options, path), metadata);
    }
}
