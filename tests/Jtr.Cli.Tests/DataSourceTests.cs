using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Tests;

public sealed class DataSourceTests
{
    private static readonly ImageSize _size = new(32, 32);

    [Test]
    public void A_folder_that_holds_train_and_test_is_two_sets()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["train"], 3);
        PhotoFolder.Write(folder["test"], 2);
        OpenData data = DataSource.Open(new DataRequest { Data = folder.Path, Size = _size });
        Assert.That((data.Train.Count, data.Test!.Count), Is.EqualTo((3, 2)));
        Assert.That(data.Train.Tasks.Select(t => t.Name), Is.EqualTo(new[] { "seg", "edge" }));
        Assert.That(data.Test.Tasks, Is.EqualTo(data.Train.Tasks));
        Assert.That(DataSource.OpenTest(new DataRequest { Data = folder.Path, Size = _size }, data.Train.Tasks).Test!.Count, Is.EqualTo(2));
    }

    [Test]
    public void A_folder_with_photographs_is_one_set_and_another_may_be_named_to_score_on()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos"], 2);
        PhotoFolder.Write(folder["others"], 1);
        DataRequest request = new() { Data = folder["photos"], Size = _size };
        Assert.That(DataSource.Open(request).Test, Is.Null);
        Assert.That(DataSource.Open(request with { Test = folder["others"] }).Test!.Count, Is.EqualTo(1));
        Assert.That(
            () => DataSource.Open(request with { Test = folder["none"] }),
            Throws.InstanceOf<DirectoryNotFoundException>().With.Message.Contains("--test")
        );
    }

    [Test]
    public void The_kind_of_a_table_that_is_not_plain_can_be_written()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder.Path, 2);
        File.WriteAllText(folder["age.csv"], "name,age\nphoto0,30\nphoto1,40\n");
        DataRequest request = new() { Data = folder.Path, Size = _size };
        Assert.That(
            () => Tasks(request),
            Throws.InstanceOf<Interop.JtrFormatException>().With.Message.Contains("it is not plain what the column age holds")
        );
        RegressionTask age = new("age", 1, ["age"]) { Means = [35], Deviations = [5] };
        Assert.That(Tasks(request with { Tasks = ["age=regression"] }), Is.EqualTo(new TaskSet(age)));
        Assert.That(Tasks(request with { Tasks = ["edge", "age=regression"] }), Is.EqualTo(new TaskSet(new MapTask("edge"), age)));
        Assert.That(Tasks(request with { Tasks = ["age=classification:50"] }), Is.EqualTo(new TaskSet(new ClassificationTask("age", 50))));
    }

    [Test]
    public void Tasks_can_be_chosen_and_said_in_full()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder.Path, 2);
        DataRequest request = new() { Data = folder.Path, Size = _size };
        Assert.That(Tasks(request with { Tasks = ["edge"] }), Is.EqualTo(new TaskSet(new MapTask("edge"))));
        Assert.That(
            Tasks(request with { Tasks = ["edge", "seg:9"] }),
            Is.EqualTo(new TaskSet(new MapTask("edge"), new SegmentationTask("seg", 9)))
        );
        Assert.That(
            () => Tasks(request with { Tasks = ["taste"] }),
            Throws.InstanceOf<UsageException>().With.Message.Contains("no task 'taste'; they have seg, edge")
        );
        Assert.That(
            () => Tasks(request with { Tasks = ["edge", "edge"] }),
            Throws.InstanceOf<UsageException>().With.Message.Contains("twice")
        );
    }

    [Test]
    public void Classes_can_be_given_names()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder.Path, 2);
        DataRequest request = new()
        {
            Data = folder.Path,
            Size = _size,
            ClassNames = ["sky", "road", "car", "tree"],
        };
        Assert.That(((SegmentationTask)Tasks(request)["seg"]).ClassNames, Is.EqualTo(request.ClassNames));
        Assert.That(
            ((SegmentationTask)Tasks(request with { Tasks = ["seg=segmentation:4"] })["seg"]).ClassNames,
            Is.EqualTo(request.ClassNames)
        );
        Assert.That(
            () => Tasks(request with { ClassNames = ["sky"] }),
            Throws.InstanceOf<UsageException>().With.Message.Contains("3 classes")
        );
        Assert.That(
            () => Tasks(request with { Tasks = ["edge"] }),
            Throws.InstanceOf<UsageException>().With.Message.Contains("one segmentation")
        );
    }

    [Test]
    public void What_a_folder_lacks_is_told()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder.Path, 1);
        OpenData data = DataSource.Open(
            new DataRequest
            {
                Data = folder.Path,
                Size = _size,
                Tasks = ["seg", "height=depth"],
            }
        );
        Assert.That(data.Notes, Has.Some.Contains("height"));
    }

    [Test]
    public void Scenes_to_score_on_follow_those_to_train_on()
    {
        OpenData data = DataSource.Open(
            new DataRequest
            {
                Data = DataRequest.Scenes,
                Size = _size,
                SceneCount = 3,
                TestSceneCount = 2,
                Tasks = ["depth"],
            }
        );
        string[] train = [.. Enumerable.Range(0, 3).Select(data.Train.GetName)],
            test = [.. Enumerable.Range(0, 2).Select(data.Test!.GetName)];
        Assert.That(train.Concat(test), Is.Unique);
        Assert.That(data.Train.Tasks, Is.EqualTo(new TaskSet(new DepthTask())));
    }

    [Test]
    public void A_run_on_photographs_trains_scores_and_names_its_classes()
    {
        using TemporaryFolder folder = new();
        PhotoFolder.Write(folder["photos", "train"], 3);
        PhotoFolder.Write(folder["photos", "test"], 2);
        CliRun run = CliRun.Of(
            "train",
            "--data",
            folder["photos"],
            "--size",
            "32x32",
            "--epochs",
            "1",
            "--batch-size",
            "2",
            "--width",
            "2",
            "--threads",
            "1",
            "--class-names",
            "sky,road,car",
            "--output",
            folder["run"]
        );
        Assert.That(run.ExitCode, Is.EqualTo(ExitCode.Success), run.Error);
        Assert.That(run.Output, Does.Contain("asfound: seg 3, edge 2").And.Contain("step 2/2"));
        Assert.That(File.ReadAllText(folder["run", "results.csv"]), Does.Contain("IoU sky"));
    }

    private static TaskSet Tasks(DataRequest request) => DataSource.Open(request).Train.Tasks;
}
