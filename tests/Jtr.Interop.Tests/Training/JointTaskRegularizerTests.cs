using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>The JTR loss alone is the one inside the trainer.</summary>
public sealed class JointTaskRegularizerTests
{
    private const int Pixels = SmallModel.Size * SmallModel.Size;
    private const int Samples = 2;
    private const int Channels = 5;

    [Test]
    public void Alone_it_computes_the_terms_and_gradients_of_the_trainer_in_64_bits()
    {
        // Prediction gradients of view 1 and both terms have no other source in the trainer (Nishi et al., CVPR 2024).
        double[] prediction = new double[3 * Samples * Channels * Pixels],
            gradient = new double[prediction.Length];
        double[] dist = new double[Samples],
            recon = new double[Samples],
            noise = Noise();
        using Trainer trainer = SmallModel.Create(o => o with { Precision = Precision.Float64 });
        using JointTaskRegularizer loss = Alone(trainer);
        using Batch batch = SmallModel.CreateBatch(Samples);
        StepResult step = trainer.Step(
            batch,
            new StepCapture
            {
                Dist = dist,
                Recon = recon,
                Prediction = prediction,
                PredictionGradient = gradient,
                Noise = noise,
            }
        );

        int view = Samples * Channels * Pixels;
        double[] alone = new double[2 * view],
            sampleDist = new double[Samples],
            sampleRecon = new double[Samples];
        RegularizerResult result = loss.Compute(
            Input(batch, noise),
            prediction.AsSpan(view),
            alone,
            new RegularizerCapture { Dist = sampleDist, Recon = sampleRecon }
        );

        // The same sums of the same numbers; another order may cost a few last places.
        const double tolerance = 1e-12;
        Closeness.Each(sampleDist, dist, tolerance, "dist");
        Closeness.Each(sampleRecon, recon, tolerance, "recon");
        Closeness.Each(
            [result.Dist, result.Recon, result.Loss],
            [step.Dist, step.Recon, 4 * step.Dist + 2 * step.Recon],
            tolerance,
            "means"
        );
        Assert.That(Closeness.RelativeL2(alone.AsSpan(0, view), gradient.AsSpan(view, view)), Is.LessThan(tolerance));
        Assert.That(alone.AsSpan(view).IndexOfAnyExcept(0.0), Is.EqualTo(-1), "the second view has no gradient");
        Assert.That(alone.AsSpan(0, view).IndexOfAnyExcept(0.0), Is.Not.EqualTo(-1));

        foreach (TensorInfo info in loss.Gradients)
        {
            if (!GoldenFile.IsBiasBeforeNorm(info.Name))
                Assert.That(
                    Closeness.RelativeL2(loss.Gradients.Read(info.Name), trainer.Gradients.Read(info.Name)),
                    Is.LessThan(1e-9),
                    info.Name
                );
        }
        loss.Update();
        foreach (TensorInfo info in loss.State)
        {
            // Adam divides by the gradient's own size, so a bias whose gradient is rounding moves as much as any weight.
            if (!GoldenFile.IsBiasBeforeNorm(info.Name))
                Assert.That(Closeness.RelativeL2(loss.State.Read(info.Name), trainer.State.Read(info.Name)), Is.LessThan(1e-9), info.Name);
        }
    }

    [Test]
    public void In_32_bits_it_agrees_with_64_bits_to_rounding()
    {
        using Batch batch = SmallModel.CreateBatch(Samples);
        double[] predictions = new double[2 * Samples * Channels * Pixels],
            noise = Noise();
        Random random = new(5);
        for (int i = 0; i < predictions.Length; i++)
            predictions[i] = (float)(2 * random.NextDouble());
        RegularizerResult exact,
            rounded;
        using (JointTaskRegularizer loss = Create(Precision.Float64))
            exact = loss.Compute(Input(batch, noise), predictions, []);
        using (JointTaskRegularizer loss = Create(Precision.Float32))
            rounded = loss.Compute(Input(batch, noise), Array.ConvertAll(predictions, p => (float)p), new float[predictions.Length]);
        // The bounds for 32 bits.
        Closeness.Each([rounded.Recon], [exact.Recon], 1e-5, "recon");
        Closeness.Each([rounded.Dist], [exact.Dist], 1e-3, "dist");
    }

