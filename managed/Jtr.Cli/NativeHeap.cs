using System.Runtime.InteropServices;

namespace Jtr.Cli;

/// <summary>The heap of the C library.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives memory that is not in use back to the system, where the C library is glibc; others need no such call.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Such as musl.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
