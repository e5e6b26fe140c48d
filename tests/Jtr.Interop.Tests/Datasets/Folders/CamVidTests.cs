using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>The real photographs, where the machine has them.</summary>
[TestFixture]
public sealed class CamVidTests
{
    private static string Folder(string part)
    {
        for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "shared", "data", "camvid", part);
            if (Directory.Exists(path))
                return path;
        }
        Assert.Ignore("the photographs (shared/data/camvid) are not on this machine");
        return "";
    }

    [Test]
    public void The_test_photographs_have_eleven_classes_and_two_maps()
    {
        FolderDataset data = new(Folder("test"), new FolderOptions { Height = 192, Width = 256 });
        Assert.That(data.Count, Is.EqualTo(233));
        Assert.That(data.Tasks, Is.EqualTo(new TaskSet(new SegmentationTask("seg", 11), new MapTask("edge"), new MapTask("keypoint"))));
        Assert.That(data.Problems, Is.Empty);
        Assert.That(Enumerable.Range(0, data.Count).Select(data.GetLabeled), Is.All.EqualTo(data.Tasks.All));

        (float[] image, float[][] labels, _) = SampleArrays.Read(data, 100);
        Assert.That(image, Is.All.InRange(0f, 1f));
        Assert.That(image.Average(), Is.InRange(0.1, 0.7), "neither black nor white");
        Assert.That(labels[0], Is.All.InRange(-1f, 10f));
        Assert.That(labels[0].Distinct().Count(), Is.GreaterThan(5));
        Assert.That(labels[1], Is.All.InRange(0f, 1f));
        Assert.That(labels[2].Max(), Is.GreaterThan(0f));
    }
}
