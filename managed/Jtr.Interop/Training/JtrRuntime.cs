using System.Runtime.InteropServices;
using Jtr.Interop.Native;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

/// <summary>A training method that the native library knows.</summary>
/// <param name="Name">Its name, for <see cref="TrainerOptions.Method"/>.</param>
/// <param name="Views">Number of views of each sample that it reads: crops of view 0, and other colours.</param>
/// <param name="MinTasks">The smallest number of tasks that it is defined on: 2 where it relates tasks in pairs, else 1.</param>
public sealed record TrainingMethod(string Name, int Views, int MinTasks)
{
    /// <summary>What it does, in a sentence.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The paper that it comes from, or empty.</summary>
    public string Source { get; init; } = "";

    /// <summary>Whether the average of the weights teaches: <see cref="TrainerOptions.EmaDecay"/> then has a default.</summary>
    public bool HasTeacher { get; init; }

    /// <summary>What it does with photographs that have no label at all: the rest of a sentence that begins with its name.</summary>
    public string Unlabeled { get; init; } = "teaches nothing with them: each needs a label for one task at least";

    /// <summary>Whether it learns from them.</summary>
    internal bool UsesUnlabeled { get; init; }

    /// <summary>Whether the network has parts by it that predict.</summary>
    internal bool IsOfNetwork { get; init; }

    /// <summary>The methods that <see cref="JtrRuntime.FindMethod(string)"/> found in a name: several in "jtr+teacher".</summary>
    public IReadOnlyList<TrainingMethod> Parts { get; init; } = [];
}

/// <summary>Memory of a GPU that this process's tensors use, as libtorch's allocator counts it.</summary>
/// <param name="AllocatedBytes">In use now.</param>
/// <param name="PeakBytes">The most that was in use at once, since the start or <see cref="JtrRuntime.ResetCudaPeakMemory"/>.</param>
public readonly record struct CudaMemory(long AllocatedBytes, long PeakBytes);

/// <summary>What the native library is and what it found on the machine.</summary>
/// <remarks>Every member loads the library first and throws <see cref="JtrNativeLibraryException"/> where that fails.</remarks>
public static unsafe class JtrRuntime
{
    /// <summary>The file that libjtr was loaded from.</summary>
    public static string LibraryPath => NativeLibraryLoader.EnsureLoaded();

    /// <summary>Version of libjtr, "major.minor.patch".</summary>
    public static string Version => Text(Info().version);

    /// <summary>Version of the libtorch that was loaded.</summary>
    public static string TorchVersion => Text(Info().torch_version);

    /// <summary>Path of the libtorch that was loaded, or empty.</summary>
    public static string TorchPath => Text(Info().torch_path);

    /// <summary>Vector instructions that libtorch uses, such as "AVX2".</summary>
    public static string CpuCapability => Text(Info().cpu_capability);

    /// <summary>Whether libjtr was built with CUDA.</summary>
    public static bool BuiltWithCuda => Info().built_with_cuda != 0;

    /// <summary>Number of CUDA devices that can be used.</summary>
    public static int CudaDeviceCount => Info().cuda_device_count;

    /// <summary>Names of the CUDA devices that can be used.</summary>
    public static IReadOnlyList<string> CudaDeviceNames
    {
        get
        {
            string[] names = new string[CudaDeviceCount];
            for (int i = 0; i < names.Length; i++)
                names[i] = Text(NativeError.CheckHandle(Api.CudaDeviceName(i)));
            return names;
        }
    }

    /// <summary>Memory of a GPU that this process's tensors use.</summary>
    /// <param name="index">0 or more, below <see cref="CudaDeviceCount"/>.</param>
    /// <exception cref="ArgumentException">There is no such GPU.</exception>
    public static CudaMemory GetCudaMemory(int index)
    {
        NativeLibraryLoader.EnsureLoaded();
        Raw.CudaMemoryInfo.__Internal memory = new() { struct_size = (ulong)sizeof(Raw.CudaMemoryInfo.__Internal) };
        NativeError.Check(Api.GetCudaMemory(index, (nint)(&memory)));
        return new CudaMemory(memory.allocated_bytes, memory.peak_bytes);
    }

    /// <summary>Counts <see cref="CudaMemory.PeakBytes"/> from here on.</summary>
    /// <param name="index">0 or more, below <see cref="CudaDeviceCount"/>.</param>
    /// <exception cref="ArgumentException">There is no such GPU.</exception>
    public static void ResetCudaPeakMemory(int index)
    {
        NativeLibraryLoader.EnsureLoaded();
        NativeError.Check(Api.ResetCudaPeakMemory(index));
    }

    /// <summary>
    /// Threads that the arithmetic of this process uses, 1 to 1024. At first what the environment variable OMP_NUM_THREADS says, else one
    /// for each core. The last bits of results depend on it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The new value is outside the range.</exception>
    public static int Threads
    {
        get => Info().threads;
        set
        {
            OptionRange.Within(nameof(Threads), value, 1, 1024);
            NativeLibraryLoader.EnsureLoaded();
            NativeError.Check(Api.SetThreads(value));
        }
    }

