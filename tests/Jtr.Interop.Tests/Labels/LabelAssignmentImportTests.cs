using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Datasets.Folders;
using Jtr.Interop.Tests.PyTorch;

namespace Jtr.Interop.Tests.Labels;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LabelAssignmentImportTests : IDisposable
{
    private static readonly TaskSet Nyu = new(new SegmentationTask("segmentation", 13), new DepthTask(), new NormalsTask());
    private static readonly TaskSet Cityscapes = new(new SegmentationTask("segmentation", 7), new DepthTask());

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void A_PyTorch_file_and_an_array_give_the_same_rows()
    {
        float[] weights = [1, 0, 0, 0, 1, 1];
        string[] paths =
        [
            _folder.Write("zip.pth", PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", PickleWriter.Floats(weights)))),
            _folder.Write("old.pth", PickleWriter.Legacy(PickleWriter.Weights(2, 3, legacy: true), PickleWriter.Floats(weights), 6)),
            _folder.Npy("a.npy", "(2, 3)", weights),
        ];
        foreach (string path in paths)
        {
            LabelAssignment assignment = LabelAssignment.Import(path, Nyu, 2);
            Assert.That(assignment.Count, Is.EqualTo(2));
            Assert.That(assignment[0].Bits, Is.EqualTo(0b001), path);
            Assert.That(assignment[1].Bits, Is.EqualTo(0b110), path);
        }
    }

    [Test]
    public void Another_shape_name_or_value_is_told()
    {
        string path = _folder.Write(
            "a.pth",
            PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", PickleWriter.Floats(1, 0, 0, 0, 0.5f, 0)))
        );
        Assert.That(() => LabelAssignment.Import(path, Nyu, 2), Fault("labels_weights[1][1] is 0.5; it has to be 0 or 1"));
        Assert.That(
            () => LabelAssignment.Import(path, Nyu, 3),
            Fault("shape (2, 3), where 3 samples and 3 tasks (segmentation, depth, normals) ask for (3, 3)")
        );
        Assert.That(() => LabelAssignment.Import(path, Cityscapes, 2), Fault("shape (2, 3)"));
        string other = _folder.Write("b.pth", PickleWriter.Zip(PickleWriter.Weights(2, 3, "weights"), storages: ("0", new byte[24])));
        Assert.That(() => LabelAssignment.Import(other, Nyu, 2), Fault("no tensor 'labels_weights'"));
        string npy = _folder.Npy("a.npy", "(3, 2)", new float[6]);
        Assert.That(() => LabelAssignment.Import(npy, Nyu, 2), Fault("shape (3, 2)"));
        string nan = _folder.Npy("nan.npy", "(1, 2)", 1, float.NaN);
        Assert.That(() => LabelAssignment.Import(nan, Cityscapes, 1), Fault("labels_weights[0][1] is NaN"));
    }

    [Test]
    public void Samples_behind_an_assignment_keep_every_label_that_they_have()
    {
        MemoryDataset data = new(3, tasks: Cityscapes, labeled: index => new TaskMask(index == 2 ? 0b10UL : 0b11UL));
        LabelAssignment extended = new LabelAssignment(Cityscapes, new TaskMask(1), new TaskMask(2)).ExtendedTo(data);
        Assert.That(Enumerable.Range(0, extended.Count).Select(i => extended[i].Bits), Is.EqualTo(new ulong[] { 1, 2, 2 }));
        Assert.That(
            () => new LabelAssignment(Cityscapes, new TaskMask[4]).ExtendedTo(data),
            Throws.ArgumentException.With.Message.Contains("fewer than the assignment's 4")
        );
        Assert.That(
            () => new LabelAssignment(Nyu, new TaskMask(1)).ExtendedTo(data),
            Throws.ArgumentException.With.Message.Contains("has the tasks")
        );
    }

    // The published assignments.
    [Test]
    public void The_published_assignments_load()
    {
        LabelAssignment one = LabelAssignment.Import(Published("nyuv2/onelabel.pth"), Nyu, 795);
        Assert.That(Enumerable.Range(0, 795).Select(i => one[i].Count), Is.All.EqualTo(1));

        LabelAssignment random = LabelAssignment.Import(Published("nyuv2/randomlabels.pth"), Nyu, 795);
        Assert.That(Enumerable.Range(0, 795).Count(i => random[i].Count == 1), Is.EqualTo(405));
        Assert.That(Enumerable.Range(0, 795).Count(i => random[i].Count == 2), Is.EqualTo(390));

        LabelAssignment cityscapes = LabelAssignment.Import(Published("cityscapes/onelabel.pth"), Cityscapes, 2975);
        Assert.That(Enumerable.Range(0, 2975).Select(i => cityscapes[i].Count), Is.All.EqualTo(1));
    }

    private static string Published(string name)
    {
        for (DirectoryInfo? folder = new(Repository.Root); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "splits", name);
            if (File.Exists(path))
                return path;
        }
        Assert.Ignore("the published assignments (shared/splits) are not on this machine");
        return "";
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Fault(string message) =>
        Throws.TypeOf<JtrFormatException>().With.Message.Contains(message);
}
