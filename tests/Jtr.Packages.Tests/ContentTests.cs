using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Jtr.Packages.Tests;

/// <summary>What the packages hold.</summary>
public sealed class ContentTests
{
    private static readonly string _version = XDocument
        .Load(Path.Combine(Repository.Root, "Directory.Build.props"))
        .Descendants("VersionPrefix")
        .Single()
        .Value;

    [OneTimeSetUp]
    public void Prepare() => Shell.PreparePackages();

    [Test]
    public void The_library_comes_with_its_bindings_documentation_readme_icon_and_license()
    {
        using ZipArchive package = Open("Jtr.Interop", "nupkg");
        string[] files = [.. package.Entries.Select(e => e.FullName)];
        Assert.That(
            files,
            Is.SupersetOf(
                new[]
                {
                    "lib/net10.0/Jtr.Interop.dll",
                    "lib/net10.0/Jtr.Interop.xml",
                    "lib/net10.0/Jtr.Bindings.dll",
                    "README.md",
                    "icon.png",
                    "LICENSE",
                }
            )
        );
        XElement metadata = Metadata(package);
        Assert.That(Value(metadata, "readme"), Is.EqualTo("README.md"));
        Assert.That(Value(metadata, "icon"), Is.EqualTo("icon.png"));
        Assert.That(Value(metadata, "license"), Is.EqualTo("MIT"));
        Assert.That(
            metadata.Descendants().Select(e => (string?)e.Attribute("id")),
            Has.None.EqualTo("Jtr.Bindings"),
            "a package that nobody publishes"
        );
    }

    [TestCase("Jtr.Interop")]
    [TestCase("Jtr.Interop.Datasets")]
    [TestCase("Jtr.Interop.Reporting")]
    [TestCase("Jtr.Interop.Hosting")]
    public void A_library_has_documentation_readme_icon_and_license_and_a_package_of_symbols(string name)
    {
        using ZipArchive package = Open(name, "nupkg"),
            symbols = Open(name, "snupkg");
        string[] expected = [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "README.md", "icon.png", "LICENSE"];
        Assert.That(package.Entries.Select(e => e.FullName), Is.SupersetOf(expected));
        Assert.That(symbols.Entries.Select(e => e.FullName), Has.Some.EqualTo($"lib/net10.0/{name}.pdb"));
    }

    [TestCase("Jtr.Interop")]
    [TestCase("Jtr.Interop.Datasets")]
    [TestCase("Jtr.Interop.Reporting")]
    [TestCase("Jtr.Interop.Hosting")]
    public void All_that_a_library_makes_public_is_in_its_list(string name)
    {
        // Members too, of which the compiler makes sure; here: that the list is in use at all.
        string folder = Path.Combine(Repository.Root, "managed", name);
        HashSet<string> listed =
        [
            .. new[] { "Shipped", "Unshipped" }.SelectMany(l => File.ReadAllLines(Path.Combine(folder, $"PublicAPI.{l}.txt"))),
        ];
        using ZipArchive package = Open(name, "nupkg");
        using PEReader library = new(Content(package, $"lib/net10.0/{name}.dll"));
        MetadataReader reader = library.GetMetadataReader();
        string[] types =
        [
            .. reader
                .TypeDefinitions.Select(reader.GetTypeDefinition)
                .Where(t => (t.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
                .Select(t => $"{reader.GetString(t.Namespace)}.{reader.GetString(t.Name).Split('`')[0]}"),
        ];
        Assert.That(types, Is.Not.Empty);
        Assert.That(
            types.Where(t => !listed.Any(l => l == t || l.StartsWith(t + "<", StringComparison.Ordinal))),
            Is.Empty,
            "./build.sh api writes the lists anew"
        );
    }

    [Test]
    public void The_library_needs_neither_libvips_nor_HDF5() =>
        Assert.That(Dependencies("Jtr.Interop").Keys, Is.EquivalentTo(new[] { "Microsoft.Extensions.Logging.Abstractions" }));

    [Test]
    public void Data_sets_bring_what_reads_images_and_HDF5() =>
        Assert.That(
            Dependencies("Jtr.Interop.Datasets").Keys,
            Is.EquivalentTo(new[] { "Jtr.Interop", "NetVips", "NetVips.Native.linux-x64", "PureHDF" })
        );

    [Test]
    public void Reports_need_the_library_alone() =>
        Assert.That(Dependencies("Jtr.Interop.Reporting").Keys, Is.EquivalentTo(new[] { "Jtr.Interop" }));

    [Test]
    public void Hosting_needs_no_more_than_a_host_has_anyway() =>
        Assert.That(
            Dependencies("Jtr.Interop.Hosting").Keys,
            Is.EquivalentTo(new[] { "Jtr.Interop", "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Options" })
        );

    [TestCase("Jtr.Interop.Datasets")]
    [TestCase("Jtr.Interop.Reporting")]
    [TestCase("Jtr.Interop.Hosting")]
    public void Packages_that_share_internal_code_ask_for_each_other_in_one_version(string name) =>
        Assert.That(Dependencies(name)["Jtr.Interop"], Is.EqualTo($"[{_version}, {_version}]").Or.EqualTo($"[{_version}]"));

    [Test]
    public void The_symbols_are_those_of_the_library_and_say_where_its_sources_are()
    {
        using ZipArchive package = Open("Jtr.Interop", "nupkg"),
            symbols = Open("Jtr.Interop", "snupkg");
        using PEReader library = new(Content(package, "lib/net10.0/Jtr.Interop.dll"));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(
            Content(symbols, "lib/net10.0/Jtr.Interop.pdb")
        );
        MetadataReader reader = provider.GetMetadataReader();
        DebugDirectoryEntry entry = library.ReadDebugDirectory().First(d => d.Type == DebugDirectoryEntryType.CodeView);
        Assert.That(
            reader.DebugMetadataHeader!.Id.AsSpan()[..16].ToArray(),
            Is.EqualTo(library.ReadCodeViewDebugDirectoryData(entry).Guid.ToByteArray()),
            "a debugger takes symbols by this"
        );
        string[] sources = [.. reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name))];
        Assert.That(sources, Has.Some.EndsWith("/managed/Jtr.Interop/Training/Trainer.cs"));
        Assert.That(
            reader.Documents.Select(d => reader.GetDocument(d).Hash.IsNil),
            Is.All.False,
            "a debugger checks sources by their hashes"
        );
        // What is not in the repository, as generated code, is inside; the rest is at the commit that the package names.
        Guid embedded = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE"),
            link = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
        HashSet<Guid> kinds = [.. reader.CustomDebugInformation.Select(c => reader.GetGuid(reader.GetCustomDebugInformation(c).Kind))];
        Assert.That(kinds, Does.Contain(embedded));
        XElement repository = Metadata(package).Descendants().Single(e => e.Name.LocalName == "repository");
        Assert.That((string?)repository.Attribute("commit"), Does.Match("^[0-9a-f]{40}$"));
        // Which address a source has, the SDK knows of a remote on a host that it knows; a checkout without a remote has no address.
        if (
            (string?)repository.Attribute("url") is { } url
            && new[] { "github.com", "gitlab.com", "dev.azure.com", "bitbucket.org" }.Any(url.Contains)
        )
            Assert.That(kinds, Does.Contain(link), url);
    }

