using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.NyuV2;
using Jtr.Interop.Tasks;

namespace Jtr.Benchmarks.Loader;

/// <summary>
/// NYU-v2's size and tasks in made-up samples: as .npy files in MTAN's layout (float32), and packed, exactly and compactly. Lies in a
/// temporary folder until disposed.
/// </summary>
internal sealed class BenchmarkData : IDisposable
{
    public const int Height = 288;
    public const int Width = 384;
    public const int Samples = 32;

    private readonly string _root = Directory.CreateTempSubdirectory("jtr-bench-").FullName;

    public BenchmarkData()
    {
        BareNpy = NpyFolder.Create(Path.Combine(_root, "train"), Samples, Height, Width);
        Npy = NyuV2Dataset.OpenNpy(_root, NyuV2Split.Train, new NyuV2Options());
        PackedDataset.Write(Npy, Path.Combine(_root, "exact.jtrpack"));
        PackedDataset.Write(Npy, Path.Combine(_root, "compact.jtrpack"), new PackOptions { Precision = PackPrecision.Compact });
        Exact = new PackedDataset(Path.Combine(_root, "exact.jtrpack"));
        Compact = new PackedDataset(Path.Combine(_root, "compact.jtrpack"));
    }

    /// <summary>Class ids, depth and normals, as of NYU-v2.</summary>
    public static TaskSet Tasks { get; } = NyuV2Classes.Tasks(13);

    /// <summary>The library's data set, which checks what it reads.</summary>
    public NyuV2Dataset Npy { get; }

    /// <summary>The same files, read with as little work as can be.</summary>
    public NpyFolder BareNpy { get; }

    public PackedDataset Exact { get; }

    public PackedDataset Compact { get; }

    /// <summary>Bytes that one sample takes on the disk.</summary>
    public static long BytesPerSample(string path) =>
        (
            File.Exists(path)
                ? new FileInfo(path).Length
                : new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length)
        ) / Samples;

    public void Dispose()
    {
        Npy.Dispose();
        Exact.Dispose();
        Compact.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
