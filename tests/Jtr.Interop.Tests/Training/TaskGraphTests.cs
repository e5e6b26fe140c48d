using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Task graphs as texts, in trainers and in checkpoints.</summary>
public sealed class TaskGraphTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void A_text_says_pairs_directions_and_weights()
    {
        Assert.That(TaskGraphOptions.Parse("all"), Is.Null);
        Assert.That(TaskGraphOptions.Parse("similarity"), Is.EqualTo(new SimilarityTaskGraph()));
        GivenTaskGraph graph = (GivenTaskGraph)TaskGraphOptions.Parse("depth>normals; seg <> depth*0.5 ;")!;
        Assert.That(
            graph.Pairs,
            Is.EqualTo(new TaskPair[] { new("depth", "normals"), new("seg", "depth", 0.5), new("depth", "seg", 0.5) })
        );
    }

    [TestCase("depth", "'depth' is not TASK>TASK")]
    [TestCase("depth>", "'depth>' is not TASK>TASK")]
    [TestCase("depth>seg*x", "'x' in 'depth>seg*x' is not a weight")]
    [TestCase("depth>seg*-1", "'-1' in 'depth>seg*-1' is not a weight")]
    public void What_is_no_pair_is_told(string text, string message) =>
        Assert.That(() => TaskGraphOptions.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test]
    public void Methods_relate_given_pairs_alone_and_a_checkpoint_keeps_them()
    {
        TrainerOptions options = SmallModel.Options with { Method = "direct_map", TaskGraph = TaskGraphOptions.Parse("depth>seg") };
        string path = _folder.File("graph.safetensors");
        using (Trainer trainer = new(options))
        {
            // The map away from what is informed, and no other one.
            string[] networks = [.. trainer.State.Select(i => i.Name.Split('/')[0]).Distinct()];
            Assert.That(networks, Is.EqualTo(new[] { "model", "map.seg.depth" }));
            using Batch batch = SmallModel.CreateBatch();
            trainer.Step(batch);
            trainer.Save(path);
        }
        using Trainer loaded = Trainer.Load(path);
        Assert.That(((GivenTaskGraph)loaded.Options.TaskGraph!).Pairs, Is.EqualTo(new TaskPair[] { new("depth", "seg") }));
        Assert.That(
            () => new Trainer(options with { TaskGraph = TaskGraphOptions.Parse("depht>seg") }),
            Throws.ArgumentException.With.Message.Contains("there is no task 'depht'; did you mean 'depth'?")
        );
        Assert.That(
            () => new Trainer(options with { Method = "jtr", TaskGraph = new SimilarityTaskGraph() }),
            Throws.ArgumentException.With.Message.Contains("jtr")
        );
    }
}
