namespace Jtr.Interop.Tests.Native;

/// <summary>Windows and macOS are not supported, but managed code builds there, and what needs no libjtr runs.</summary>
public sealed class PortabilityTests
{
    // What the analyzers do not know of: texts and libraries of one system.
    private static readonly string[] _ofLinux = ["\"/proc/", "\"/sys/", "\"/etc/", "LibraryImport(\"libc\"", "DllImport("];

    [Test]
    public void What_only_Linux_has_is_asked_for_on_Linux_alone()
    {
        int found = 0;
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "managed"), "*.cs", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(Repository.Root, path);
            if (relative.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
                continue;
            string code = File.ReadAllText(path);
            if (!_ofLinux.Any(text => code.Contains(text, StringComparison.Ordinal)))
                continue;
            found++;
            Assert.That(code, Does.Contain("OperatingSystem.IsLinux()"), $"{relative} has what only Linux has, without a guard");
        }
        Assert.That(found, Is.GreaterThan(2), "the memory of a process, its address space, threads that wait");
    }
}
