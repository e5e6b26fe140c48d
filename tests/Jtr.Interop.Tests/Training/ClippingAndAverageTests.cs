using Jtr.Interop.Datasets;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

public sealed class ClippingAndAverageTests
{
    [Test]
    public void A_gradient_that_is_too_long_is_scaled_down_and_its_norm_is_told()
    {
        using Trainer plain = SmallModel.Create(o => o with { Method = "supervised" });
        using Trainer clipped = SmallModel.Create(o => o with { Method = "supervised", MaxGradientNorm = 0.01 });
        using Batch batch = SmallModel.CreateBatch();
        double expected = plain.Step(batch).GradientNorm;
        Assert.That(clipped.Step(batch).GradientNorm, Is.EqualTo(expected).And.GreaterThan(0.01), "the norm before it is clipped");
        // Sums of float gradients: rounding.
        Assert.That(Norm(plain), Is.EqualTo(expected).Within(1e-5).Percent);
        Assert.That(Norm(clipped), Is.EqualTo(0.01).Within(1e-4).Percent);
    }

    [Test]
    public void The_averaged_network_predicts_is_exported_and_is_saved()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a.safetensors");
        using Trainer trainer = SmallModel.Create(o => o with { Method = "supervised", EmaDecay = 0.9 });
        using Batch batch = SmallModel.CreateBatch();
        for (int i = 0; i < 3; i++)
            trainer.Step(batch);
        trainer.Save(path);
        float[] images = [.. batch.Images[..(3 * SmallModel.Size * SmallModel.Size)]];
        float[] expected = Predict(trainer, images);

        // A plain network with the averaged weights is what predicts.
        using Trainer plain = SmallModel.Create(o => o with { Method = "supervised" });
        Assert.That(Predict(plain, images), Is.Not.EqualTo(expected));
        foreach (TensorInfo info in plain.State)
            plain.State.Write(info.Name, trainer.State.Read("ema/" + info.Name));
        Assert.That(Predict(plain, images), Is.EqualTo(expected));

        using Predictor live = new(trainer),
            loaded = Predictor.Load(path);
        foreach (Predictor predictor in new[] { live, loaded })
        {
            float[] actual = new float[expected.Length];
            predictor.Predict(images, 1, SmallModel.Size, SmallModel.Size, actual);
            Assert.That(actual, Is.EqualTo(expected));
        }
        double[] weight = trainer.State.Read("ema/model/pred_task1.1.weight");
        foreach (NetworkWeights exported in new[] { NetworkWeights.Of(trainer), NetworkWeights.Read(path) })
            Assert.That(exported["pred_task1.1.weight"].ToDoubles(), Is.EqualTo(weight));
        Assert.That(trainer.State.Read("model/pred_task1.1.weight"), Is.Not.EqualTo(weight));

        using Trainer resumed = Trainer.Load(path);
        Assert.That(Predict(resumed, images), Is.EqualTo(expected));
        SmallModel.AssertSame(SmallModel.Snapshot(resumed), SmallModel.Snapshot(trainer));
    }

    [Test]
    public void Before_the_first_step_the_plain_network_predicts()
    {
        using Trainer plain = SmallModel.Create(o => o with { Method = "supervised" }),
            averaged = SmallModel.Create(o => o with { Method = "supervised", EmaDecay = 0.99 });
        averaged.State.Write("model/pred_task1.1.bias", [1, 2, 3, 4]);
        plain.State.Write("model/pred_task1.1.bias", [1, 2, 3, 4]);
        using Batch batch = SmallModel.CreateBatch(1);
        float[] images = [.. batch.Images[..(3 * SmallModel.Size * SmallModel.Size)]];
        Assert.That(Predict(averaged, images), Is.EqualTo(Predict(plain, images)));
    }

    [Test]
    public void Values_that_cannot_be_are_refused_by_name() =>
        Assert.Multiple(() =>
        {
            foreach (double norm in new[] { 0, -1, double.NaN, double.PositiveInfinity })
                Assert.That(
                    () => new Trainer(SmallModel.Options with { MaxGradientNorm = norm }),
                    Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("MaxGradientNorm")
                );
            foreach (double decay in new[] { 0, 1, -0.5, double.NaN })
                Assert.That(
                    () => new Trainer(SmallModel.Options with { EmaDecay = decay }),
                    Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("EmaDecay")
                );
        });

    [Test]
    public void The_weights_of_the_networks_are_counted()
    {
        using Trainer jtr = SmallModel.Create(),
            supervised = SmallModel.Create(o => o with { Method = "supervised" });
        long weights = supervised
            .State.Where(t =>
                !t.Name.Contains("running_", StringComparison.Ordinal) && !t.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
            )
            .Sum(t => t.Count);
        Assert.That((supervised.NetworkParameterCount, supervised.ParameterCount), Is.EqualTo((weights, weights)));
        Assert.That(jtr.NetworkParameterCount, Is.EqualTo(weights));
        Assert.That(jtr.ParameterCount, Is.GreaterThan(weights));
    }

    private static double Norm(Trainer trainer) => Math.Sqrt(trainer.Gradients.Sum(t => trainer.Gradients.Read(t.Name).Sum(v => v * v)));

    private static float[] Predict(Trainer trainer, float[] images)
    {
        float[] predictions = new float[trainer.Tasks.TotalChannels * SmallModel.Size * SmallModel.Size];
        trainer.Predict(images, 1, SmallModel.Size, SmallModel.Size, predictions);
        return predictions;
    }
}
