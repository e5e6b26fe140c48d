using Jtr.Interop.Datasets;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Norm statistics of photographs that were not trained on.</summary>
public sealed class AdaptNormsTests
{
    private const int Samples = 6;
    private const int Side = 96;

    private static TrainerOptions Options => SmallModel.Options with { Method = "supervised" };

    private static MemoryDataset Target => new(Samples, Side, Side, SmallModel.Tasks);

    private static async Task<Trainer> TrainedAsync(TrainerOptions options)
    {
        Trainer trainer = new(options);
        await trainer.FitAsync(
            SmallModel.Data(4),
            new FitOptions
            {
                Steps = 3,
                BatchSize = 2,
                Workers = 1,
            }
        );
        return trainer;
    }

    private static float[] Predict(Trainer trainer, Batch batch)
    {
        float[] predictions = new float[batch.Samples * trainer.Tasks.PredictionValues(Side, Side)];
        trainer.Predict(batch.Images, batch.Samples, Side, Side, predictions);
        return predictions;
    }

    private static double Difference(IReadOnlyList<double> a, IReadOnlyList<double> b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));

    [Test]
    public async Task Predictions_are_then_those_that_training_makes_of_the_photographs_together()
    {
        using Trainer trainer = await TrainedAsync(Options with { Precision = Precision.Float64 });
        using DataLoader loader = new(Target, options: DataLoaderOptions.ForEvaluation(Samples));
        Batch batch = loader.Next();
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        string[] variances = [.. before.Keys.Where(n => n.EndsWith(".running_var", StringComparison.Ordinal))];
        Assert.That(trainer.AdaptNorms(Target, new AdaptOptions { BatchSize = Samples }), Is.EqualTo(variances.Length));
        foreach ((string name, double[] values) in before.Where(w => !w.Key.Contains(".running_", StringComparison.Ordinal)))
            Assert.That(trainer.State.Read(name), Is.EqualTo(values), name);
        // Running variances are unbiased, those of a batch in training are not.
        foreach (string name in variances)
        {
            int stage = name.Split('.')[1][0] - '0',
                values = Samples * (Side >> stage) * (Side >> stage);
            trainer.State.Write(name, [.. trainer.State.Read(name).Select(v => v * (values - 1) / values)]);
        }
        double[] adapted = [.. Predict(trainer, batch).Select(v => (double)v)];
        // A step tells what it predicts in training mode: by the batch's own statistics.
        double[] training = new double[adapted.Length];
        trainer.Step(batch, new StepCapture { Prediction = training });
        Assert.That(Difference(adapted, training), Is.LessThan(1e-5));
    }

    [Test]
    public async Task What_the_first_norm_reads_does_not_hang_on_the_batches()
    {
        using Trainer together = await TrainedAsync(Options),
            apart = await TrainedAsync(Options);
        together.AdaptNorms(Target, new AdaptOptions { BatchSize = Samples });
        apart.AdaptNorms(Target, new AdaptOptions { BatchSize = 4, Workers = 1 });
        foreach (string name in new[] { "running_mean", "running_var" })
        {
            double[] one = together.State.Read($"model/encoder_block.0.1.{name}"),
                other = apart.State.Read($"model/encoder_block.0.1.{name}");
            // Of a variance the correction of its bias differs, by one part in 30,000.
            Assert.That(Difference(other, one), Is.LessThan(1e-4), name);
        }
    }

    [Test]
    public async Task The_average_that_predicts_is_adapted_and_saved()
    {
        using TemporaryFolder folder = new();
        using Trainer trainer = await TrainedAsync(Options with { EmaDecay = 0.9 });
        using DataLoader loader = new(Target, options: DataLoaderOptions.ForEvaluation(Samples));
        Batch batch = loader.Next();
        float[] before = Predict(trainer, batch);
        await Task.Run(() => trainer.AdaptNorms(Target));
        float[] adapted = Predict(trainer, batch);
        Assert.That(adapted, Is.Not.EqualTo(before));
        trainer.Save(folder.File("adapted.safetensors"));
        using Trainer loaded = Trainer.Load(folder.File("adapted.safetensors"));
        Assert.That(Predict(loaded, batch), Is.EqualTo(adapted));
    }

    [Test]
    public async Task A_cancelled_adaptation_changes_nothing()
    {
        using Trainer trainer = await TrainedAsync(Options);
        Dictionary<string, double[]> before = SmallModel.Snapshot(trainer);
        using CancellationTokenSource stop = new();
        Assert.That(
            () => trainer.AdaptNorms(Target, new AdaptOptions { BatchSize = 2 }, new Stopping(stop), stop.Token),
            Throws.InstanceOf<OperationCanceledException>()
        );
        SmallModel.AssertSame(SmallModel.Snapshot(trainer), before);
        Assert.That(() => trainer.AdaptNorms(Target, new AdaptOptions { BatchSize = 1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private sealed class Stopping(CancellationTokenSource stop) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => stop.Cancel();
    }
}
