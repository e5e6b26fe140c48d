using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Jtr.Interop.Native;

/// <summary>
/// Finds and loads libjtr, once. Looked at in this order; the first that loads is taken:
/// the file or folder that the environment variable JTR_NATIVE names (then nothing else is looked at); beside this assembly;
/// runtimes/RID/native beside it; the same two for the application; the folders of the application's native assets, which are those
/// of the packages Jtr.Interop.Runtime.* where they are not copied beside it; artifacts/native/RID of a source checkout that the
/// application lies in (a development build: build.sh puts the library there); the system's library path. The libtorch that it needs
/// is looked for as <see cref="TorchFolders"/> says.
/// </summary>
internal static unsafe class NativeLibraryLoader
{
    /// <summary>The version of jtr.h that the bindings were generated from.</summary>
    public const int ExpectedAbiVersion = 6;

    private const string EnvironmentVariable = "JTR_NATIVE";
    private static readonly Lock Gate = new();
    private static volatile string? _path;
    private static nint _handle;

    /// <summary>File name of libjtr on this system.</summary>
    public static string FileName =>
        OperatingSystem.IsWindows() ? "jtr.dll"
        : OperatingSystem.IsMacOS() ? "libjtr.dylib"
        : "libjtr.so";

    /// <summary>Portable runtime identifier of this process, such as linux-x64.</summary>
    public static string Rid
    {
        get
        {
            string system =
                OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>Loads libjtr unless that was done, and checks that it speaks this version's language.</summary>
    /// <returns>The file that was loaded.</returns>
    /// <exception cref="JtrNativeLibraryException">It was not found, could not be loaded, or is of another version.</exception>
    public static string EnsureLoaded()
    {
        if (_path is { } loaded)
            return loaded;
        lock (Gate)
        {
            if (_path is { } meanwhile)
                return meanwhile;
            AddressSpace.Check();
            OpenMpDefaults.Apply();
            string? chosen = Environment.GetEnvironmentVariable(EnvironmentVariable);
            (nint handle, string path) = Load(Places(chosen, [AssemblyFolder(), AppContext.BaseDirectory], AssetFolders()), chosen);
            CheckAbi(handle, path);
            _handle = handle;
            NativeLibrary.SetDllImportResolver(typeof(Raw.NativeMethods).Assembly, static (name, _, _) => name == "jtr" ? _handle : 0);
            if (!OpenMpDefaults.AreThreadsChosen)
                UseAllProcessors();
            _path = path;
            return path;
        }
    }

    /// <summary>Lets the arithmetic use every processor of this process, where libtorch would use one.</summary>
    private static void UseAllProcessors()
    {
        Raw.RuntimeInfo.__Internal info = new() { struct_size = (ulong)sizeof(Raw.RuntimeInfo.__Internal) };
        if (Raw.NativeMethods.__Internal.GetRuntimeInfo((nint)(&info)) == Raw.Status.Ok && info.threads == 1)
            _ = Raw.NativeMethods.__Internal.SetThreads(Math.Min(Environment.ProcessorCount, 1024));
    }

    /// <summary>The files to try, best first. A bare file name stands for the system's library path.</summary>
    /// <param name="chosen">Value of JTR_NATIVE, a file or a folder, or null.</param>
    /// <param name="baseFolders">Folders of the assembly and the application; empty ones are passed over.</param>
    /// <param name="assets">Folders of the application's native assets, from <see cref="AssetFolders"/>.</param>
    public static IReadOnlyList<string> Places(string? chosen, IEnumerable<string> baseFolders, IEnumerable<string>? assets = null)
    {
        if (!string.IsNullOrEmpty(chosen))
        {
            string full = Path.GetFullPath(chosen);
            return [Directory.Exists(full) ? Path.Combine(full, FileName) : full];
        }

        List<string> places = [];
        string[] folders = [.. baseFolders.Where(f => f.Length > 0).Select(Path.TrimEndingDirectorySeparator).Distinct()];
        foreach (string folder in folders)
        {
            places.Add(Path.Combine(folder, FileName));
            places.Add(Path.Combine(folder, "runtimes", Rid, "native", FileName));
        }
        places.AddRange((assets ?? []).Select(a => Path.Combine(a, FileName)));
        foreach (string folder in folders)
        {
            for (DirectoryInfo? up = new(folder); up is not null; up = up.Parent)
            {
                // Only a checkout has build.sh beside artifacts/; any other folder of that name is not ours to load from.
                if (
                    File.Exists(Path.Combine(up.FullName, "build.sh"))
                    && File.Exists(Path.Combine(up.FullName, "native", "include", "jtr", "jtr.h"))
                )
                {
                    places.Add(Path.Combine(up.FullName, "artifacts", "native", Rid, FileName));
                    break;
                }
            }
        }
        places.Add(FileName);
        return [.. places.Distinct()];
    }

    /// <summary>Folders that the host found the application's native libraries in.</summary>
    public static IEnumerable<string> AssetFolders() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(Path.TrimEndingDirectorySeparator);

    /// <summary>Loads the first of the files that can be loaded.</summary>
    /// <param name="places">The files, from <see cref="Places"/>.</param>
    /// <param name="chosen">Value of JTR_NATIVE, for the message.</param>
    /// <exception cref="JtrNativeLibraryException">None could; the message names every file, what was wrong with it, and what mends
    /// it.</exception>
    public static (nint Handle, string Path) Load(IReadOnlyList<string> places, string? chosen = null)
    {
        StringBuilder report = new();
        bool found = false;
        foreach (string place in places)
        {
            bool onSystemPath = !Path.IsPathRooted(place);
            if (!onSystemPath && !File.Exists(place))
            {
                report.Append("\n  ").Append(place).Append(": not there");
                continue;
            }
            // The system's loader may find a library of the same name that is not ours; its libtorch is its own affair.
            ElfFile? elf = onSystemPath ? null : ElfFile.TryRead(place);
            string[] torch = elf is null ? [] : TorchFolders.LibrariesOf(elf);
            IReadOnlyList<string> folders = elf is null ? [] : TorchFolders.Find(place, elf);
            string? folder = TorchFolders.First(folders, torch);
            try
            {
                // Once they are loaded, libjtr finds them by name wherever they are.
                if (folder is not null)
                    foreach (string library in torch)
                        NativeLibrary.Load(Path.Combine(folder, library));
                return (NativeLibrary.Load(place), place);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                string reason = Reason(e.Message, place);
                report.Append("\n  ").Append(onSystemPath ? $"{place} on the system's library path" : place).Append(": ").Append(reason);
                if (onSystemPath)
                    continue;
                found = true;
                report.Append("\n    -> ").Append(LoadFailure.Explain(reason));
                if (torch.Length == 0)
                    continue;
                if (folder is not null)
                    report.Append("\n    its libtorch was taken from ").Append(folder);
                else
                    report
                        .Append("\n    its libtorch (")
                        .AppendJoin(", ", torch)
                        .Append(") was looked for in ")
                        .AppendJoin(", ", folders)
                        .Append(", then in the system");
            }
        }

        if (!string.IsNullOrEmpty(chosen))
            report.Append('\n').Append(EnvironmentVariable).Append(" is set, so nothing else was looked at.");
        if (places.Count == 0)
            report.Append("\n  nowhere: the list of places is empty");
        if (!found)
        {
            report
                .Append(
                    $"\n`dotnet add package Jtr.Interop.Runtime.{Rid}` brings it to an application; `./build.sh native` in a source "
                        + $"checkout builds it "
                )
                .Append($"(it needs libtorch: `apt-get install libtorch-dev`); {EnvironmentVariable} can name the file or its folder.");
        }
        throw new JtrNativeLibraryException($"libjtr could not be loaded. Looked at:{report}");
    }

    /// <summary>Throws unless a loaded library has the interface that the bindings were generated from.</summary>
    internal static void CheckAbi(nint handle, string path)
    {
        if (!NativeLibrary.TryGetExport(handle, "jtr_get_runtime_info", out nint export))
            throw new JtrNativeLibraryException(
                $"{path} is not libjtr: it does not export jtr_get_runtime_info. `./build.sh native` builds libjtr."
            );
        Raw.RuntimeInfo.__Internal info = new() { struct_size = (ulong)sizeof(Raw.RuntimeInfo.__Internal) };
        Raw.Status status = ((delegate* unmanaged[Cdecl]<nint, Raw.Status>)export)((nint)(&info));
        if (status != Raw.Status.Ok || info.abi_version != ExpectedAbiVersion)
        {
            string found = status == Raw.Status.Ok ? $"version {info.abi_version}" : "another version";
            throw new JtrNativeLibraryException(
                $"{path} has {found} of the native interface, this Jtr.Interop needs version {ExpectedAbiVersion}. Use a libjtr of the "
                    + $"same release, or build it with `./build.sh native`."
            );
        }
    }

    /// <summary>dlopen's own words out of .NET's, which lists every file name that it tried.</summary>
    private static string Reason(string message, string place)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string file = Path.GetFileName(place),
            own = place + ": ";
        return lines.FirstOrDefault(l => l.Contains("' not found (required by ", StringComparison.Ordinal))
            ?? lines.FirstOrDefault(l => l.Contains(".so", StringComparison.Ordinal) && !l.Contains(file, StringComparison.Ordinal))
            ?? lines.Skip(1).FirstOrDefault(l => l.StartsWith(own, StringComparison.Ordinal))?[own.Length..]
            ?? lines[^1];
    }

    [UnconditionalSuppressMessage(
        "SingleFile",
        "IL3000",
        Justification = "An empty location is passed over; the application's folder is looked at too."
    )]
    private static string AssemblyFolder() =>
        typeof(NativeLibraryLoader).Assembly.Location is { Length: > 0 } location ? Path.GetDirectoryName(location)! : "";
}
