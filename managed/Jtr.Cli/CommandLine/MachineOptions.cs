using Jtr.Cli.Configuration;
using Jtr.Cli.Output;
using Jtr.Interop.Training;

namespace Jtr.Cli.CommandLine;

/// <summary>
/// Options about where and with what to compute; they do not change results beyond rounding. A run that is resumed keeps them.
/// </summary>
internal static class MachineOptions
{
    /// <summary>For the help page.</summary>
    public static OptionGroup Group =>
        SettingsTable.Group(
            "Machine",
            "machine.device",
            "machine.threads",
            "machine.workers",
            "machine.chunkBytes",
            "machine.deterministic"
        );

    /// <summary>The device that is named, or null.</summary>
    public static DeviceChoice? Named(RunConfiguration said) => said.Machine.Device is string text ? DeviceChoice.TryParse(text) : null;

    /// <summary>The device.</summary>
    public static DeviceChoice Device(RunConfiguration said) => Named(said) ?? new(DeviceKind.Auto, 0);

    /// <summary>What is said about the arithmetic, on top of what a run that is resumed began with.</summary>
    /// <param name="said">The options.</param>
    /// <param name="saved">The run to resume, or null.</param>
    public static MachineSettings Settings(RunConfiguration said, MachineSettings? saved = null) =>
        new()
        {
            Threads = said.Machine.Threads ?? saved?.Threads,
            Workers = said.Machine.Workers ?? saved?.Workers,
            ChunkBytes = said.Machine.ChunkBytes ?? saved?.ChunkBytes,
            Deterministic = said.Machine.Deterministic ?? saved?.Deterministic == true,
        };

    /// <summary>Sets the threads of the arithmetic and, where they are wanted, shows the native library's messages.</summary>
    /// <param name="settings">What to set.</param>
    /// <param name="console">Where messages go.</param>
    public static void Prepare(MachineSettings settings, CliConsole console)
    {
        JtrRuntime.Logger = console.Logger;
        if (settings.Threads is int threads)
            JtrRuntime.Threads = threads;
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
    public static DeviceChoice? TryParse(string text) =>
        text switch
        {
            "auto" => new(DeviceKind.Auto, 0),
            "cpu" => new(DeviceKind.Cpu, 0),
            "cuda" => new(DeviceKind.Cuda, 0),
            _ when text.StartsWith("cuda:", StringComparison.Ordinal) && ushort.TryParse(text.AsSpan(5), out ushort index) => new(
                DeviceKind.Cuda,
                index
            ),
            _ => null,
        };

    /// <summary>What <see cref="TryParse"/> reads.</summary>
    public override string ToString() =>
        Kind switch
        {
            DeviceKind.Cpu => "cpu",
            DeviceKind.Cuda => Index == 0 ? "cuda" : $"cuda:{Index}",
            _ => "auto",
        };
}
