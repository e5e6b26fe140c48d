using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class TrainerStepTests
{
    [Test]
    public void A_step_changes_the_weights_and_counts()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        StepResult result = trainer.Step(batch);
        Assert.Multiple(() =>
        {
            Assert.That((result.Step, trainer.StepCount), Is.EqualTo((1L, 1L)));
            // 4 and 2 are the weights of the terms.
            Assert.That(result.Loss, Is.EqualTo(result.Supervised + 4 * result.Dist + 2 * result.Recon).Within(1e-5).Percent);
            Assert.That(trainer.State.Read("model/pred_task1.1.weight"), Is.Not.EqualTo(before["model/pred_task1.1.weight"]));
            Assert.That(trainer.State.Read("jtr/pred_layer.1.weight"), Is.Not.EqualTo(before["jtr/pred_layer.1.weight"]));
        });
    }

    [Test]
    public void The_same_seed_gives_the_same_steps_and_another_seed_others()
    {
        using Trainer first = SmallModel.Create(),
            second = SmallModel.Create(),
            other = SmallModel.Create(o => o with { Seed = 8 });
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 3; i++)
        {
            StepResult result = first.Step(batch);
            Assert.That(second.Step(batch), Is.EqualTo(result));
            Assert.That(other.Step(batch).Loss, Is.Not.EqualTo(result.Loss));
        }
        SmallModel.AssertSame(SmallModel.Snapshot(second), SmallModel.Snapshot(first));
    }

    [Test]
    public void Supervised_training_reads_one_view_and_has_no_joint_terms()
    {
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised" });
        using Batch batch = SmallModel.CreateBatch(views: 1);
        StepResult result = trainer.Step(batch);
        Assert.That(trainer.Views, Is.EqualTo(1));
        Assert.That((result.Dist, result.Recon, result.Loss), Is.EqualTo((0.0, 0.0, result.Supervised)));
        Assert.That(trainer.State.Any(t => t.Name.StartsWith("jtr/", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public void The_loss_falls_when_a_batch_is_seen_again_and_again()
    {
        using Trainer trainer = SmallModel.Create(o =>
            o with
            {
                Method = "supervised",
                Optimizer = new AdamOptions { LearningRate = 1e-2 },
            }
        );
        using Batch batch = SmallModel.CreateBatch(views: 1);
        double first = trainer.Step(batch).Loss;
        double last = 0;
        for (int i = 0; i < 60; i++)
            last = trainer.Step(batch).Loss;
        Assert.That(last, Is.LessThan(0.8 * first));
    }

    [Test]
    public void The_learning_rate_follows_its_schedule()
    {
        using Trainer trainer = SmallModel.Create(o =>
            o with
            {
                Method = "supervised",
                Optimizer = new AdamOptions
                {
                    LearningRate = 0.5e-3,
                    DecaySteps = 2,
                    DecayFactor = 0.25,
                },
            }
        );
        using Batch batch = SmallModel.CreateBatch(views: 1);
        double[] rates = [.. Enumerable.Range(0, 5).Select(_ => trainer.Step(batch).LearningRate)];
        // Powers of two times the first: exact.
        Assert.That(rates, Is.EqualTo(new[] { 0.5e-3, 0.5e-3, 0.5e-3 / 4, 0.5e-3 / 4, 0.5e-3 / 16 }));
    }

    [Test]
    public void Task_losses_are_means_over_labelled_samples_and_NaN_without_any()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch(3);
        batch.SetLabeled(0, TaskMask.None.With(0));
        batch.SetLabeled(1, TaskMask.None);
        batch.SetLabeled(2, TaskMask.None.With(0));
        double[] tasks = new double[2],
            supervised = new double[3];
        trainer.Step(batch, new StepCapture { TaskLoss = tasks, Supervised = supervised });
        Assert.That(tasks[0], Is.EqualTo((supervised[0] + supervised[2]) / 2).Within(1e-5).Percent);
        Assert.That(tasks[1], Is.NaN);
        Assert.That(supervised[1], Is.Zero);
    }

    [Test]
    public void Gradients_of_the_last_step_can_be_read_but_not_written()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        const string name = "model/encoder_block.0.0.weight";
        Assert.That(trainer.Gradients[name].Shape, Is.EqualTo(new[] { 4, 3, 3, 3 }));
        Assert.That(trainer.Gradients.Read(name), Has.Some.Not.Zero);
        Assert.That(() => trainer.Gradients.Write(name, new double[108]), Throws.InvalidOperationException);
    }

    [Test]
    public void Tensors_are_read_and_written_by_name_and_shape()
    {
        using Trainer trainer = SmallModel.Create();
        const string name = "model/encoder_block.0.0.bias";
        double[] values = [1, -2, 0.5, 4];
        trainer.State.Write(name, values);
        Assert.That(trainer.State.Read(name), Is.EqualTo(values));
        Assert.Multiple(() =>
        {
            Assert.That(trainer.State.Contains(name), Is.True);
            Assert.That(trainer.State.TryGet("model/nothing", out _), Is.False);
            Assert.That(trainer.State.Count, Is.EqualTo(trainer.State.Select(t => t.Name).Distinct().Count()));
            Assert.That(
                () => trainer.State.Read("model/nothing"),
                Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("model/nothing")
            );
            Assert.That(() => trainer.State.Write(name, new double[3]), Throws.ArgumentException.With.Message.Contains("4 elements"));
        });
    }

    [Test]
    public void Predictions_do_not_depend_on_how_many_images_are_predicted_at_once()
    {
        using Trainer trainer = SmallModel.Create();
        using Batch batch = SmallModel.CreateBatch(4);
        trainer.Step(batch);
        const int pixels = SmallModel.Size * SmallModel.Size;
        float[] images = batch.Images[..(4 * 3 * pixels)].ToArray();
        float[] together = new float[4 * 5 * pixels],
            one = new float[5 * pixels];
        trainer.Predict(images, 4, SmallModel.Size, SmallModel.Size, together);
        for (int i = 0; i < 4; i++)
        {
            trainer.Predict(images.AsSpan(i * 3 * pixels, 3 * pixels), 1, SmallModel.Size, SmallModel.Size, one);
            // The same sums, perhaps in another order: a few units in the last place of 32 bits, through 26 layers.
            Assert.That(one, Is.EqualTo(together[(i * 5 * pixels)..((i + 1) * 5 * pixels)]).Within(1e-4));
        }
    }
}
