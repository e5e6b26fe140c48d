using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets;

public class SceneOptionsTests
{
    private static readonly object[] OutOfRange =
    [
        new object[]
        {
            new SceneOptions { Count = 0 },
            nameof(SceneOptions.Count),
            "1 or more",
        },
        new object[]
        {
            new SceneOptions { Height = 7 },
            nameof(SceneOptions.Height),
            "8 to 4096",
        },
        new object[]
        {
            new SceneOptions { Height = 4097 },
            nameof(SceneOptions.Height),
            "8 to 4096",
        },
        new object[]
        {
            new SceneOptions { Width = -1 },
            nameof(SceneOptions.Width),
            "8 to 4096",
        },
        new object[]
        {
            new SceneOptions { Variety = -0.1 },
            nameof(SceneOptions.Variety),
            "0 to 1",
        },
        new object[]
        {
            new SceneOptions { Variety = 1.1 },
            nameof(SceneOptions.Variety),
            "0 to 1",
        },
        new object[]
        {
            new SceneOptions { Variety = double.NaN },
            nameof(SceneOptions.Variety),
            "0 to 1",
        },
        new object[]
        {
            new SceneOptions { Shift = 1.1 },
            nameof(SceneOptions.Shift),
            "0 to 1",
        },
        new object[]
        {
            new SceneOptions { FirstIndex = -1 },
            nameof(SceneOptions.FirstIndex),
            "0 to",
        },
        new object[]
        {
            new SceneOptions { Count = 2, FirstIndex = int.MaxValue - 1 },
            nameof(SceneOptions.FirstIndex),
            "0 to 2147483645",
        },
    ];

    [TestCaseSource(nameof(OutOfRange))]
    public void A_number_out_of_range_is_refused_with_its_name_and_range(SceneOptions options, string name, string range) =>
        Assert.That(
            () => new SceneDataset(options),
            Throws
                .TypeOf<ArgumentOutOfRangeException>()
                .With.Property("ParamName")
                .EqualTo(name)
                .And.Message.Contains(name)
                .And.Message.Contains(range)
        );

    [TestCase("depth,colour", "colour")]
    [TestCase("depth,Depth", "Depth")]
    [TestCase("depth,normals,depth", "depth")]
    public void A_task_that_is_unknown_or_named_twice_is_refused_by_name(string tasks, string culprit) =>
        Assert.That(
            () => new SceneDataset(new SceneOptions { Tasks = tasks.Split(',') }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Tasks").And.Message.Contains($"'{culprit}'")
        );

    [Test]
    public void No_task_at_all_is_refused() =>
        Assert.That(
            () => new SceneDataset(new SceneOptions { Tasks = [] }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Tasks").And.Message.Contains("keypoints3d")
        );

    [Test]
    public void No_options_are_refused() => Assert.That(() => new SceneDataset(null!), Throws.ArgumentNullException);

    [Test]
    public void The_default_tasks_are_segmentation_depth_and_normals()
    {
        SceneDataset scenes = new(new SceneOptions());
        Assert.That(scenes.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "segmentation", "depth", "normals" }));
        Assert.That((scenes.Count, scenes.Height, scenes.Width), Is.EqualTo((400, 64, 96)));
        Assert.That(scenes.Tasks[0], Is.EqualTo(new SegmentationTask("segmentation", 13, SceneDataset.ClassNames)));
    }

    [Test]
    public void Tasks_keep_the_order_in_which_they_are_named()
    {
        SceneDataset scenes = new(new SceneOptions { Tasks = ["keypoints3d", "normals", "texture_edges"] });
        Assert.That(scenes.Tasks.Select(t => t.Kind), Is.EqualTo(new[] { TaskKind.Map, TaskKind.Normals, TaskKind.Map }));
        Assert.That(scenes.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "keypoints3d", "normals", "texture_edges" }));
    }

    [Test]
    public void There_are_thirteen_classes_with_names_of_their_own()
    {
        Assert.That(SceneDataset.ClassNames, Has.Count.EqualTo(13));
        Assert.That(SceneDataset.ClassNames, Is.Unique);
    }
}
