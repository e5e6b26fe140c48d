using System.Diagnostics;

namespace Jtr.Packages.Tests;

/// <summary>Runs programs as a user would, with a package folder of their own.</summary>
internal static class Shell
{
    /// <summary>What is restored stays here between runs; what comes from this checkout is thrown away first.</summary>
    public static string RestoredPackages { get; } = Path.Combine(Repository.Root, "artifacts", "test-packages");

    /// <summary>Where ./build.sh pack puts the packages.</summary>
    public static string Packages { get; } = Path.Combine(Repository.Root, "artifacts", "packages");

    /// <summary>Throws unless the packages are there; forgets those of earlier builds.</summary>
    public static void PreparePackages()
    {
        string[] files = Directory.Exists(Packages) ? Directory.GetFiles(Packages, "*.nupkg") : [];
        Assert.That(files, Is.Not.Empty, $"{Packages} has no packages: ./build.sh pack makes them, and ./build.sh test does so first");
        if (!Directory.Exists(RestoredPackages))
            return;
        foreach (string old in Directory.GetDirectories(RestoredPackages, "jtr.*"))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Makes a folder outside the tree, whose projects restore from the packages and from the user's own sources.</summary>
    public static string MakeFolder() => Directory.CreateTempSubdirectory("jtr-consumer-").FullName;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>Its output, errors included.</returns>
    public static string Run(string folder, string program, params string[] arguments)
    {
        using Process process = Start(folder, program, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        output += error.GetAwaiter().GetResult();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    /// <summary>Starts a program.</summary>
    public static Process Start(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A test host's own settings are no user's.
        foreach (
            string name in start
                .Environment.Keys.Where(k =>
                    k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || k.StartsWith("VSTEST", StringComparison.Ordinal)
                )
                .ToArray()
        )
            start.Environment.Remove(name);
        start.Environment["NUGET_PACKAGES"] = RestoredPackages;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        return Process.Start(start)!;
    }
}
