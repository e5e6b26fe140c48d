using System.Globalization;

namespace Jtr.Interop.Native;

/// <summary>
/// The address space that this process may have (RLIMIT_AS, ulimit -v). Where there is too little of it, libtorch cannot be mapped, and the
/// BLAS library waits for ever for memory instead of failing.
/// </summary>
internal static class AddressSpace
{
    // Tried on two cores: with 1.2 GiB left the BLAS library waits for ever, with 3 GiB left training runs. Each further thread has a
    // buffer of 32 MiB and a stack.
    private const long ForLibraries = 5L << 29;
    private const long ForThread = 1L << 26;

    /// <summary>Throws where libtorch would not find room.</summary>
    /// <exception cref="JtrNativeLibraryException">The limit is too low; the message names it, and what lifts it.</exception>
    public static void Check()
    {
        if (!OperatingSystem.IsLinux() || Limit(ReadLines("/proc/self/limits")) is not long limit)
            return;
        if (Fault(limit, Used(ReadLines("/proc/self/status")), Environment.ProcessorCount) is string fault)
            throw new JtrNativeLibraryException(fault);
    }

    /// <summary>What is wrong with a limit, or null.</summary>
    /// <param name="limit">Bytes of addresses that the process may have.</param>
    /// <param name="used">Those that it has.</param>
    /// <param name="threads">Threads of the arithmetic.</param>
    internal static string? Fault(long limit, long used, int threads)
    {
        long needed = ForLibraries + threads * ForThread;
        if (limit - used >= needed)
            return null;
        return $"the address space of this process is limited to {Mebibytes(limit)} MiB (RLIMIT_AS, ulimit -v), of which "
            + $"{Mebibytes(used)} are taken, most of them by the .NET heap; libtorch needs about {Mebibytes(needed)} more. "
            + "Lift the limit (ulimit -v unlimited), or make the heap smaller with DOTNET_GCHeapHardLimit=0x20000000 in the environment";
    }

    /// <summary>The limit in bytes, or null where there is none.</summary>
    internal static long? Limit(IEnumerable<string> lines)
    {
        const string name = "Max address space";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : null;
    }

    /// <summary>The addresses that are taken, in bytes.</summary>
    internal static long Used(IEnumerable<string> lines)
    {
        const string name = "VmSize:";
        string? line = lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        string? number = line?[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes << 10 : 0;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Mebibytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture);
}
