using System.Diagnostics;
using System.Globalization;
using Jtr.Interop.Datasets;

namespace Jtr.Benchmarks.Loader;

/// <summary>
/// CPU time a sample of each stage and of the whole loader, as the table of bench/LOADER.md. Processor time, other than the
/// clock's, means something on a machine that others use, too.
/// </summary>
internal static class LoaderReport
{
    private const int Samples = 300;

    public static void Run()
    {
        SampleBenchmarks stages = new();
        stages.SetUp();
        using BenchmarkData data = new();
        Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, {Samples} samples each");
        Console.WriteLine(
            $"bytes a sample: .npy {BenchmarkData.BytesPerSample(data.BareNpy.Root)}, packed exactly "
                + $"{BenchmarkData.BytesPerSample(data.Exact.Path)}, compactly {BenchmarkData.BytesPerSample(data.Compact.Path)}"
        );
        Console.WriteLine("| stage | CPU ms a sample | clock ms a sample | managed bytes a sample |");
        Console.WriteLine("|---|---|---|---|");
        Stage("read .npy", stages.ReadNpy);
        Stage("read .npy, bare", stages.ReadBareNpy);
        Stage("read packed, exact", stages.ReadExact);
        Stage("read packed, compact", stages.ReadCompact);
        Stage("copy three views", stages.CopyThreeViews);
        Stage("crop three views", stages.CropThreeViews);
        Stage("colour three views", stages.ColorThreeViews);
        Stage("sample of .npy", stages.SampleOfNpy);
        Stage("sample of .npy, bare", stages.SampleOfBareNpy);
        Stage("sample of packed, exact", stages.SampleOfExact);
        Stage("sample of packed, compact", stages.SampleOfCompact);
        stages.CleanUp();
        foreach (int workers in new[] { 1, 2 })
        {
            Load($".npy, {workers} workers", data.Npy, workers);
            Load($".npy, bare, {workers} workers", data.BareNpy, workers);
            Load($"packed, exact, {workers} workers", data.Exact, workers);
            Load($"packed, compact, {workers} workers", data.Compact, workers);
        }
        Scenes();
    }

    /// <summary>Scenes with every label of the default tasks, as they are drawn, on all processors.</summary>
    private static void Scenes()
    {
        const int batch = 16;
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 100_000,
                Height = 64,
                Width = 96,
            }
        );
        using DataLoader loader = new(
            scenes,
            null,
            new DataLoaderOptions
            {
                BatchSize = batch,
                Views = 1,
                Augment = false,
                Color = false,
                Shuffle = false,
                Workers = Environment.ProcessorCount,
            }
        );
        for (int i = 0; i < 20; i++)
            loader.Recycle(loader.Next());
        Measure("loader, scenes of 64 x 96, one view", 100, () => loader.Recycle(loader.Next()), batch);
    }

    private static void Stage(string name, Action run)
    {
        for (int i = 0; i < Samples / 3; i++)
            run();
        Measure(name, Samples, run);
    }

    private static void Load(string name, IMultiTaskDataset data, int workers)
    {
        const int batch = 4;
        using DataLoader loader = new(
            data,
            null,
            new DataLoaderOptions
            {
                BatchSize = batch,
                Workers = workers,
                Flip = FlipMode.EveryView,
            }
        );
        for (int i = 0; i < Samples / batch / 3; i++)
            loader.Recycle(loader.Next());
        Measure($"loader, {name}", Samples / batch, () => loader.Recycle(loader.Next()), batch);
    }

    private static void Measure(string name, int times, Action run, int samples = 1)
    {
        using Process process = Process.GetCurrentProcess();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = process.TotalProcessorTime;
        long clock = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++)
            run();
        double wall = Stopwatch.GetElapsedTime(clock).TotalMilliseconds / (times * samples);
        process.Refresh();
        double used = (process.TotalProcessorTime - cpu).TotalMilliseconds / (times * samples);
        double bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)(times * samples);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {used:F2} | {wall:F2} | {bytes:F0} |"));
    }
}