    [Test]
    public void The_documentation_in_the_package_is_whole_and_the_icon_a_picture()
    {
        using ZipArchive package = Open("Jtr.Interop", "nupkg");
        using Stream file = Content(package, "lib/net10.0/Jtr.Interop.xml");
        string[] documented = [.. XDocument.Load(file).Descendants("member").Select(m => (string)m.Attribute("name")!)];
        foreach (string member in new[] { "T:Jtr.Interop.Training.Trainer", "P:Jtr.Interop.Training.FitOptions.BatchSize" })
            Assert.That(documented, Does.Contain(member));
        using MemoryStream icon = Content(package, "icon.png");
        byte[] header = icon.ToArray()[..24];
        Assert.That(header[..8], Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }));
        // NuGet asks for 128 x 128 or more, and for less than 1 MB.
        Assert.That(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)), Is.GreaterThanOrEqualTo(128));
        Assert.That(icon.Length, Is.LessThan(1_000_000));
    }

    [Test]
    public void The_runtime_package_holds_libjtr_and_says_which_libtorch_it_needs()
    {
        string file = Directory.GetFiles(Shell.Packages, "Jtr.Interop.Runtime.linux-x64.*.nupkg").Single();
        using ZipArchive package = ZipFile.OpenRead(file);
        Assert.That(package.Entries.Select(e => e.FullName), Has.Some.EqualTo("runtimes/linux-x64/native/libjtr.so"));
        XElement metadata = Metadata(package);
        string description = Value(metadata, "description")!;
        string? dependency = metadata
            .Descendants()
            .Select(e => (string?)e.Attribute("id"))
            .SingleOrDefault(i => i?.StartsWith("libtorch-", StringComparison.Ordinal) == true);
        Assert.That(description, Does.Contain("built with libtorch ").And.Contain(dependency ?? "apt-get install libtorch"));
    }

    [Test]
    public void The_tool_brings_what_it_needs()
    {
        using ZipArchive package = Open("Jtr.Cli", "nupkg");
        Assert.That(
            package.Entries.Select(e => e.FullName),
            Is.SupersetOf(
                new[]
                {
                    "tools/net10.0/any/Jtr.Cli.dll",
                    "tools/net10.0/any/libjtr.so",
                    "tools/net10.0/any/DotnetToolSettings.xml",
                    "README.md",
                }
            )
        );
    }

    private static ZipArchive Open(string name, string extension) =>
        ZipFile.OpenRead(Path.Combine(Shell.Packages, $"{name}.{_version}.{extension}"));

    /// <summary>What a package depends on: names and versions.</summary>
    private static Dictionary<string, string> Dependencies(string name)
    {
        using ZipArchive package = Open(name, "nupkg");
        return Metadata(package)
            .Descendants()
            .Where(e => e.Name.LocalName == "dependency")
            .ToDictionary(e => (string)e.Attribute("id")!, e => (string)e.Attribute("version")!);
    }

    private static MemoryStream Content(ZipArchive package, string name)
    {
        using Stream stream = package.GetEntry(name)!.Open();
        MemoryStream memory = new();
        stream.CopyTo(memory);
        memory.Position = 0;
        return memory;
    }

    private static XElement Metadata(ZipArchive package)
    {
        using Stream nuspec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(nuspec).Root!;
    }

    private static string? Value(XElement metadata, string name) =>
        metadata.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
}
