using Jtr.Interop.Weights;

namespace Jtr.Interop.Checkpoints;

/// <summary>What a path of a checkpoint may name, and what a file is that is none.</summary>
internal static class CheckpointFile
{
    /// <summary>Name of the checkpoint in a run's folder.</summary>
    public const string Name = "checkpoint.safetensors";

    // What the length of a header in front of JSON takes.
    private const int StartBytes = 9;

    private static readonly (byte[] Start, string What)[] _others =
    [
        ([0x89, .. "PNG"u8], "a PNG picture"),
        ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
        ([0x89, .. "HDF"u8], "an HDF5 file"),
        ([0x89, .. "JTRPACK"u8], "a packed data set"),
        ([.. "%PDF"u8], "a PDF document"),
        ([0x1F, 0x8B], "a gzip archive"),
        ([(byte)'{'], "a JSON document"),
    ];

    /// <summary>The checkpoint that a path names: itself, or that of the run whose folder it is.</summary>
    /// <exception cref="FileNotFoundException">The folder has none.</exception>
    public static string Find(string path)
    {
        if (!Directory.Exists(path))
            return path;
        string file = Path.Combine(path, Name);
        return File.Exists(file) ? file : throw new FileNotFoundException($"{path}: this folder has no {Name}", file);
    }

    /// <summary>Throws where a file is something else than a safetensors file, and says what.</summary>
    /// <exception cref="JtrFormatException">It is.</exception>
    public static void Check(string path)
    {
        // Where it cannot be read, reading it says why.
        if (!File.Exists(path))
            return;
        Span<byte> start = stackalloc byte[StartBytes];
        using (FileStream file = File.OpenRead(path))
            start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (start.Length == StartBytes && start[^1] == (byte)'{')
            return;
        if (WeightFile.KindOf(path) is WeightFileKind.PyTorch)
            throw Other(
                path,
                "a PyTorch file. 'jtr import' makes a checkpoint of a published one; Trainer.Create takes weights out of others"
            );
        if (WeightFile.KindOf(path) is WeightFileKind.Onnx)
            throw Other(path, "an ONNX model. Trainer.Create takes weights out of it");
        foreach ((byte[] begin, string what) in _others)
        {
            if (start.StartsWith(begin))
                throw Other(path, what);
        }
    }

    /// <summary>What is said of a file that is no checkpoint.</summary>
    public static JtrFormatException Other(string path, string what) => new(path, $"not a jtr checkpoint, but {what}");
}
