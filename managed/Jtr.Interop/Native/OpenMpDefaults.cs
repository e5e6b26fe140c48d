using System.Runtime.InteropServices;

namespace Jtr.Interop.Native;

/// <summary>
/// Settings of the OpenMP runtime that libtorch's threads run in. It reads them from the process's environment when it is
/// loaded, so they are set just before libjtr is.
/// </summary>
internal static partial class OpenMpDefaults
{
    /// <summary>
    /// How often an idle thread looks for work before it sleeps. GNU OpenMP's default, some milliseconds of spinning, costs
    /// nothing on an idle machine and several times the whole step on a busy one, where the spinning thread holds the
    /// processor that the working one waits for. bench/LADDER.md has what each count costs on both.
    /// </summary>
    private const string SpinCount = "6000";

    /// <summary>Sets what the user has not set.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is { Length: > 0 })
            return;
        // .NET keeps an environment of its own; only setenv reaches native code. A value that is there stays.
        _ = SetEnvironment("GOMP_SPINCOUNT", SpinCount, overwrite: 0);
    }

    /// <summary>
    /// Whether the user says how many threads to use. Where not, libtorch chooses, on some machines one although there are
    /// more processors.
    /// </summary>
    public static bool AreThreadsChosen =>
        Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is { Length: > 0 }
        || Environment.GetEnvironmentVariable("MKL_NUM_THREADS") is { Length: > 0 };

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
