using System.IO.Compression;
using System.Xml.Linq;

namespace Jtr.Packages.Tests;

/// <summary>What the packages hold.</summary>
public sealed class ContentTests
{
    private static readonly string _version = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    [OneTimeSetUp]
    public void Prepare() => Shell.PreparePackages();

    [Test]
    public void The_library_comes_with_its_bindings_documentation_readme_icon_and_license()
    {
        using ZipArchive package = Open("Jtr.Interop", "nupkg");
        string[] files = [.. package.Entries.Select(e => e.FullName)];
        Assert.That(files, Is.SupersetOf(new[] { "lib/net10.0/Jtr.Interop.dll", "lib/net10.0/Jtr.Interop.xml", "lib/net10.0/Jtr.Bindings.dll", "README.md", "icon.png", "LICENSE" }));
        XElement metadata = Metadata(package);
        Assert.That(Value(metadata, "readme"), Is.EqualTo("README.md"));
        Assert.That(Value(metadata, "icon"), Is.EqualTo("icon.png"));
        Assert.That(Value(metadata, "license"), Is.EqualTo("MIT"));
        Assert.That(metadata.Descendants().Select(e => (string?)e.Attribute("id")), Has.None.EqualTo("Jtr.Bindings"), "a package that nobody publishes");
    }

    [Test]
    public void The_library_has_a_package_of_symbols()
    {
        using ZipArchive package = Open("Jtr.Interop", "snupkg");
        Assert.That(package.Entries.Select(e => e.FullName), Has.Some.EqualTo("lib/net10.0/Jtr.Interop.pdb"));
    }

    [Test]
    public void The_runtime_package_holds_libjtr_and_says_which_libtorch_it_needs()
    {
        string file = Directory.GetFiles(Shell.Packages, "Jtr.Interop.Runtime.linux-x64.*.nupkg").Single();
        using ZipArchive package = ZipFile.OpenRead(file);
        Assert.That(package.Entries.Select(e => e.FullName), Has.Some.EqualTo("runtimes/linux-x64/native/libjtr.so"));
        XElement metadata = Metadata(package);
        string description = Value(metadata, "description")!;
        string? dependency = metadata.Descendants().Select(e => (string?)e.Attribute("id")).SingleOrDefault(i => i?.StartsWith("libtorch-", StringComparison.Ordinal) == true);
        Assert.That(description, Does.Contain("built with libtorch ").And.Contain(dependency ?? "apt-get install libtorch"));
    }

    [Test]
    public void The_tool_brings_what_it_needs()
    {
        using ZipArchive package = Open("Jtr.Cli", "nupkg");
        Assert.That(package.Entries.Select(e => e.FullName), Is.SupersetOf(new[] { "tools/net10.0/any/Jtr.Cli.dll", "tools/net10.0/any/libjtr.so", "tools/net10.0/any/DotnetToolSettings.xml", "README.md" }));
    }

    private static ZipArchive Open(string name, string extension) => ZipFile.OpenRead(Path.Combine(Shell.Packages, $"{name}.{_version}.{extension}"));

    private static XElement Metadata(ZipArchive package)
    {
        using Stream nuspec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(nuspec).Root!;
    }

    private static string? Value(XElement metadata, string name) => metadata.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
}
