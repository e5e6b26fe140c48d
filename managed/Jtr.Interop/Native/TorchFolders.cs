namespace Jtr.Interop.Native;

/// <summary>
/// Finds the libtorch that a libjtr needs. Looked at in this order: the environment variable LIBTORCH, which someone has set on purpose;
/// the folder of libjtr; the folders that libjtr itself names, which are those of the libtorch that it was built with; the folders of the
/// application's native assets, where the packages libtorch-* put theirs; the packages libtorch-* in NuGet's folder. Where none has it, the
/// system's loader looks for it.
/// </summary>
internal static class TorchFolders
{
    /// <summary>The environment variable that names a libtorch: the folder that holds include, lib and share.</summary>
    public const string EnvironmentVariable = "LIBTORCH";

    // Each needs those before it, and would bring the system's if it came first.
    private static readonly string[] _order = ["libc10", "libc10_cuda", "libtorch_cpu", "libtorch_cuda", "libtorch"];

    /// <summary>The libraries of libtorch among those that a library needs, in the order to load them in.</summary>
    public static string[] LibrariesOf(ElfFile library) => [.. library.Needed.Where(n => Rank(n) >= 0).OrderBy(Rank)];

    /// <summary>The folders to look in, best first.</summary>
    /// <param name="library">Path of libjtr.</param>
    /// <param name="elf">What it says about itself.</param>
    /// <param name="assets">Folders of the application's native assets.</param>
    /// <param name="packages">NuGet's folder of packages, or null.</param>
    /// <param name="libtorch">Value of LIBTORCH, or null.</param>
    public static IReadOnlyList<string> Find(string library, ElfFile elf, IEnumerable<string> assets, string? packages, string? libtorch)
    {
        List<string> folders = string.IsNullOrEmpty(libtorch) ? [] : [Path.Combine(libtorch, "lib"), libtorch];
        folders.AddRange([Path.GetDirectoryName(Path.GetFullPath(library))!, .. elf.Folders, .. assets]);
        if (packages is not null && Directory.Exists(packages))
        {
            // Newest first: libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native.
            folders.AddRange(
                Directory
                    .EnumerateDirectories(packages, "libtorch-*")
                    .Order(StringComparer.Ordinal)
                    .SelectMany(Directory.EnumerateDirectories)
                    .OrderByDescending(v => Version.TryParse(Path.GetFileName(v), out Version? version) ? version : new Version())
                    .Select(v => Path.Combine(v, "runtimes", NativeLibraryLoader.Rid, "native"))
            );
        }
        return [.. folders.Where(f => f.Length > 0).Select(f => Path.TrimEndingDirectorySeparator(Path.GetFullPath(f))).Distinct()];
    }

    /// <summary>As <see cref="Find(string, ElfFile, IEnumerable{string}, string?, string?)"/>, for this process.</summary>
    public static IReadOnlyList<string> Find(string library, ElfFile elf) =>
        Find(library, elf, NativeLibraryLoader.AssetFolders(), PackageFolder(), Environment.GetEnvironmentVariable(EnvironmentVariable));

    /// <summary>The first folder that has all of some libraries, or null.</summary>
    public static string? First(IEnumerable<string> folders, IReadOnlyCollection<string> libraries) =>
        libraries.Count == 0 ? null : folders.FirstOrDefault(f => libraries.All(l => File.Exists(Path.Combine(f, l))));

    private static int Rank(string library) => Array.IndexOf(_order, library.Split(".so", 2)[0]);

    private static string? PackageFolder()
    {
        if (Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } chosen)
            return chosen;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length == 0 ? null : Path.Combine(home, ".nuget", "packages");
    }
}
