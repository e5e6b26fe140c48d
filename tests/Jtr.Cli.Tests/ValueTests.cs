using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Tests;

/// <summary>How single values are read and written.</summary>
public sealed class ValueTests
{
    [Test]
    public void A_size_is_rows_by_columns()
    {
        Assert.That(ImageSize.TryParse("96x128"), Is.EqualTo(new ImageSize(96, 128)));
        Assert.That(ImageSize.TryParse("4096X32"), Is.EqualTo(new ImageSize(4096, 32)));
        Assert.That(new ImageSize(96, 128).ToString(), Is.EqualTo("96x128"));
        foreach (string wrong in new[] { "", "96", "96x", "x96", "96x128x3", "-32x32", "+32x32", "4128x32", "96 x 128", "0x32" })
            Assert.That(ImageSize.TryParse(wrong), Is.Null, wrong);
    }

    [Test]
    public void The_help_tells_the_sizes_that_count() =>
        Assert.That(
            DataOptions.DefaultSizes,
            Does.StartWith($"{DataOptions.SceneSize} for scenes, {DataOptions.FolderSize} for folders, ")
                .And.Contain($"{DataOptions.NyuSize} NYU-v2, {DataOptions.CityscapesSize} Cityscapes")
                .And.Contain($"{DataOptions.TaskonomySize} for Taskonomy")
        );

    [Test]
    public void A_device_may_have_a_number()
    {
        Assert.That(DeviceChoice.TryParse("cuda:3"), Is.EqualTo(new DeviceChoice(DeviceKind.Cuda, 3)));
        Assert.That(DeviceChoice.TryParse("cpu"), Is.EqualTo(new DeviceChoice(DeviceKind.Cpu, 0)));
        Assert.That(DeviceChoice.TryParse("cuda:"), Is.Null);
        Assert.That(DeviceChoice.TryParse("cuda:-1"), Is.Null);
    }

    [TestCase(0.2, "0 s")]
    [TestCase(59.4, "59 s")]
    [TestCase(60, "1 min 00 s")]
    [TestCase(3599.4, "59 min 59 s")]
    [TestCase(7500, "2 h 05 min")]
    [TestCase(-1, "0 s")]
    public void A_time_has_two_parts(double seconds, string text) =>
        Assert.That(Durations.Format(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));

    [Test]
    public void A_task_is_a_name_with_kind_and_count_if_need_be()
    {
        Assert.That(TaskSpec.Parse("edge"), Is.EqualTo(new TaskSpec("edge", null, null)));
        Assert.That(TaskSpec.Parse("seg:11"), Is.EqualTo(new TaskSpec("seg", null, 11)));
        Assert.That(TaskSpec.Parse("disparity=depth"), Is.EqualTo(new TaskSpec("disparity", TaskKind.Depth, null)));
        Assert.That(TaskSpec.Parse("parts=segmentation:20"), Is.EqualTo(new TaskSpec("parts", TaskKind.Segmentation, 20)));
        foreach (string wrong in new[] { "=depth", "a=taste", "a:0", "a:b", "a/b", "", "a=", "a=depth=map" })
            Assert.That(() => TaskSpec.Parse(wrong), Throws.InstanceOf<UsageException>().With.Message.Contains($"'{wrong}'"));
    }

    [Test]
    public void A_task_takes_from_the_data_what_is_not_written()
    {
        SegmentationTask found = new("seg", 3, ["sky", "road", "car"]);
        Assert.That(TaskSpec.Parse("seg").ToTask(found), Is.EqualTo(found));
        Assert.That(TaskSpec.Parse("seg:3").ToTask(found), Is.EqualTo(found));
        Assert.That(TaskSpec.Parse("seg:5").ToTask(found), Is.EqualTo(new SegmentationTask("seg", 5)));
        Assert.That(TaskSpec.Parse("seg=map").ToTask(found), Is.EqualTo(new MapTask("seg")));
        Assert.That(TaskSpec.Parse("height=depth").ToTask(null), Is.EqualTo(new DepthTask("height")));
        Assert.That(TaskSpec.Parse("flow=map:2").ToTask(null), Is.EqualTo(new MapTask("flow", 2)));
    }

    [Test]
    public void A_task_that_cannot_be_is_refused()
    {
        Assert.That(() => TaskSpec.Parse("seg").ToTask(null), Throws.InstanceOf<UsageException>().With.Message.Contains("seg=KIND"));
        Assert.That(
            () => TaskSpec.Parse("seg=segmentation").ToTask(null),
            Throws.InstanceOf<UsageException>().With.Message.Contains("how many classes")
        );
        Assert.That(
            () => TaskSpec.Parse("seg=segmentation:1").ToTask(null),
            Throws.InstanceOf<UsageException>().With.Message.Contains("2 to 4096")
        );
        Assert.That(
            () => TaskSpec.Parse("depth:2").ToTask(new DepthTask()),
            Throws.InstanceOf<UsageException>().With.Message.Contains("fixed number")
        );
    }

    [Test]
    public void A_distance_counts_slips()
    {
        Assert.That(Suggestion.Distance("steps", "steps"), Is.Zero);
        Assert.That(Suggestion.Distance("stpes", "steps"), Is.EqualTo(1), "two letters swapped");
        Assert.That(Suggestion.Distance("", "abc"), Is.EqualTo(3));
    }

    [Test]
    public void Samples_are_spread_evenly()
    {
        Assert.That(PredictionSheet.Spread(10, 5), Is.EqualTo(new[] { 0, 2, 4, 6, 8 }));
        Assert.That(PredictionSheet.Spread(2, 5), Is.EqualTo(new[] { 0, 1 }));
    }
}
