using System.Text.Json.Nodes;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Labels;

/// <summary>Tasks of whole photographs: what they are, what they write and what they refuse.</summary>
public sealed class ImageTaskTests
{
    private static readonly ClassificationTask _room = new("room", 3, ["bath", "hall", "kitchen"])
    {
        ClassWeights = [1, 2, 0.5],
        LabelSmoothing = 0.1,
    };
    private static readonly TagsTask _tags = new("tags", 2, ["hat", "coat"]) { PositiveWeights = [3, 1.5] };
    private static readonly RegressionTask _pose = new("pose", 2, ["yaw", "pitch"])
    {
        Unit = "deg",
        Means = [1, -2],
        Deviations = [30, 12.5],
        Loss = RegressionLoss.Huber,
        HuberDelta = 0.5,
    };

    private static readonly VisionTask[] _all =
    [
        new ClassificationTask("kind", 2),
        _room,
        new TagsTask("few", 1),
        _tags,
        new RegressionTask("age"),
        _pose,
    ];

    [Test]
    public void The_kinds_come_after_those_of_pixels() =>
        Assert.That(
            TaskKind.All.Take(7).Select(k => k.Word),
            Is.EqualTo(new[] { "segmentation", "depth", "normals", "map", "classification", "tags", "regression" })
        );

    [TestCaseSource(nameof(_all))]
    public void They_have_one_place_whatever_the_size_and_views_leave_them_alone(VisionTask task)
    {
        Assert.That(task.Kind.Extent, Is.EqualTo(TaskExtent.Image));
        Assert.That(task.Kind.Places(96, 128), Is.EqualTo(1));
        Assert.That(task.Kind.Views, Is.EqualTo(new ViewRule(ViewSampling.Whole)));
        Assert.That(TaskKind.Find(task.Kind.Word), Is.EqualTo(task.Kind));
        Assert.That(task.Kind.NativeKind, Is.EqualTo(task.Kind.Word));
    }

    [TestCaseSource(nameof(_all))]
    public void Settings_come_back_from_a_document(VisionTask task)
    {
        JsonObject settings = [];
        task.Kind.WriteSettings(task, settings);
        Assert.That(settings.Select(s => s.Key), Is.SubsetOf(task.Kind.SettingKeys));
        Assert.That(task.Kind.ReadSettings(task.Name, task.Channels, new TaskSettings(settings)), Is.EqualTo(task));
        TrainerOptions options = new() { Tasks = new TaskSet(task) };
        options.Validate();
        Assert.That(OptionsDocument.Read(OptionsDocument.Write(options), "run.safetensors").Tasks, Is.EqualTo(options.Tasks));
        Assert.That(task.WithName("other").WithName(task.Name), Is.EqualTo(task));
    }

    [Test]
    public void Tasks_that_differ_are_not_equal()
    {
        Assert.That(_room with { LabelSmoothing = 0 }, Is.Not.EqualTo(_room));
        Assert.That(_room with { ClassWeights = null }, Is.Not.EqualTo(_room));
        Assert.That(new ClassificationTask("room", 3), Is.Not.EqualTo(new ClassificationTask("room", 3, ["a", "b", "c"])));
        Assert.That(_tags with { PositiveWeights = [3, 1] }, Is.Not.EqualTo(_tags));
        Assert.That(new TagsTask("t", 2, ["a", "b"]), Is.Not.EqualTo(new TagsTask("t", 2, ["b", "a"])));
        Assert.That(_pose with { Means = [1, 2] }, Is.Not.EqualTo(_pose));
        Assert.That(_pose with { Unit = "rad" }, Is.Not.EqualTo(_pose));
        Assert.That(_pose with { Loss = RegressionLoss.L1 }, Is.Not.EqualTo(_pose));
    }

    [Test]
    public void Native_options_leave_out_what_is_default()
    {
        Assert.That(Native(new ClassificationTask("kind", 2)), Is.EqualTo("""{"classes":2}"""));
        Assert.That(Native(_room), Is.EqualTo("""{"classes":3,"class_weights":[1,2,0.5],"label_smoothing":0.1}"""));
        Assert.That(Native(new TagsTask("few", 1)), Is.EqualTo("""{"tags":1}"""));
        Assert.That(Native(_tags), Is.EqualTo("""{"tags":2,"positive_weights":[3,1.5]}"""));
        Assert.That(Native(new RegressionTask("age")), Is.EqualTo("""{"channels":1}"""));
        Assert.That(Native(_pose), Is.EqualTo("""{"channels":2,"means":[1,-2],"deviations":[30,12.5],"loss":"huber","delta":0.5}"""));
    }

