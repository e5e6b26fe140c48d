using System.CommandLine;
using Jtr.Cli.Output;
using Jtr.Interop.Training;

namespace Jtr.Cli.CommandLine;

/// <summary>
/// Options about where and with what to compute; they do not change results beyond rounding. A run that is resumed keeps them.
/// </summary>
internal sealed class MachineOptions
{
    private readonly Option<DeviceChoice?> _device = new("--device")
    {
        HelpName = "auto|cpu|cuda[:N]",
        Description = "Where to compute; auto takes a GPU if there is one. Default: auto.",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            DeviceChoice? choice = DeviceChoice.TryParse(result.Tokens[0].Value);
            if (choice is null) result.AddError($"--device must be auto, cpu, cuda or cuda:N, not '{result.Tokens[0].Value}'.");
            return choice;
        },
    };

    private readonly Option<long?> _threads = OptionKinds.Whole("--threads", "N", "Threads of the arithmetic. Default: what OMP_NUM_THREADS says, else one a core.", 1, 1024);

    private readonly Option<long?> _workers = OptionKinds.Whole("--workers", "N", "Threads that read and prepare samples. Default: one a core, at most 4.", 1, 256);

    private readonly Option<long?> _chunkBytes = OptionKinds.Whole("--chunk-bytes", "N", "Bytes of a layer's input and output that are worked on at once, so that they stay in cache. Default: chosen.", 1);

    private readonly Option<bool> _deterministic = new("--deterministic") { Description = "On a GPU, algorithms that give the same result every time, where there are any; slower. A CPU always does, for the same --threads." };

    /// <summary>For the help page.</summary>
    public OptionGroup Group => new("Machine", [_device, _threads, _workers, _chunkBytes, _deterministic]);

    /// <summary>The device.</summary>
    public DeviceChoice Device(ParseResult parsed) => parsed.GetValue(_device) ?? new(DeviceKind.Auto, 0);

    /// <summary>Whether a device was named.</summary>
    public bool HasDevice(ParseResult parsed) => parsed.GetValue(_device) is not null;

    /// <summary>Threads that read samples, or null.</summary>
    public int? Workers(ParseResult parsed) => (int?)parsed.GetValue(_workers);

    /// <summary>What is said about the arithmetic, on top of what a run that is resumed began with.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="saved">The run to resume, or null.</param>
    public MachineSettings Settings(ParseResult parsed, MachineSettings? saved = null) => new()
    {
        Threads = (int?)parsed.GetValue(_threads) ?? saved?.Threads,
        Workers = Workers(parsed) ?? saved?.Workers,
        ChunkBytes = parsed.GetValue(_chunkBytes) ?? saved?.ChunkBytes,
        Deterministic = parsed.GetValue(_deterministic) || saved?.Deterministic == true,
    };

    /// <summary>Sets the threads of the arithmetic and, where they are wanted, shows the native library's messages.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="console">Where messages go.</param>
    /// <param name="settings">What to set, or null for what the command line says.</param>
    public void Prepare(ParseResult parsed, CliConsole console, MachineSettings? settings = null)
    {
        settings ??= Settings(parsed);
        JtrRuntime.Logger = console.Logger;
        if (settings.Threads is int threads) JtrRuntime.Threads = threads;
        JtrRuntime.SetChunkBytes(settings.ChunkBytes ?? 0);
        JtrRuntime.SetDeterministic(settings.Deterministic);
    }
}

/// <summary>With what a run computes. A run that is resumed keeps it, for sums are rounded by it.</summary>
internal sealed record MachineSettings
{
    /// <summary>Threads of the arithmetic, or null for as many as there are.</summary>
    public int? Threads { get; init; }

    /// <summary>Threads that read samples, or null.</summary>
    public int? Workers { get; init; }

    /// <summary>Bytes that are worked on at once, or null where they are chosen.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>Whether to use deterministic algorithms.</summary>
    public bool Deterministic { get; init; }
}

/// <summary>A device.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Index">Which GPU.</param>
internal readonly record struct DeviceChoice(DeviceKind Kind, int Index)
{
    /// <summary>The number of the GPU that it comes to here, or null for the processor.</summary>
    public int? Gpu => Kind == DeviceKind.Cuda || (Kind == DeviceKind.Auto && JtrRuntime.CudaDeviceCount > 0) ? Index : null;

    /// <summary>Reads "auto", "cpu", "cuda" or "cuda:1".</summary>
    public static DeviceChoice? TryParse(string text) => text switch
    {
        "auto" => new(DeviceKind.Auto, 0),
        "cpu" => new(DeviceKind.Cpu, 0),
        "cuda" => new(DeviceKind.Cuda, 0),
        _ when text.StartsWith("cuda:", StringComparison.Ordinal) && ushort.TryParse(text.AsSpan(5), out ushort index) => new(DeviceKind.Cuda, index),
        _ => null,
    };

    /// <summary>What <see cref="TryParse"/> reads.</summary>
    public override string ToString() => Kind switch
    {
        DeviceKind.Cpu => "cpu",
        DeviceKind.Cuda => Index == 0 ? "cuda" : $"cuda:{Index}",
        _ => "auto",
    };
}
