using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Parallel;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Doctor;

/// <summary>What `jtr doctor` looks at.</summary>
internal static class Checks
{
    /// <summary>Name of the check without which most others make no sense.</summary>
    public const string LibraryName = "libjtr";

    /// <summary>All checks, in order.</summary>
    public static IReadOnlyList<Check> All { get; } =
    [
        new("system", System),
        new(LibraryName, Library),
        new("libtorch", Torch, NeedsLibrary: true),
        new("device", Device, NeedsLibrary: true),
        new("threads", Threads, NeedsLibrary: true),
        new("methods", Methods, NeedsLibrary: true),
        new("processes", Processes, NeedsLibrary: true),
        new("training step", Step, NeedsLibrary: true),
        new("BLAS", Blas, NeedsLibrary: true),
        new("pictures", Pictures),
    ];

    /// <summary>What the mapped files of a process say about its matrix products.</summary>
    /// <param name="maps">The text of /proc/self/maps.</param>
    internal static Finding Blas(string maps)
    {
        // libtorch packages of distributions call the system's BLAS, whose reference version is many times slower.
        string[] files = [.. maps.Split('\n').Select(l => l[(l.LastIndexOf(' ') + 1)..]).Where(f => f.StartsWith('/')).Distinct()];
        string? fast = files.FirstOrDefault(f => Has(f, "openblas") || Has(f, "mkl") || Has(f, "/blis"));
        if (fast is not null)
            return new(Verdict.Ok, fast);
        string? reference = files.FirstOrDefault(f => Has(f, "libblas"));
        return reference is null
            ? new(Verdict.Ok, "inside libtorch")
            : new(
                Verdict.Slow,
                $"the reference version: {reference}",
                "apt-get install libopenblas0-openmp makes matrix products several times faster"
            );
    }

    private static bool Has(string file, string part) => file.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static Finding System()
    {
        double memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024);
        return new(
            Verdict.Ok,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture}), "
                    + $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {memory:F1} GiB"
            )
        );
    }

    private static Finding Library() => new(Verdict.Ok, $"{JtrRuntime.Version}, {JtrRuntime.LibraryPath}");

    private static Finding Torch() =>
        new(
            Verdict.Ok,
            $"{JtrRuntime.TorchVersion}, "
                + $"{(JtrRuntime.TorchPath.Length == 0 ? "path unknown" : JtrRuntime.TorchPath)} ({JtrRuntime.CpuCapability})"
        );

    private static Finding Device()
    {
        if (JtrRuntime.CudaDeviceCount > 0)
            return new(Verdict.Ok, string.Join(", ", JtrRuntime.CudaDeviceNames.Select((name, i) => $"cuda:{i} {name}")));
        bool hasGpu = File.Exists("/dev/nvidia0");
        return (hasGpu, JtrRuntime.BuiltWithCuda) switch
        {
            (true, false) => new(
                Verdict.Slow,
                "the processor, although there is an NVIDIA GPU: libjtr was built without CUDA",
                "set LIBTORCH to a libtorch with CUDA, install the CUDA toolkit, and run ./build.sh native"
            ),
            (true, true) => new(
                Verdict.Slow,
                "the processor, although there is an NVIDIA GPU: libtorch cannot use it",
                "does nvidia-smi run? The driver has to be as new as libtorch's CUDA"
            ),
            _ => new(Verdict.Ok, "the processor (no NVIDIA GPU)"),
        };
    }

    private static Finding Threads()
    {
        int threads = JtrRuntime.Threads,
            cores = Environment.ProcessorCount;
        string text = $"{threads} for the arithmetic, {cores} cores";
        if (threads < cores / 2)
            return new(Verdict.Slow, text, "unset OMP_NUM_THREADS, or give --threads");
        return threads > cores
            ? new(Verdict.Slow, $"{text}: more threads than cores get in each other's way", "unset OMP_NUM_THREADS, or give --threads")
            : new(Verdict.Ok, text);
    }

    /// <summary>What a launcher says, and whether two processes would find each other: here two threads over loopback.</summary>
    private static Finding Processes()
    {
        JtrProcessGroup? group = JtrProcessGroup.FromEnvironment();
        string text = group is { Size: > 1 }
            ? $"rank {group.Rank} of {group.Size} by {group.Launcher}, number {group.LocalRank} on its machine; rank 0 at "
                + $"{group.Address}:{group.Port}"
            : "one; 'jtr train --processes N' or a launcher starts several";
        int port = LocalProcesses.FreePort();
        Task[] ranks = [.. Enumerable.Range(0, 2).Select(rank => Task.Factory.StartNew(() => Meet(rank), TaskCreationOptions.LongRunning))];
        try
        {
            Task.WaitAll(ranks);
            return new(Verdict.Ok, $"{text} (c10d works)");
        }
        catch (AggregateException e)
        {
            return new(
                group is { Size: > 1 } ? Verdict.Wrong : Verdict.Slow,
                $"{text}, but several cannot train together: {ErrorText.Describe(e.InnerExceptions[0])}"
            );
        }

        void Meet(int rank)
        {
            using Trainer trainer = new(
                new TrainerOptions
                {
                    Tasks = new TaskSet(new MapTask("any")),
                    Method = "supervised",
                    Width = 1,
                    Device = DeviceKind.Cpu,
                    Parallel = new JtrProcessGroup
                    {
                        Rank = rank,
                        Size = 2,
                        Port = port,
                        Timeout = TimeSpan.FromSeconds(10),
                    },
                }
            );
        }
    }

    private static Finding Methods() => new(Verdict.Ok, string.Join(", ", JtrRuntime.Methods.Select(m => m.Name)));

    private static Finding Step()
    {
        SceneDataset scenes = new(
            new SceneOptions
            {
                Count = 2,
                Height = 32,
                Width = 32,
            }
        );
        using Trainer trainer = new(new TrainerOptions { Tasks = scenes.Tasks, Width = 4 });
        using DataLoader loader = new(
            scenes,
            options: new DataLoaderOptions
            {
                BatchSize = 2,
                Views = trainer.Views,
                Workers = 1,
            }
        );
        Batch batch = loader.Next();
        // The first step sets everything up.
        trainer.Step(batch);
        long start = Stopwatch.GetTimestamp();
        StepResult step = trainer.Step(batch);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        loader.Recycle(batch);
        return new(
            Verdict.Ok,
            string.Create(CultureInfo.InvariantCulture, $"JTR on 2 scenes of 32 x 32, width 4: {milliseconds:F0} ms, loss {step.Loss:F3}")
        );
    }

    private static Finding Blas() =>
        OperatingSystem.IsLinux() ? Blas(File.ReadAllText("/proc/self/maps")) : new(Verdict.Ok, "not looked at on this system");

    private static Finding Pictures()
    {
        string file = Path.Combine(Path.GetTempPath(), $"jtr-doctor-{Guid.NewGuid():N}.png");
        try
        {
            RgbImage picture = RgbImage.Create(2, 2);
            (picture[0, 0], picture[1, 1]) = (Rgb.White, Rgb.White);
            picture.SavePng(file);
            float[] image = new float[InputSet.RgbChannels * 2 * 2];
            PhotographReader.Read(file, 2, 2, image);
            string version = $"libvips {NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)}";
            return image.Sum() == 6
                ? new(Verdict.Ok, $"{version} reads PNG ({new FileInfo(file).Length} bytes)")
                : new(
                    Verdict.Wrong,
                    $"{version} reads other numbers than a PNG file has",
                    "use the package NetVips.Native.linux-x64 that comes with jtr"
                );
        }
        finally
        {
            File.Delete(file);
        }
    }
}
