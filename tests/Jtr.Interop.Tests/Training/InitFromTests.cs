using Jtr.Interop.Datasets;
using Jtr.Interop.Export;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>A trainer that starts from the weights of another one.</summary>
public sealed class InitFromTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string _checkpoint = null!;
    private Trainer _source = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _source = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 2; i++)
            _source.Step(batch);
        _checkpoint = _folder.File("source.safetensors");
        _source.Save(_checkpoint);
    }

    public void Dispose()
    {
        _source.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void With_the_same_tasks_everything_is_taken_and_predictions_are_the_same()
    {
        using Trainer trainer = Trainer.Create(SmallModel.Options with { Seed = 99 }, new InitFrom(_checkpoint));
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), SmallModel.Snapshot(_source));
        Assert.That(Predict(trainer), Is.EqualTo(Predict(_source)));
        InitReport report = trainer.Init!;
        Assert.That(
            (report.Matched.Count, report.Missing.Count, report.OtherShape.Count, report.Unused.Count),
            Is.EqualTo((trainer.State.Count, 0, 0, 0))
        );
        Assert.That(report.MatchedHeads, Is.EqualTo(new[] { "seg", "depth" }));
        Assert.That(
            report.ToString(),
            Is.EqualTo($"{_checkpoint}: {trainer.State.Count} of {trainer.State.Count} tensors taken; heads of seg, depth")
        );
        Assert.That(trainer.StepCount, Is.Zero, "steps and optimiser begin anew");
        using Trainer other = SmallModel.Create();
        Assert.That(other.Init, Is.Null);
    }

    [Test]
    public void With_other_tasks_the_backbone_is_taken_and_heads_go_by_their_tasks()
    {
        TaskSet tasks = new(new DepthTask(), new NormalsTask(), new SegmentationTask("seg", 7));
        TrainerOptions options = SmallModel.Options with { Tasks = tasks, Seed = 99 };
        using Trainer trainer = Trainer.Create(options, new InitFrom(_checkpoint)),
            fresh = new(options);
        foreach (
            TensorInfo tensor in trainer.State.Where(i =>
                i.Name.StartsWith("model/", StringComparison.Ordinal) && !i.Name.Contains("pred_task", StringComparison.Ordinal)
            )
        )
            Assert.That(trainer.State.Read(tensor.Name), Is.EqualTo(_source.State.Read(tensor.Name)), tensor.Name);
        foreach (string part in new[] { "0.weight", "0.bias", "1.weight", "1.bias" })
            Assert.That(
                trainer.State.Read($"model/pred_task1.{part}"),
                Is.EqualTo(_source.State.Read($"model/pred_task2.{part}")),
                $"depth was the second task: {part}"
            );
        Assert.That(
            trainer.State.Read("model/pred_task2.1.weight"),
            Is.EqualTo(fresh.State.Read("model/pred_task2.1.weight")),
            "normals are new"
        );
        Assert.That(
            trainer.State.Read("model/pred_task3.1.weight"),
            Is.EqualTo(fresh.State.Read("model/pred_task3.1.weight")),
            "seg has more classes"
        );
        foreach (TensorInfo tensor in trainer.State.Where(i => i.Name.StartsWith("jtr/", StringComparison.Ordinal)))
            Assert.That(
                trainer.State.Read(tensor.Name),
                Is.EqualTo(fresh.State.Read(tensor.Name)),
                "the joint space is that of other tasks"
            );

        InitReport report = trainer.Init!;
        Assert.That(report.MatchedHeads, Is.EqualTo(new[] { "depth" }));
        Assert.That(report.FreshHeads, Is.EqualTo(new[] { "normals", "seg" }));
        Assert.That(report.Missing, Does.Contain("model/pred_task2.1.weight").And.None.StartsWith("model/encoder_block"));
        InitMismatch head = report.OtherShape.Single(o => o.Name == "model/pred_task3.1.weight");
        Assert.That((head.Shape[0], head.FileShape[0]), Is.EqualTo((7L, 4L)));
        Assert.That(report.Unused, Is.Empty, "what the method had is not asked for");
        Assert.That(
            report.ToString(),
            Does.Contain("; heads of depth; fresh heads for normals, seg\nnot in the file, so fresh (").And.Contain("(the file: [")
        );
    }

    [Test]
    public void The_head_of_a_task_that_is_not_learnt_any_more_is_reported_as_unused()
    {
        using Trainer trainer = Trainer.Create(
            SmallModel.Options with
            {
                Tasks = new(new DepthTask()),
                Method = "supervised",
            },
            new InitFrom(_checkpoint)
        );
        Assert.That(trainer.Init!.Unused, Is.Not.Empty.And.All.StartsWith("model/pred_task1."));
        Assert.That(trainer.Init.MatchedHeads, Is.EqualTo(new[] { "depth" }));
    }

    [Test]
    public void A_file_of_weights_alone_is_as_good_for_the_network()
    {
        string weights = _folder.File("weights.safetensors");
        SafetensorsExport.Save(_checkpoint, weights);
        using Trainer trainer = Trainer.Create(SmallModel.Options with { Seed = 99 }, new InitFrom(weights));
        Assert.That(Predict(trainer), Is.EqualTo(Predict(_source)));
        Assert.That(trainer.Init!.Missing, Is.Not.Empty.And.All.StartsWith("jtr/"));
        TaskSet turned = new(SmallModel.Tasks.Reverse());
        using Trainer moved = Trainer.Create(SmallModel.Options with { Tasks = turned }, new InitFrom(weights));
        Assert.That(
            moved.State.Read("model/pred_task1.1.weight"),
            Is.EqualTo(_source.State.Read("model/pred_task2.1.weight")),
            "an export says its tasks"
        );
    }

    [Test]
    public void The_average_of_the_weights_is_taken_unless_it_is_not_wanted()
    {
        string path = _folder.File("average.safetensors");
        using Trainer source = SmallModel.Create(o => o with { EmaDecay = 0.9 });
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 2; i++)
            source.Step(batch);
        source.Save(path);
        const string name = "model/encoder_block.0.0.weight";
        using Trainer averaged = Trainer.Create(SmallModel.Options, new InitFrom(path)),
            plain = Trainer.Create(SmallModel.Options, new InitFrom(path) { Averaged = false });
        Assert.That(averaged.State.Read(name), Is.EqualTo(source.State.Read("ema/" + name)));
        Assert.That(plain.State.Read(name), Is.EqualTo(source.State.Read(name)));
        using Trainer again = Trainer.Create(SmallModel.Options with { EmaDecay = 0.9 }, new InitFrom(path));
        Assert.That(again.State.Read("ema/" + name), Is.EqualTo(source.State.Read("ema/" + name)), "the new average begins there");
    }

    [Test]
    public void A_network_of_another_width_fits_nothing_and_says_so()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() =>
            Trainer.Create(SmallModel.Options with { Width = 2 }, new InitFrom(_checkpoint))
        )!;
        Assert.That(e.ParamName, Is.EqualTo("from"));
        Assert.That(
            e.Message,
            Does.StartWith($"{_checkpoint} has no weight that fits the network: shapes differ")
                .And.Contain("[4, 3, 3, 3] in the file, [2, 3, 3, 3] in the network")
        );
        Assert.That(
            () => Trainer.Create(SmallModel.Options, new InitFrom(" ")),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("Path")
        );
        Assert.That(
            () => Trainer.Create(SmallModel.Options, new InitFrom(_folder.File("none"))),
            Throws.InstanceOf<FileNotFoundException>()
        );
        File.WriteAllText(_folder.File("text"), "no weights at all");
        Assert.That(() => Trainer.Create(SmallModel.Options, new InitFrom(_folder.File("text"))), Throws.InstanceOf<JtrFormatException>());
    }

    [Test]
    public void A_weight_that_is_no_number_is_told()
    {
        using Trainer source = SmallModel.Create();
        double[] weight = source.State.Read("model/pred_task1.1.weight");
        weight[2] = double.NaN;
        source.State.Write("model/pred_task1.1.weight", weight);
        string path = _folder.File("broken.safetensors");
        source.Save(path);
        Assert.That(
            () => Trainer.Create(SmallModel.Options, new InitFrom(path)),
            Throws
                .InstanceOf<JtrFormatException>()
                .With.Message.StartsWith($"{path}: tensor 'model/pred_task1.1.weight' has NaN as its element 2: no weight")
        );
    }

    private static float[] Predict(Trainer trainer)
    {
        float[] image = new float[3 * 1024],
            predictions = new float[5 * 1024];
        Random random = new(3);
        for (int i = 0; i < image.Length; i++)
            image[i] = random.NextSingle();
        trainer.Predict(image, 1, 32, 32, predictions);
        return predictions;
    }
}
