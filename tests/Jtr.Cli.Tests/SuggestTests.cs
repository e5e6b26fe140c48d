using System.Text.Json.Nodes;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Tests;

/// <summary>`jtr suggest`.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SuggestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Five dark photographs and two bright ones.</summary>
    private void Write(params string[] path)
    {
        for (int n = 0; n < 7; n++)
        {
            RgbImage picture = RgbImage.Create(20, 30);
            byte level = (byte)(n < 5 ? 10 + n : 230 + n);
            picture.Fill(0, 0, 20, 30, new Rgb(level, level, level));
            picture.SavePng(_folder[[.. path, $"p{n}.png"]]);
        }
    }

    [Test]
    public void A_folder_of_photographs_needs_no_label()
    {
        Write("plain");
        CliRun run = CliRun.Of("suggest", _folder["plain"], "--count", "2", "--output", _folder["list.txt"], "--picture", _folder["p.png"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        string[] list = File.ReadAllLines(_folder["list.txt"]);
        Assert.That(list[0], Is.EqualTo(_folder["plain", "p3.png"]), "the median of the seven");
        Assert.That(list[1], Is.AnyOf(_folder["plain", "p5.png"], _folder["plain", "p6.png"]));
        Assert.That(run.Output, Does.Contain("with 2 drawn at random").And.Contain("7 photographs."));
        Assert.That(File.Exists(_folder["p.png"]));
    }

    [Test]
    public void What_has_a_label_counts_as_chosen()
    {
        Write("data", "train", "image");
        NpyFile.Write(_folder["data", "train", "seg", "p1.npy"], "|u1", "(20, 30)", new byte[600]);
        File.WriteAllText(_folder["data", "train", "tags.csv"], "name,tags\np5,bright\n");
        CliRun run = CliRun.Of("suggest", _folder["data"], "--task", "seg", "--count", "1", "--json", "-");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        JsonNode json = JsonNode.Parse(run.Output)!;
        Assert.That((int)json["labelled"]!, Is.EqualTo(1));
        Assert.That((string)json["suggested"]![0]!["name"]!, Is.AnyOf("p5", "p6"));
        Assert.That((double)json["suggested"]![0]!["meanDistance"]!, Is.LessThan((double)json["meanDistanceNow"]!));
        json = JsonNode.Parse(CliRun.Of("suggest", _folder["data"], "--task", "tags", "--count", "1", "--json", "-").Output)!;
        Assert.That((string)json["suggested"]![0]!["name"]!, Is.EqualTo("p2"));
    }

    [Test]
    public void What_is_not_there_is_named()
    {
        Write("data", "train", "image");
        Assert.That(CliRun.Of("suggest").Error, Does.Contain("Name a folder of photographs"));
        Assert.That(CliRun.Of("suggest", _folder["no"]).Error, Does.Contain($"there is no folder '{_folder["no"]}'"));
        CliRun run = CliRun.Of("suggest", _folder["data"], "--task", "depth");
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(run.Error, Does.Contain("has neither a folder 'depth' nor a table 'depth.csv'"));
    }
}
