using Jtr.Interop.Checkpoints;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Documentation;

public sealed class ReadmeTests
{
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
                RgbImage picture = new(32, 32);
                picture.Fill(8, 8, 16, 16, new Rgb(250, 120, 30));
                picture.SavePng(Path.Combine(folder, "photos", set, "image", "square.png"));
                picture.SavePng(Path.Combine(folder, "photos", set, "edge", "square.png"));
            }
            Directory.SetCurrentDirectory(folder);
            await ReadmeExample.RunAsync();
            Assert.That(CheckpointInfo.Read("photos.safetensors").Options.Method, Is.EqualTo("jtr"));
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
            Directory.Delete(folder, recursive: true);
        }
    }
}
