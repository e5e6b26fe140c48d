using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Jtr.Packages.Tests;

/// <summary>
/// The runtime packages of libjtrs that this machine cannot build: the packing sees what a libjtr was built with, so it is given copies
/// that say something else. The packages libtorch-* that they depend on are empty ones in a folder.
/// </summary>
public sealed class RuntimePackageTests
{
    private static readonly string _built = Path.Combine(Repository.Root, "artifacts", "native", "linux-x64", "libjtr.so");

    private string _folder = null!;

    [OneTimeSetUp]
    public void MakeFolder()
    {
        _folder = Shell.MakeFolder();
        if (!File.Exists(_built))
            Assert.Fail($"{_built} is not there: ./build.sh native writes it");
        WritePackage("libtorch-cpu-linux-x64", "2.9.1");
        WritePackage("libtorch-cpu-linux-x64", "2.10.0");
        WritePackage("libtorch-cpu-linux-x64", "2.10.1");
        WritePackage("libtorch-cuda-12.8-linux-x64", "2.7.1.2");
    }

    [OneTimeTearDown]
    public void RemoveFolder()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void One_for_the_official_libtorch_depends_on_its_package_in_that_version()
    {
        XElement metadata = Pack("cpu", "torch 2.10.0\ncuda OFF\ncuda-version \n", isOfficial: true, out string[] files);
        Assert.That(Value(metadata, "id"), Is.EqualTo("Jtr.Interop.Runtime.linux-x64"));
        Depends(metadata, "libtorch-cpu-linux-x64", "[2.10.0, 2.10.1)");
        Assert.That(
            Value(metadata, "description"),
            Does.Contain(
                "for the processor on linux-x64, built with libtorch 2.10.0. Its libtorch comes with the package libtorch-cpu-linux-x64."
            )
        );
        Assert.That(files, Does.Contain("runtimes/linux-x64/native/libjtr.so"));
    }

    [Test]
    public void One_with_CUDA_has_a_name_of_its_own_and_depends_on_the_libtorch_of_that_CUDA()
    {
        XElement metadata = Pack("cuda", "torch 2.7.1\ncuda ON\ncuda-version 12.8.93\n", isOfficial: true, out string[] files);
        Assert.That(Value(metadata, "id"), Is.EqualTo("Jtr.Interop.Runtime.linux-x64.cuda"));
        Depends(metadata, "libtorch-cuda-12.8-linux-x64", "[2.7.1, 2.7.2)");
        Assert.That(
            Value(metadata, "description"),
            Does.Contain("for NVIDIA GPUs and the processor on linux-x64, built with libtorch 2.7.1.")
        );
        // The same file as the other package's, in the same place: a project references one of them.
        Assert.That(files, Is.SupersetOf(new[] { "runtimes/linux-x64/native/libjtr.so", "README.md", "icon.png", "LICENSE" }));
    }

    [Test]
    public void One_for_a_distributions_libtorch_depends_on_no_package_and_names_the_systems()
    {
        XElement metadata = Pack("system", "torch 1.13.0\ncuda OFF\ncuda-version \n", isOfficial: false, out _);
        Assert.That(metadata.Descendants().Where(e => e.Name.LocalName == "dependency"), Is.Empty);
        Assert.That(
            Value(metadata, "description"),
            Does.Match(@"Needs the system package libtorch\d+\.\d+: apt-get install libtorch\d+\.\d+\.")
        );
    }

    private static void Depends(XElement metadata, string package, string version)
    {
        XElement dependency = metadata.Descendants().Single(e => e.Name.LocalName == "dependency");
        Assert.That((string?)dependency.Attribute("id"), Is.EqualTo(package));
        Assert.That((string?)dependency.Attribute("version"), Is.EqualTo(version));
        // Libraries and targets reach the project that references the runtime package.
        Assert.That((string?)dependency.Attribute("include"), Is.EqualTo("All"));
        Assert.That(dependency.Attribute("exclude"), Is.Null);
    }

    /// <summary>Packs a copy of libjtr as ./build.sh pack-runtime does.</summary>
    private XElement Pack(string name, string about, bool isOfficial, out string[] files)
    {
        string built = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName,
            output = Path.Combine(built, "packages");
        byte[] library = File.ReadAllBytes(_built);
        if (isOfficial)
            NameAsOfficial(library);
        else
            Assume.That(Find(library, "libtorch_cpu.so."u8), Is.Positive, "this libjtr is for the official libtorch");
        File.WriteAllBytes(Path.Combine(built, "libjtr.so"), library);
        File.WriteAllText(Path.Combine(built, "libjtr.txt"), about);
        // Folders of its own, so that what is restored for the checkout stays as it is.
        Shell.Run(
            _folder,
            "bash",
            Path.Combine(Repository.Root, "build.sh"),
            "pack-runtime",
            built,
            output,
            $"-p:BaseIntermediateOutputPath={Path.Combine(built, "obj")}/",
            $"-p:BaseOutputPath={Path.Combine(built, "bin")}/",
            $"-p:RestoreSources={_folder}",
            "-p:NuGetAudit=false",
            $"-p:RestorePackagesPath={Path.Combine(_folder, "restored")}"
        );
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(output, "*.nupkg").Single());
        files = [.. package.Entries.Select(e => e.FullName)];
        using Stream packed = package.GetEntry("runtimes/linux-x64/native/libjtr.so")!.Open();
        using MemoryStream bytes = new();
        packed.CopyTo(bytes);
        Assert.That(bytes.ToArray().AsSpan().SequenceEqual(library), "the library of that folder and no other");
        using Stream nuspec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(nuspec).Root!;
    }

    /// <summary>Takes the version out of the names of libtorch's libraries, as the official ones have none.</summary>
    private static void NameAsOfficial(byte[] library)
    {
        int at = Find(library, "libtorch_cpu.so."u8);
        if (at < 0)
            return;
        for (int i = at + "libtorch_cpu.so".Length; library[i] != 0; i++)
            library[i] = 0;
    }

    private static int Find(byte[] library, ReadOnlySpan<byte> name) => library.AsSpan().IndexOf(name);

    /// <summary>A package that holds nothing.</summary>
    private void WritePackage(string id, string version)
    {
        using ZipArchive package = ZipFile.Open(Path.Combine(_folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        using Stream nuspec = package.CreateEntry($"{id}.nuspec").Open();
        nuspec.Write(
            Encoding.UTF8.GetBytes(
                $"""
                <?xml version="1.0"?>
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata><id>{id}</id><version>{version}</version><authors>nobody</authors><description>Nothing.</description></metadata>
                </package>
                """
            )
        );
    }

    private static string? Value(XElement metadata, string name) =>
        metadata.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
}
