using Jtr.Interop.Checkpoints;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Documentation;

public sealed class ReadmeTests
{
    [Test]
    public void The_readme_shows_the_example_that_is_compiled_here()
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Jtr.Interop.Tests", "Documentation", "ReadmeExample.cs"));
        string[] lines = source.Split("// [README", 2)[1].Split("// README]", 2)[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string shown = readme.Split("```csharp\n", 2)[1].Split("```", 2)[0];
        string[] expected =
        [
            "using Jtr.Interop.Datasets;",
            "using Jtr.Interop.Training;",
            .. lines.Select(l => l.Trim()).Where(l => l.Length > 0),
        ];
        Assert.That(shown.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0), Is.EqualTo(expected));
    }

    [Test]
    public async Task The_example_trains_on_a_folder()
    {
        string folder = Directory.CreateTempSubdirectory("jtr-test").FullName;
        string before = Directory.GetCurrentDirectory();
        try
        {
            // As small as the example's settings allow: one photograph, whose label is a map.
            foreach (string set in new[] { "train", "test" })
            {
                RgbImage picture = RgbImage.Create(32, 32);
                picture.Fill(8, 8, 16, 16, new Rgb(250, 120, 30));
                picture.SavePng(Path.Combine(folder, "photos", set, "image", "square.png"));
                picture.SavePng(Path.Combine(folder, "photos", set, "edge", "square.png"));
            }
            Directory.SetCurrentDirectory(folder);
            await ReadmeExample.RunAsync();
            Assert.That(CheckpointInfo.Read("photos.safetensors").Options.Method, Is.EqualTo("supervised"));
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
            Directory.Delete(folder, recursive: true);
        }
    }
}
