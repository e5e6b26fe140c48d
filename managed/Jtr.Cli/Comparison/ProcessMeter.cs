using System.Globalization;
using Jtr.Interop.Training;

namespace Jtr.Cli.Comparison;

/// <summary>
/// What this process spends between two moments: processor time, and the most memory that it held: the GPU's for tensors where it computes
/// there, else its own. That is known on Linux only.
/// </summary>
internal sealed class ProcessMeter
{
    private const string Status = "/proc/self/status";

    // Writing 5 there sets the peak back to what is held now (proc(5)).
    private const string ResetPeak = "/proc/self/clear_refs";

    private readonly TimeSpan _start;
    private readonly bool _isPeakOfOurs;
    private readonly int? _gpu;

    private ProcessMeter(int? gpu)
    {
        _gpu = gpu;
        if (gpu is { } index)
        {
            JtrRuntime.ResetCudaPeakMemory(index);
            HeldAtStart = Mebibytes(JtrRuntime.GetCudaMemory(index).AllocatedBytes);
        }
        else
        {
            _isPeakOfOurs = TryResetPeak();
            HeldAtStart = Read("VmRSS:");
        }
        _start = Environment.CpuUsage.TotalTime;
    }

    /// <summary>Memory held when the meter started, in MiB; NaN where it is unknown.</summary>
    public double HeldAtStart { get; }

    /// <summary>Processor time of all threads since the start.</summary>
    public TimeSpan Processor => Environment.CpuUsage.TotalTime - _start;

    /// <summary>The most memory held since the start, in MiB; NaN where it is unknown.</summary>
    public double Peak =>
        _gpu is { } gpu ? Mebibytes(JtrRuntime.GetCudaMemory(gpu).PeakBytes)
        : _isPeakOfOurs ? Read("VmHWM:")
        : double.NaN;

    /// <summary>Gives memory that is not in use back to the system, so that earlier work does not count, and starts.</summary>
    /// <param name="gpu">Where it computes: the number of a GPU, or null for the processor.</param>
    public static ProcessMeter Start(int? gpu)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        NativeHeap.Trim();
        return new ProcessMeter(gpu);
    }

    private static double Mebibytes(long bytes) => bytes / 1048576.0;

    private static bool TryResetPeak()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            File.WriteAllText(ResetPeak, "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static double Read(string field)
    {
        if (!File.Exists(Status))
            return double.NaN;
        string? line = File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        string[] parts = line?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) ?? [];
        return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes)
            ? kibibytes / 1024.0
            : double.NaN;
    }
}
