using System.Text.RegularExpressions;

namespace Jtr.Interop.Native;

/// <summary>What the system's loader says, and what mends it.</summary>
internal static partial class LoadFailure
{
    /// <summary>What was wrong and the command that mends it.</summary>
    /// <param name="reason">The words of the system's loader.</param>
    public static string Explain(string reason)
    {
        if (Version().Match(reason) is { Success: true } version)
        {
            string wanted = version.Groups["version"].Value;
            return wanted.StartsWith("GLIBC_", StringComparison.Ordinal)
                ? $"the system's C library is older than the one that this libjtr was built with: {wanted} is missing. Use a newer "
                    + $"distribution, or build libjtr here, in a source checkout: ./build.sh native"
                : $"the C++ runtime (libstdc++.so.6) is older than the one that this libjtr was built with: {wanted} is missing. Install "
                    + $"a newer one (apt-get install libstdc++6, on a newer release of the distribution), "
                    + "or build libjtr here, in a source checkout: ./build.sh native";
        }
        if (Missing().Match(reason) is { Success: true } missing)
            return $"the library {missing.Groups["name"].Value} is missing. {Remedy(missing.Groups["name"].Value)}";
        if (
            reason.Contains("failed to map segment", StringComparison.Ordinal)
            || reason.Contains("Cannot allocate memory", StringComparison.Ordinal)
        )
            return "there is no memory to map it: the address space of this process may be limited (RLIMIT_AS, ulimit -v), or the "
                + "machine's memory be spent";
        return reason.Contains("undefined symbol", StringComparison.Ordinal)
            ? "a library has another version than the one that libjtr was built with. libjtr needs the libtorch that it was built with: "
                + "LIBTORCH can name its folder; in a source checkout, ./build.sh native builds libjtr for the libtorch that it finds"
            : "the file is damaged, or made for another system. Install the package again, or build libjtr in a source checkout: "
                + "./build.sh native (it needs libtorch: apt-get install libtorch-dev)";
    }

    /// <summary>The command that installs a missing library.</summary>
    public static string Remedy(string library)
    {
        // libtorch.so.1.13 is a distribution's, whose package bears the version; the official one is plain libtorch.so.
        if (Torch().Match(library) is { Success: true } torch)
        {
            return torch.Groups["version"].Value is { Length: > 0 } version
                ? $"It is the distribution's libtorch: apt-get install libtorch{version}"
                : $"It is the official libtorch: dotnet add package libtorch-cpu-{NativeLibraryLoader.Rid}, or unpack libtorch and name "
                    + $"its folder in the environment variable {TorchFolders.EnvironmentVariable}";
        }
        return library switch
        {
            "libgomp.so.1" => "It is GNU OpenMP: apt-get install libgomp1",
            "libstdc++.so.6" => "It is the C++ runtime: apt-get install libstdc++6",
            _ => $"On Debian, apt-file search {library} names the package that has it",
        };
    }

    [GeneratedRegex("version [`'](?<version>(GLIBCXX|CXXABI|GLIBC)_[0-9.]+)' not found")]
    private static partial Regex Version();

    [GeneratedRegex(@"(^|[\s/])(?<name>lib[^\s/:]+\.so[^\s/:]*): cannot open shared object file")]
    private static partial Regex Missing();

    [GeneratedRegex(@"^lib(torch|torch_cpu|torch_cuda|c10|c10_cuda)\.so(\.(?<version>[0-9.]+))?$")]
    private static partial Regex Torch();
}