    [Test]
    public void In_bfloat16_predictions_and_gradients_are_still_of_32_bits()
    {
        using Batch batch = SmallModel.CreateBatch(Samples);
        double[] noise = Noise();
        Random random = new(5);
        float[] predictions = [.. Enumerable.Range(0, 2 * Samples * Channels * Pixels).Select(_ => 2 * random.NextSingle())],
            gradient = new float[predictions.Length];
        RegularizerResult exact,
            rounded;
        using (JointTaskRegularizer loss = Create(Precision.Float32))
            exact = loss.Compute(Input(batch, noise), predictions, new float[predictions.Length]);
        using (JointTaskRegularizer loss = Create(Precision.BFloat16))
        {
            rounded = loss.Compute(Input(batch, noise), predictions, gradient);
            Assert.That(() => loss.Compute(Input(batch, noise), new double[predictions.Length], []), Throws.InvalidOperationException);
        }
        Assert.That(rounded.Recon, Is.Not.EqualTo(exact.Recon));
        // Some twenty layers rounded to 8 bits.
        Closeness.Each([rounded.Recon], [exact.Recon], 0.05, "recon");
        Assert.That(gradient, Has.Some.Not.Zero.And.All.Matches<float>(float.IsFinite));
    }

    [TestCase(Recomputation.Stages)]
    [TestCase(Recomputation.None)]
    public void What_the_backward_pass_computes_again_changes_no_number(Recomputation recomputation)
    {
        using Batch batch = SmallModel.CreateBatch(Samples);
        double[] noise = Noise();
        Random random = new(5);
        float[] predictions = [.. Enumerable.Range(0, 2 * Samples * Channels * Pixels).Select(_ => 2 * random.NextSingle())];
        float[] expected = new float[predictions.Length],
            actual = new float[predictions.Length];
        using JointTaskRegularizer plain = Create(Precision.Float32),
            loss = Create(Precision.Float32, recomputation: recomputation);
        for (int i = 0; i < 2; i++)
        {
            RegularizerResult want = plain.Compute(Input(batch, noise), predictions, expected);
            Assert.That(loss.Compute(Input(batch, noise), predictions, actual), Is.EqualTo(want));
            Assert.That(actual, Is.EqualTo(expected));
            plain.Update();
            loss.Update();
        }
    }

    [Test]
    public void Training_the_auto_encoder_lowers_the_reconstruction_loss()
    {
        using Batch batch = SmallModel.CreateBatch(Samples);
        double[] noise = Noise();
        float[] predictions = new float[2 * Samples * Channels * Pixels];
        Array.Fill(predictions, 1.5f);
        using JointTaskRegularizer loss = Create(Precision.Float32, rate: 1e-2);
        double first = loss.Compute(Input(batch, noise), predictions, []).Recon;
        for (int i = 0; i < 40; i++)
        {
            loss.Update();
            loss.Compute(Input(batch, noise), predictions, []);
        }
        Assert.That(loss.Compute(Input(batch, noise), predictions, []).Recon, Is.LessThan(0.8 * first));
    }

