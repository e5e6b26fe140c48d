namespace Jtr.Packages.Tests;

/// <summary>A project outside the tree that knows the packages only.</summary>
public sealed class ConsumerTests
{
    private string _folder = null!;

    [OneTimeSetUp]
    public void MakeProject()
    {
        Shell.PreparePackages();
        _folder = Shell.MakeFolder();
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Consumer")))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    [OneTimeTearDown]
    public void RemoveProject()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_project_with_the_packages_trains_when_published_trimmed() =>
        Check("trimmed", "compiled ahead: False", "-p:PublishTrimmed=true", "--self-contained");

    [Test]
    public void A_project_with_the_packages_trains_when_compiled_ahead_of_time() =>
        Check("aot", "compiled ahead: True", "-p:PublishAot=true");

    private void Check(string name, string sign, params string[] options)
    {
        string output = Path.Combine(_folder, "out-" + name);
        string log = Shell.Run(
            _folder,
            "dotnet",
            ["publish", "-c", "Release", "-o", output, "--nologo", $"-p:RestoreAdditionalProjectSources={Shell.Packages}", .. options]
        );
        Assert.That(
            log.Split('\n').Where(l => l.Contains("warning IL", StringComparison.Ordinal) && l.Contains("Jtr.", StringComparison.Ordinal)),
            Is.Empty,
            "what cannot be trimmed must not be ours"
        );
        string said = Shell.Run(_folder, Path.Combine(output, "Consumer"));
        TestContext.Out.WriteLine(said);
        Assert.That(
            said,
            Does.Contain("trained 3 steps, loss ")
                .And.Contain("scores: ")
                .And.Contain("checkpoint: jtr")
                .And.Contain("picture: 3")
                .And.Contain("host: Done at step 2 in Float64, batches of 2")
                .And.Contain(sign)
        );
        Assert.That(said, Does.Not.Contain("NaN"));
    }
}