    /// <summary>
    /// Sets the bytes of a layer's input and output that are worked on at once in this process: smaller chunks stay in cache. Results
    /// depend on it by rounding only.
    /// </summary>
    /// <param name="bytes">1 or more; 0 chooses, or takes what the environment variable JTR_CHUNK_BYTES says.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public static void SetChunkBytes(long bytes)
    {
        OptionRange.Within(nameof(bytes), bytes, 0);
        NativeLibraryLoader.EnsureLoaded();
        NativeError.Check(Api.SetChunkBytes(bytes));
    }

    /// <summary>
    /// Asks for GPU algorithms that give the same result every time, where there are any, at the cost of speed. A CPU always does, for the
    /// same number of threads.
    /// </summary>
    /// <param name="deterministic">Whether to.</param>
    public static void SetDeterministic(bool deterministic)
    {
        NativeLibraryLoader.EnsureLoaded();
        NativeError.Check(Api.SetDeterministic(deterministic ? 1 : 0));
    }

    /// <summary>
    /// The JSON schema (draft 2020-12) of all options that a trainer has: of the tasks, the network, the method, the balancing rule, the
    /// optimiser, the schedule. What <see cref="TrainerOptions"/> has no property for is set by <see cref="TrainerOptions.NativeOptions"/>.
    /// </summary>
    public static string OptionsSchema
    {
        get
        {
            NativeLibraryLoader.EnsureLoaded();
            return Text(NativeError.CheckHandle(Api.OptionsSchema()));
        }
    }

    /// <summary>The training methods.</summary>
    public static IReadOnlyList<TrainingMethod> Methods => NativeSchema.Current.Methods;

    /// <summary>The rules that weigh the tasks' losses, for <see cref="BalancingOptions.Name"/>.</summary>
    public static IReadOnlyList<string> BalancingRules => NativeSchema.Current.BalancingRules;

    /// <summary>Names that <see cref="NetworkOptions.Backbone"/> may have.</summary>
    public static IReadOnlyList<string> Backbones => NativeSchema.Current.Backbones;

    /// <summary>Names that <see cref="NetworkOptions.Decoder"/> may have.</summary>
    public static IReadOnlyList<string> Decoders => NativeSchema.Current.Decoders;

    /// <summary>Receives the messages of the native library; null drops them. Of the process, not of one trainer.</summary>
    public static ILogger? Logger
    {
        get => NativeLog.Logger;
        set => NativeLog.Logger = value;
    }

    /// <summary>A method by its name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="property">The option that it comes from, for messages.</param>
    internal static TrainingMethod FindMethod(string name, string property) =>
        FindMethod(name)
        ?? throw new ArgumentException(
            $"there is no method '{name}'; {property} must be one of {string.Join(", ", Methods.Select(m => m.Name))}, or several of them "
                + "with '+' between.",
            property
        );

    /// <summary>A training method by its name.</summary>
    /// <param name="name">One of <see cref="Methods"/>, or several with '+' between, such as "jtr+teacher".</param>
    /// <returns>
    /// The method, or null where there is none of that name. Of several, the most views and tasks that one of them needs.
    /// </returns>
    public static TrainingMethod? FindMethod(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Methods.FirstOrDefault(m => m.Name == name) is { } method)
            return method with { Parts = [method] };
        foreach (TrainingMethod first in Methods)
        {
            // A name may end with a '+' itself.
            if (
                name.StartsWith(first.Name + "+", StringComparison.Ordinal)
                && FindMethod(name[(first.Name.Length + 1)..]) is { } rest
                && rest.Parts.All(m => m.Name != first.Name)
            )
            {
                // What the teacher of "jtr+teacher" does with them is the most that is done.
                TrainingMethod telling = rest.UsesUnlabeled && !first.UsesUnlabeled ? rest : first;
                return new TrainingMethod(name, Math.Max(first.Views, rest.Views), Math.Max(first.MinTasks, rest.MinTasks))
                {
                    Unlabeled = telling.Unlabeled,
                    UsesUnlabeled = telling.UsesUnlabeled,
                    Summary = $"{first.Summary} {rest.Summary}",
                    Source = string.Join("; ", ((string[])[first.Source, rest.Source]).Where(s => s.Length > 0)),
                    HasTeacher = first.HasTeacher || rest.HasTeacher,
                    Parts = [first, .. rest.Parts],
                };
            }
        }
        return null;
    }

    /// <summary>Throws unless there is a rule of that name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="property">The option that it comes from, for messages.</param>
    internal static void CheckBalancing(string name, string property)
    {
        if (!BalancingRules.Contains(name))
            throw new ArgumentException(
                $"there is no rule '{name}'; {property} must be one of {string.Join(", ", BalancingRules)}.",
                property
            );
    }

    private static Raw.RuntimeInfo.__Internal Info()
    {
        NativeLibraryLoader.EnsureLoaded();
        Raw.RuntimeInfo.__Internal info = new() { struct_size = (ulong)sizeof(Raw.RuntimeInfo.__Internal) };
        NativeError.Check(Api.GetRuntimeInfo((nint)(&info)));
        return info;
    }

    private static string Text(nint utf8) => Marshal.PtrToStringUTF8(utf8) ?? "";
}
