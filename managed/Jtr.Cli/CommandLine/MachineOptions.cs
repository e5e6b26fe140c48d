using Jtr.Cli.Configuration;
using Jtr.Cli.Output;
using Jtr.Interop.Training;

namespace Jtr.Cli.CommandLine;

/// <summary>
/// Options about where and with what to compute; they do not change results beyond rounding. A run that is resumed keeps them.
/// </summary>
internal static class MachineOptions
{
    /// <summary>The device that is named, or null.</summary>
    public static DeviceChoice? Named(RunConfiguration said) => said.Machine.Device is string text ? DeviceChoice.TryParse(text) : null;

    /// <summary>The device.</summary>
    public static DeviceChoice Device(RunConfiguration said) => Named(said) ?? new(DeviceKind.Auto, 0);

    /// <summary>Sets the threads of the arithmetic and, where they are wanted, shows the native library's messages.</summary>
    /// <param name="settings">What to set.</param>
    /// <param name="console">Where messages go.</param>
    public static void Prepare(MachineSection settings, CliConsole console)
    {
        JtrRuntime.Logger = console.Logger;
        if (settings.Threads is int threads)
            JtrRuntime.Threads = threads;
        JtrRuntime.SetChunkBytes(settings.ChunkBytes ?? 0);
        JtrRuntime.SetDeterministic(settings.Deterministic == true);
    }
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
