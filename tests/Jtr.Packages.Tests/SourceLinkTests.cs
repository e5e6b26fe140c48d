using System.IO.Compression;
using System.Reflection.Metadata;
using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;

namespace Jtr.Packages.Tests;

/// <summary>Where a debugger finds the sources of the library, when its packages are made in a checkout that has a remote.</summary>
public sealed class SourceLinkTests
{
    private static readonly Guid _embedded = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE"),
        _link = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private string _folder = null!;

    [OneTimeSetUp]
    public void MakeFolder() => _folder = Shell.MakeFolder();

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_symbols_give_every_source_an_address_at_the_commit_on_the_remotes_host()
    {
        if (!Path.Exists(Path.Combine(Repository.Root, ".git")))
            Assert.Ignore("this is no git checkout");
        // A clone whose remote is on a host that the SDK knows. Nothing is asked of that host.
        string clone = Path.Combine(_folder, "clone");
        Shell.Run(_folder, "git", "clone", "--quiet", Repository.Root, clone);
        Shell.Run(clone, "git", "remote", "set-url", "origin", "https://github.com/example/jtr.git");
        string commit = Shell.Run(clone, "git", "rev-parse", "HEAD").Trim();
        // As ./build.sh pack does where there is a remote; without the analyzers, which take most of the time.
        Shell.Run(
            clone,
            "dotnet",
            "pack",
            "managed/Jtr.Interop",
            "-c",
            "Release",
            "--nologo",
            "-v",
            "quiet",
            "-p:ContinuousIntegrationBuild=true",
            "-p:RunAnalyzers=false",
            "-p:NuGetAudit=false"
        );

        string packages = Path.Combine(clone, "artifacts", "packages");
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(packages, "Jtr.Interop.*.nupkg").Single());
        using Stream nuspec = package.GetEntry("Jtr.Interop.nuspec")!.Open();
        XElement repository = XDocument.Load(nuspec).Descendants().Single(e => e.Name.LocalName == "repository");
        Assert.That((string?)repository.Attribute("url"), Does.StartWith("https://github.com/example/jtr"));
        Assert.That((string?)repository.Attribute("commit"), Is.EqualTo(commit));

        using ZipArchive symbols = ZipFile.OpenRead(Directory.GetFiles(packages, "Jtr.Interop.*.snupkg").Single());
        using MemoryStream pdb = new();
        using (Stream stream = symbols.GetEntry("lib/net10.0/Jtr.Interop.pdb")!.Open())
            stream.CopyTo(pdb);
        pdb.Position = 0;
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
        MetadataReader reader = provider.GetMetadataReader();
        CustomDebugInformation[] further = [.. reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)];
        using JsonDocument link = JsonDocument.Parse(reader.GetBlobBytes(further.Single(c => reader.GetGuid(c.Kind) == _link).Value));
        JsonProperty rule = link.RootElement.GetProperty("documents").EnumerateObject().Single();
        Assert.That(rule.Value.GetString(), Is.EqualTo($"https://raw.githubusercontent.com/example/jtr/{commit}/*"));
        Assert.That(rule.Name, Is.EqualTo("/_/*"), "no path of the machine that built it");

        // What the address leads to is the file of that commit, of which the debugger checks the hash; generated code is inside.
        HashSet<EntityHandle> inside = [.. further.Where(c => reader.GetGuid(c.Kind) == _embedded).Select(c => c.Parent)];
        int linked = 0;
        foreach (DocumentHandle handle in reader.Documents)
        {
            if (inside.Contains(handle))
                continue;
            Document document = reader.GetDocument(handle);
            string name = reader.GetString(document.Name);
            Assert.That(name, Does.StartWith("/_/"));
            Assert.That(
                SHA256.HashData(File.ReadAllBytes(Path.Combine(clone, name["/_/".Length..]))),
                Is.EqualTo(reader.GetBlobBytes(document.Hash)),
                name
            );
            linked++;
        }
        Assert.That(linked, Is.GreaterThan(100), "sources with an address");
    }
}
