using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>Every bad input ends in its typed error, and the trainer is as it was.</summary>
public sealed class TrainerErrorTests
{
    private const string Weight = "model/pred_task1.1.weight";

    private Trainer _trainer = null!;
    private Dictionary<string, double[]> _before = null!;

    [SetUp]
    public void Create()
    {
        _trainer = SmallModel.Create();
        _before = SmallModel.Snapshot(_trainer);
    }

    [TearDown]
    public void Dispose() => _trainer.Dispose();

    [TestCase(48, 32, "its height")]
    [TestCase(32, 40, "its width")]
    public void A_batch_whose_sides_are_no_multiples_of_32_is_refused(int height, int width, string side)
    {
        using Batch batch = SmallModel.CreateBatch(height: height, width: width);
        Refused(
            batch,
            Throws
                .ArgumentException.With.Property("ParamName")
                .EqualTo("batch.image")
                .And.Message.Contains($"{side} must be a multiple of 32")
        );
    }

    [Test]
    public void A_batch_with_too_few_views_is_refused()
    {
        using Batch batch = SmallModel.CreateBatch(views: 2);
        Refused(
            batch,
            Throws
                .ArgumentException.With.Property("ParamName")
                .EqualTo("batch.image")
                .And.Message.Contains("number of views must be 3 or more")
        );
    }

    [Test]
    public void A_batch_of_other_tasks_is_refused()
    {
        using Batch batch = SmallModel.CreateBatch(tasks: new TaskSet(new SegmentationTask("seg", 5), new DepthTask()));
        Refused(batch, Throws.ArgumentException.With.Property("ParamName").EqualTo("batch").And.Message.Contains("5 channels"));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void An_image_with_a_value_that_is_no_number_is_refused(float value)
    {
        using Batch batch = SmallModel.CreateBatch();
        batch.Images[5000] = value;
        Refused(batch, Throws.ArgumentException.With.Property("ParamName").EqualTo("batch.image").And.Message.Contains("5000"));
    }

    [TestCase(4f)]
    [TestCase(-2f)]
    [TestCase(1.5f)]
    [TestCase(float.NaN)]
    public void A_class_id_out_of_range_is_refused(float id)
    {
        using Batch batch = SmallModel.CreateBatch();
        batch.GetSample(0, 0).Label(0)[17] = id;
        Refused(
            batch,
            Throws
                .ArgumentException.With.Property("ParamName")
                .EqualTo("batch.label.seg")
                .And.Message.Contains("-1 to 3")
                .And.Message.Contains("'seg'")
        );
    }

    [TestCase(-1f)]
    [TestCase(float.NaN)]
    public void A_depth_that_is_negative_or_no_number_is_refused(float depth)
    {
        using Batch batch = SmallModel.CreateBatch();
        batch.GetSample(0, 1).Label(1)[17] = depth;
        Refused(batch, Throws.ArgumentException.With.Property("ParamName").EqualTo("batch.label.depth").And.Message.Contains("'depth'"));
    }

    [Test]
    public void Labels_of_samples_that_are_not_labelled_are_not_read()
    {
        using Batch batch = SmallModel.CreateBatch();
        batch.GetSample(0, 1).Label(0).Fill(float.NaN);
        Assert.That(() => _trainer.Step(batch), Throws.Nothing);
    }

    [Test]
    public void Buffers_of_the_wrong_length_are_refused()
    {
        using Batch batch = SmallModel.CreateBatch();
        const int pixels = SmallModel.Size * SmallModel.Size;
        double[] wrong = new double[1];
        Assert.Multiple(() =>
        {
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Loss = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Loss")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Supervised = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Supervised")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Dist = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Dist")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Recon = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Recon")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { TaskLoss = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.TaskLoss")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Prediction = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Prediction")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { PredictionGradient = new double[2 * 5 * pixels] }),
                Throws
                    .ArgumentException.With.Property("ParamName")
                    .EqualTo("capture.PredictionGradient")
                    .And.Message.Contains($"{3 * 2 * 5 * pixels} elements")
            );
            Assert.That(
                () => _trainer.Step(batch, new StepCapture { Noise = wrong }),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("capture.Noise")
            );
        });
        Unchanged();
    }

    [TestCase(-1.0)]
    [TestCase(double.NaN)]
    public void Noise_that_no_exponential_distribution_gives_is_refused(double value)
    {
        using Batch batch = SmallModel.CreateBatch();
        double[] noise = new double[2 * 5 * 4 * SmallModel.Size * SmallModel.Size];
        Array.Fill(noise, 1);
        noise[33] = value;
        Assert.That(
            () => _trainer.Step(batch, new StepCapture { Noise = noise }),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("batch.noise")
        );
        Unchanged();
    }

    [Test]
    public void A_loss_that_is_no_number_ends_the_step_before_anything_changes()
    {
        double[] weights = _trainer.State.Read(Weight);
        weights[0] = double.NaN;
        _trainer.State.Write(Weight, weights);
        _before = SmallModel.Snapshot(_trainer);
        using Batch batch = SmallModel.CreateBatch();
        Refused(batch, Throws.TypeOf<JtrNonFiniteException>().With.Message.Contains("step 1"));
    }

    [Test]
    public void Wrong_sizes_of_a_prediction_are_refused()
    {
        float[] image = new float[3 * 32 * 32],
            prediction = new float[5 * 32 * 32];
        Assert.Multiple(() =>
        {
            Assert.That(
                () => _trainer.Predict(image, 0, 32, 32, prediction),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("samples")
            );
            Assert.That(
                () => _trainer.Predict(image, 1, -1, 32, prediction),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("height")
            );
            Assert.That(
                () => _trainer.Predict(image, 1, 32, 0, prediction),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("width")
            );
            Assert.That(
                () => _trainer.Predict(image, 2, 32, 32, prediction),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("images")
            );
            Assert.That(
                () => _trainer.Predict(image, 1, 32, 32, image),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("predictions")
            );
            image[7] = float.NaN;
            Assert.That(
                () => _trainer.Predict(image, 1, 32, 32, prediction),
                Throws.ArgumentException.With.Property("ParamName").EqualTo("images")
            );
        });
    }

    [Test]
    public void A_disposed_trainer_says_so()
    {
        using Batch batch = SmallModel.CreateBatch();
        _trainer.Dispose();
        _trainer.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(() => _trainer.Step(batch), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => _trainer.Predict(new float[3072], 1, 32, 32, new float[5120]), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => _trainer.State.Count, Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => _trainer.Save("x.safetensors"), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => _trainer.FitAsync(SmallModel.Data(), new FitOptions { Steps = 1 }), Throws.TypeOf<ObjectDisposedException>());
            Assert.That(() => _trainer.Evaluate(SmallModel.Data()), Throws.TypeOf<ObjectDisposedException>());
        });
    }

    [Test]
    public void A_disposed_batch_says_so()
    {
        Batch batch = SmallModel.CreateBatch();
        batch.Dispose();
        Refused(batch, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_GPU_that_is_not_there_is_told()
    {
        Assume.That(JtrRuntime.CudaDeviceCount, Is.Zero, "this machine has one");
        Assert.That(() => SmallModel.Create(o => o with { Device = DeviceKind.Cuda }), Throws.TypeOf<JtrDeviceException>());
    }

    private void Refused(Batch batch, NUnit.Framework.Constraints.IResolveConstraint error)
    {
        Assert.That(() => _trainer.Step(batch), error);
        Unchanged();
    }

    private void Unchanged()
    {
        Assert.That(_trainer.StepCount, Is.Zero);
        SmallModel.AssertSame(SmallModel.Snapshot(_trainer), _before);
    }
}