    [Test]
    public void A_saved_and_loaded_one_goes_on_exactly_where_it_was()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("loss.safetensors");
        using Batch batch = SmallModel.CreateBatch(Samples);
        float[] predictions = new float[2 * Samples * Channels * Pixels];
        Array.Fill(predictions, 0.5f);
        using JointTaskRegularizer saved = Create(Precision.Float32),
            loaded = Create(Precision.Float32, seed: 99);
        saved.Compute(Input(batch, []), predictions, []);
        saved.Update();
        saved.Save(path);
        loaded.Load(path);
        for (int i = 0; i < 2; i++)
        {
            // The seed of the noise is part of the state.
            Assert.That(loaded.Compute(Input(batch, []), predictions, []), Is.EqualTo(saved.Compute(Input(batch, []), predictions, [])));
            saved.Update();
            loaded.Update();
        }
        foreach (TensorInfo info in saved.State)
            Assert.That(loaded.State.Read(info.Name), Is.EqualTo(saved.State.Read(info.Name)), info.Name);
    }

    [Test]
    public void Bad_input_is_told_by_name()
    {
        using Batch batch = SmallModel.CreateBatch(Samples);
        float[] predictions = new float[2 * Samples * Channels * Pixels];
        using JointTaskRegularizer loss = Create(Precision.Float32);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => loss.Compute(Input(batch, []), predictions.AsSpan(1), []),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("predictions")
            );
            Assert.That(
                () => loss.Compute(Input(batch, []), predictions, new float[5]),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("predictionGradient")
            );
            Assert.That(
                () => loss.Compute(Input(batch, new double[5]), predictions, []),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("batch.Noise")
            );
            Assert.That(
                () => loss.Compute(Input(batch, [], height: 33), predictions, []),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("batch.Height")
            );
            Assert.That(
                () => loss.Compute(Input(batch, []), new double[predictions.Length], []),
                Throws.InvalidOperationException.With.Message.Contains("Float32")
            );
            Assert.That(loss.Update, Throws.InvalidOperationException, "nothing was computed yet");
            Assert.That(
                () => loss.Compute(Input(batch, []), predictions, [], cancellationToken: new CancellationToken(canceled: true)),
                Throws.InstanceOf<OperationCanceledException>()
            );
            batch.GetSample(1, 0).Label(0)[3] = 4;
            Assert.That(
                () => loss.Compute(Input(batch, []), predictions, []),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("batch.label.seg")
            );
            Assert.That(() => loss.Load("/no/such/file"), Throws.TypeOf<DirectoryNotFoundException>());
        });
        loss.Dispose();
        Assert.That(() => loss.Compute(Input(batch, []), predictions, []), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(loss.Update, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Its_options_are_checked() =>
        Assert.Multiple(() =>
        {
            JointTaskRegularizerOptions good = new() { Tasks = SmallModel.Tasks };
            Assert.That(
                () => new JointTaskRegularizer(good with { Tasks = null! }),
                Throws.ArgumentNullException.With.Property("ParamName").EqualTo("Tasks")
            );
            Assert.That(
                () => new JointTaskRegularizer(good with { JointTask = new JointTaskOptions { Width = 0 } }),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("JointTask.Width")
            );
            Assert.That(
                () => new JointTaskRegularizer(good with { Recomputation = (Recomputation)3 }),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Recomputation")
            );
            Assert.That(
                () => new JointTaskRegularizer(good with { Optimizer = new AdamOptions { Beta1 = 1 } }),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("Optimizer.Beta1")
            );
        });

    private static JointTaskRegularizer Create(
        Precision precision,
        double rate = 1e-4,
        ulong seed = 7,
        Recomputation recomputation = Recomputation.Norms
    ) =>
        new(
            new JointTaskRegularizerOptions
            {
                Tasks = SmallModel.Tasks,
                JointTask = new JointTaskOptions { Width = 4 },
                Optimizer = new AdamOptions { LearningRate = rate },
                Seed = seed,
                Precision = precision,
                Recomputation = recomputation,
                Device = DeviceKind.Cpu,
            }
        );

    /// <summary>One with the weights of a trainer's.</summary>
    private static JointTaskRegularizer Alone(Trainer trainer)
    {
        JointTaskRegularizer loss = Create(trainer.Options.Precision, seed: 1);
        foreach (TensorInfo info in loss.State)
            loss.State.Write(info.Name, trainer.State.Read(info.Name));
        return loss;
    }

    private static RegularizerBatch Input(Batch batch, double[] noise, int height = SmallModel.Size) =>
        new()
        {
            Samples = Samples,
            Height = height,
            Width = SmallModel.Size,
            Labels = batch.Labels[(Samples * 2 * Pixels)..],
            Labeled = batch.Labeled,
            Noise = noise,
        };

    private static double[] Noise()
    {
        Random random = new(3);
        double[] noise = new double[Samples * 5 * 4 * Pixels];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = -Math.Log(1 - random.NextDouble()) + 1e-9;
        return noise;
    }
}