    [Test]
    public void What_is_out_of_range_is_named()
    {
        Assert.That(() => new ClassificationTask("room", 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TagsTask("tags", 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RegressionTask("age", 257), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TagsTask("tags", 2, ["a"]), Throws.ArgumentException.With.Message.Contains("2 channels but 1 tag names"));
        Assert.That(() => new TagsTask("tags", 2, ["a", "a"]), Throws.ArgumentException.With.Message.Contains("'a' is there twice"));
        Assert.That(() => new ClassificationTask("room", 2, ["a", " "]), Throws.ArgumentException.With.Message.Contains("is empty"));
        Assert.That(() => TaskKind.Tags.Create("tags"), Throws.ArgumentException.With.Message.Contains("number of tags of 'tags'"));
        Refuses(_room with { ClassWeights = [1, 2] }, "Tasks[room].ClassWeights has 2 numbers for 3 classes");
        Refuses(_room with { ClassWeights = [1, 2, -1] }, "Tasks[room].ClassWeights[2]");
        Refuses(_room with { LabelSmoothing = 1 }, "Tasks[room].LabelSmoothing");
        Refuses(_tags with { PositiveWeights = [1, double.NaN] }, "Tasks[tags].PositiveWeights[1]");
        Refuses(_pose with { Means = [1] }, "Tasks[pose].Means has 1 numbers for 2 values");
        Refuses(_pose with { Means = [1, double.PositiveInfinity] }, "Tasks[pose].Means[1]");
        Refuses(_pose with { Deviations = [1, 0] }, "Tasks[pose].Deviations[1]");
        Refuses(_pose with { HuberDelta = 0 }, "Tasks[pose].HuberDelta");
        Refuses(_pose with { Loss = (RegressionLoss)7 }, "Tasks[pose].Loss");
        JsonObject settings = new() { ["loss"] = "l2" };
        Assert.That(
            () => TaskKind.Regression.ReadSettings("age", 1, new TaskSettings(settings)),
            Throws.ArgumentException.With.Message.Contains("'loss' is 'l2'")
        );
        settings = new() { ["mean"] = new JsonArray(1, "a") };
        Assert.That(
            () => TaskKind.Regression.ReadSettings("age", 2, new TaskSettings(settings)),
            Throws.ArgumentException.With.Message.Contains("'mean' has to be a number or a list of numbers")
        );
    }

    [Test]
    public void Tasks_of_two_data_sets_differ_by_names_and_units_not_by_means()
    {
        Assert.That(_room.Kind.Difference(_room, new ClassificationTask("room", 3, ["bath", "attic", "kitchen"])), Does.Contain("'attic'"));
        Assert.That(_room.Kind.Difference(_room, new ClassificationTask("room", 3)), Is.Null);
        Assert.That(_room.Kind.Richer(new ClassificationTask("room", 3), _room), Is.SameAs(_room));
        Assert.That(_tags.Kind.Difference(_tags, new TagsTask("tags", 2, ["coat", "hat"])), Does.Contain("tag 0"));
        Assert.That(_tags.Kind.Richer(_tags, new TagsTask("tags", 2)), Is.SameAs(_tags));
        Assert.That(_pose.Kind.Difference(_pose, _pose with { Means = [5, 6] }), Is.Null);
        Assert.That(_pose.Kind.Difference(_pose, _pose with { Unit = "rad" }), Does.Contain("'rad'"));
        Assert.That(
            _pose.Kind.Difference(_pose, new RegressionTask("pose", 2, ["pitch", "yaw"]) { Unit = "deg" }),
            Does.Contain("value 0")
        );
    }

    [Test]
    public void Statistics_count_classes_tags_and_values()
    {
        LabelStatistics rooms = _room.Kind.CreateStatistics(_room);
        foreach (float id in new float[] { 2, 0, -1, 2 })
            rooms.Add([id]);
        Assert.That((rooms.Read, rooms.Pixels, rooms.Invalid), Is.EqualTo((4, 4L, 1L)));
        Assert.That(rooms.Classes, Is.EqualTo(new long[] { 1, 0, 2 }));

        LabelStatistics tags = _tags.Kind.CreateStatistics(_tags);
        tags.Add([1, 0]);
        tags.Add([1, float.NaN]);
        tags.Add([float.NaN, float.NaN]);
        Assert.That((tags.Read, tags.Invalid), Is.EqualTo((3, 1L)));
        Assert.That(tags.Classes, Is.EqualTo(new long[] { 2, 0 }));

        LabelStatistics poses = _pose.Kind.CreateStatistics(_pose);
        poses.Add([1, float.NaN]);
        poses.Add([5, 7]);
        Assert.That(poses.Values, Is.EqualTo(new ValueSummary[] { new("yaw", 2, 1, 5, 3, 2), new("pitch", 1, 7, 7, 7, 0) }));
        Assert.That((poses.Lowest, poses.Mean), Is.EqualTo(((float?)null, (double?)null)), "values of several kinds are not mixed");

        RegressionTask age = new("age");
        LabelStatistics ages = age.Kind.CreateStatistics(age);
        Assert.That(ages.Values.Single(), Is.EqualTo(new ValueSummary("value 0", 0, null, null, null, null)));
        ages.Add([2]);
        ages.Add([4]);
        Assert.That((ages.Lowest, ages.Highest, ages.Mean, ages.Deviation), Is.EqualTo((2f, 4f, 3.0, 1.0)));
    }

    [Test]
    public void They_are_described()
    {
        string[] described = [.. _all.Select(t => t.Kind.Describe(t))];
        Assert.That(
            described,
            Is.EqualTo(
                new[]
                {
                    "classification, 2 classes",
                    "classification, 3 classes",
                    "tags, 1 tag",
                    "tags, 2 tags",
                    "regression",
                    "regression, 2 values, deg",
                }
            )
        );
    }

    private static string Native(VisionTask task)
    {
        JsonObject options = [];
        task.Kind.WriteNativeOptions(task, options);
        return options.ToJsonString();
    }

    private static void Refuses(VisionTask task, string text) =>
        Assert.That(
            () => task.Kind.Validate(task, $"Tasks[{task.Name}]"),
            Throws.InstanceOf<ArgumentException>().With.Message.Contains(text)
        );
}
