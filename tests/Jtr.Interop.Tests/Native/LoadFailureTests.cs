using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Native;

public sealed class LoadFailureTests
{
    private string _folder = null!;

    private string File => Path.Combine(_folder, NativeLibraryLoader.FileName);

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("jtr-loader-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_library_names_the_libraries_that_it_needs()
    {
        ElfFile? elf = ElfFile.TryRead(JtrRuntime.LibraryPath);
        Assert.That(elf, Is.Not.Null);
        Assert.That(elf!.Needed, Has.Some.StartsWith("libtorch_cpu.so").And.Some.StartsWith("libc10.so").And.Some.EqualTo("libc.so.6"));
        Assert.That(
            TorchFolders.LibrariesOf(elf),
            Is.SubsetOf(elf.Needed).And.None.EqualTo("libc.so.6").And.Length.GreaterThanOrEqualTo(2)
        );
    }

    [Test]
    public void A_file_that_is_no_library_or_is_cut_names_nothing([Values(0, 3, 63, 64, 200, 4096)] int length)
    {
        System.IO.File.WriteAllBytes(File, System.IO.File.ReadAllBytes(JtrRuntime.LibraryPath)[..length]);
        Assert.That(ElfFile.TryRead(File)?.Needed ?? [], Is.Empty);
        Assert.That(ElfFile.TryRead(Path.Combine(_folder, "absent")), Is.Null);
    }

    [Test]
    public void A_missing_libtorch_is_told_with_every_folder_looked_at_and_the_package_that_has_it()
    {
        string needed = TorchFolders
            .LibrariesOf(ElfFile.TryRead(JtrRuntime.LibraryPath)!)
            .First(l => l.StartsWith("libtorch_cpu", StringComparison.Ordinal));
        PatchedLibrary.Copy(File, needed, needed.Replace("libtorch_cpu", "libtorch_cxx", StringComparison.Ordinal));
        string? before = Environment.GetEnvironmentVariable(TorchFolders.EnvironmentVariable);
        Environment.SetEnvironmentVariable(TorchFolders.EnvironmentVariable, "/nowhere/libtorch");
        try
        {
            Assert.That(
                () => NativeLibraryLoader.Load([File]),
                Throws
                    .TypeOf<JtrNativeLibraryException>()
                    .With.Message.Contains("libtorch_cxx.so")
                    .And.Message.Contains("is missing")
                    .And.Message.Contains(_folder + ",")
                    .And.Message.Contains("/nowhere/libtorch/lib")
                    .And.Message.Contains("then in the system")
            );
        }
        finally
        {
            Environment.SetEnvironmentVariable(TorchFolders.EnvironmentVariable, before);
        }
    }

    [Test]
    public void A_C_plus_plus_runtime_that_is_too_old_is_told_with_the_version_that_is_wanted()
    {
        string version = PatchedLibrary.RuntimeVersion();
        string future = version[..^2] + "99";
        PatchedLibrary.Copy(File, version, future);
        Assert.That(
            () => NativeLibraryLoader.Load([File]),
            Throws
                .TypeOf<JtrNativeLibraryException>()
                .With.Message.Contains(
                    $"the C++ runtime (libstdc++.so.6) is older than the one that this libjtr was built with: {future} is missing"
                )
                .And.Message.Contains("./build.sh native")
        );
    }

    [TestCase("libtorch.so.1.13: cannot open shared object file: No such file or directory", "apt-get install libtorch1.13")]
    [TestCase("libc10.so.2.6: cannot open shared object file: No such file or directory", "apt-get install libtorch2.6")]
    [TestCase("libtorch_cpu.so: cannot open shared object file: No such file or directory", "dotnet add package libtorch-cpu-linux-x64")]
    [TestCase("libgomp.so.1: cannot open shared object file: No such file or directory", "apt-get install libgomp1")]
    [TestCase("libstdc++.so.6: cannot open shared object file: No such file or directory", "apt-get install libstdc++6")]
    [TestCase("/a/libjtr.so: undefined symbol: _ZN2at4_ops3addE", "another version")]
    [TestCase("/lib/libc.so.6: version `GLIBC_2.99' not found (required by /a/libjtr.so)", "the system's C library is older")]
    [TestCase("/lib/libstdc++.so.6: version `CXXABI_1.3.99' not found (required by /a/libjtr.so)", "CXXABI_1.3.99 is missing")]
    [TestCase("/a/libjtr.so: file too short", "the file is damaged")]
    public void What_mends_a_failure_is_told(string reason, string remedy) =>
        Assert.That(LoadFailure.Explain(reason), Does.Contain(remedy));

    [Test]
    public void Libtorch_is_looked_for_in_LIBTORCH_first_then_beside_libjtr_in_assets_and_in_packages()
    {
        string packages = Path.Combine(_folder, "packages");
        foreach (string version in new[] { "2.9.1", "2.10.0" })
            Directory.CreateDirectory(Path.Combine(packages, "libtorch-cpu-linux-x64", version));
        Directory.CreateDirectory(Path.Combine(packages, "libtorchaudio", "1.0.0"));
        ElfFile elf = new(["libtorch.so"], ["/built/with/lib"]);
        Assert.That(
            TorchFolders.Find(Path.Combine(_folder, "libjtr.so"), elf, ["/assets/"], packages, "/opt/libtorch"),
            Is.EqualTo(
                new[]
                {
                    "/opt/libtorch/lib",
                    "/opt/libtorch",
                    _folder,
                    "/built/with/lib",
                    "/assets",
                    Path.Combine(packages, "libtorch-cpu-linux-x64", "2.10.0", "runtimes", NativeLibraryLoader.Rid, "native"),
                    Path.Combine(packages, "libtorch-cpu-linux-x64", "2.9.1", "runtimes", NativeLibraryLoader.Rid, "native"),
                }
            )
        );
        Assert.That(TorchFolders.Find("/x/libjtr.so", elf, [], null, null), Is.EqualTo(new[] { "/x", "/built/with/lib" }));
    }

    [Test]
    public void Only_a_folder_that_has_every_library_is_taken()
    {
        string half = Directory.CreateDirectory(Path.Combine(_folder, "half")).FullName,
            whole = Directory.CreateDirectory(Path.Combine(_folder, "whole")).FullName;
        foreach (
            string file in new[] { Path.Combine(half, "libtorch.so"), Path.Combine(whole, "libtorch.so"), Path.Combine(whole, "libc10.so") }
        )
            System.IO.File.WriteAllText(file, "");
        Assert.That(TorchFolders.First([half, whole], ["libtorch.so", "libc10.so"]), Is.EqualTo(whole));
        Assert.That(TorchFolders.First([half], ["libtorch.so", "libc10.so"]), Is.Null);
        Assert.That(TorchFolders.First([half], []), Is.Null, "a library that needs no libtorch takes none");
    }
}
