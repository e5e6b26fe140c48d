using Jtr.Interop.Checkpoints.Safetensors;
using Jtr.Interop.Export;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Inference;

public sealed class PredictorTests : IDisposable
{
    // The same arithmetic on batches of other sizes: libtorch may add in another order.
    private const float Tolerance = 1e-4f;

    private const int Channels = 5;

    private readonly TemporaryFolder _folder = new();
    private string _checkpoint = null!;
    private Trainer _trainer = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _trainer = SmallModel.Create();
        using var batch = SmallModel.CreateBatch();
        // So that the norms' statistics are not those of the start.
        for (int i = 0; i < 3; i++)
            _trainer.Step(batch);
        _checkpoint = _folder.File("network.safetensors");
        _trainer.Save(_checkpoint);
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void It_predicts_what_the_trainer_does([Values] bool fromFile)
    {
        using Predictor predictor = fromFile ? Predictor.Load(_checkpoint) : new Predictor(_trainer);
        Assert.That(predictor.Tasks, Is.EqualTo(SmallModel.Tasks));
        float[] images = Images(seed: 1, samples: 3, 32, 64),
            expected = Expected(images, 3, 32, 64),
            actual = new float[expected.Length];
        predictor.Predict(images, 3, 32, 64, actual);
        Assert.That(actual, Is.EqualTo(expected), "one call is one pass of the same arithmetic");
    }

    [Test]
    public void Of_a_network_for_each_task_it_predicts_what_the_trainer_does([Values] bool fromFile, [Values(null, 0.5)] double? average)
    {
        using Trainer trainer = SmallModel.Create(o => o with { Method = "single_task", EmaDecay = average });
        using (var batch = SmallModel.CreateBatch())
            trainer.Step(batch);
        string checkpoint = _folder.File("single.safetensors");
        trainer.Save(checkpoint);
        using Predictor predictor = fromFile ? Predictor.Load(checkpoint) : new Predictor(trainer);
        float[] images = Images(seed: 1, samples: 2, 32, 32),
            expected = new float[2 * Channels * 1024],
            actual = new float[expected.Length];
        trainer.Predict(images, 2, 32, 32, expected);
        predictor.Predict(images, 2, 32, 32, actual);
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(
            () => OnnxExport.Save(checkpoint, _folder.File("single.onnx")),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("a network for each task")
        );
    }

    [Test]
    public void What_it_records_has_its_name()
    {
        using MetricsListener samples = new("jtr.prediction.samples"),
            batches = new("jtr.prediction.batch_size"),
            times = new("jtr.prediction.duration");
        using Predictor predictor = Predictor.Load(_checkpoint, new PredictorOptions { Name = "rooms" }),
            unnamed = Predictor.Load(_checkpoint);
        float[] images = Images(seed: 1, samples: 3, 32, 32),
            predictions = new float[3 * Channels * 1024];
        predictor.Predict(images, 3, 32, 32, predictions);
        unnamed.Predict(images.AsSpan(0, 3 * 1024), 1, 32, 32, predictions.AsSpan(0, Channels * 1024));
        Assert.That(samples.Of("jtr.predictor", "rooms"), Is.EqualTo(new[] { 3.0 }));
        Assert.That(batches.Of("jtr.predictor", "rooms"), Is.EqualTo(new[] { 3.0 }));
        Assert.That(times.Of("jtr.predictor", "rooms"), Has.Length.EqualTo(1));
        Assert.That(samples.Sum, Is.EqualTo(4));
    }

    [Test]
    public void Later_steps_of_the_trainer_do_not_change_it()
    {
        using Trainer trainer = SmallModel.Create();
        using Predictor predictor = new(trainer);
        float[] images = Images(1, 1, 32, 32),
            before = new float[Channels * 1024],
            after = new float[Channels * 1024];
        predictor.Predict(images, 1, 32, 32, before);
        using var batch = SmallModel.CreateBatch();
        trainer.Step(batch);
        predictor.Predict(images, 1, 32, 32, after);
        Assert.That(after, Is.EqualTo(before));
    }

    [Test]
    public void Many_threads_with_many_sizes_each_get_their_own_predictions([Values(1, 2)] int networks)
    {
        using Predictor predictor = Predictor.Load(_checkpoint, new PredictorOptions { MaxBatch = 4, Networks = networks });
        (int Samples, int Height, int Width)[] kinds = [(1, 32, 32), (2, 32, 32), (1, 64, 32), (5, 32, 32)];
        float[][] images = [.. kinds.Select((k, i) => Images(i, k.Samples, k.Height, k.Width))];
        float[][] expected = [.. kinds.Select((k, i) => Expected(images[i], k.Samples, k.Height, k.Width))];
        Parallel.For(
            0,
            8,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            thread =>
            {
                for (int call = 0; call < 10; call++)
                {
                    int i = (thread + call) % kinds.Length;
                    float[] actual = new float[expected[i].Length];
                    predictor.Predict(images[i], kinds[i].Samples, kinds[i].Height, kinds[i].Width, actual);
                    float worst = actual.Zip(expected[i], (a, e) => Math.Abs(a - e)).Max();
                    Assert.That(worst, Is.LessThan(Tolerance), $"thread {thread}, call {call}, kind {i}");
                }
            }
        );
    }

    [Test]
    public void Calls_that_wait_go_through_the_network_together()
    {
        using MetricsListener batches = new("jtr.prediction.batch_size");
        using Predictor predictor = Predictor.Load(_checkpoint, new PredictorOptions { MaxBatch = 8 });
        float[] images = Images(1, 1, 96, 96);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(_ => new Thread(() =>
                {
                    float[] predictions = new float[Channels * 96 * 96];
                    for (int i = 0; i < 8; i++)
                        predictor.Predict(images, 1, 96, 96, predictions);
                })),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.That(batches.Sum, Is.EqualTo(6 * 8), "samples");
        Assert.That(batches.Count, Is.LessThan(6 * 8), "passes");
        Assert.That(batches.Largest, Is.InRange(2, 8));
    }

    [Test]
    public void Memory_to_put_calls_together_is_for_those_at_hand_and_not_for_the_largest_batch()
    {
        using MetricsListener batches = new("jtr.prediction.batch_size");
        // 1,024 of 96 x 96 would be 9 million pixels.
        using Predictor predictor = Predictor.Load(_checkpoint, new PredictorOptions { MaxBatch = 1024 });
        Assert.That(predictor.ReservedPixels, Is.Zero);
        float[] images = Images(1, 1, 96, 96);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(_ => new Thread(() =>
                {
                    float[] predictions = new float[Channels * 96 * 96];
                    for (int i = 0; i < 8; i++)
                        predictor.Predict(images, 1, 96, 96, predictions);
                })),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.That(batches.Largest, Is.InRange(2, 6), "some calls went together");
        Assert.That(predictor.ReservedPixels, Is.EqualTo((long)batches.Largest * 96 * 96));
    }

    [Test]
    public void A_call_allocates_nothing_on_any_thread()
    {
        using Predictor predictor = Predictor.Load(_checkpoint, new PredictorOptions { MaxBatch = 4 });
        float[] images = Images(1, 1, 32, 32);
        long[] allocated = new long[4];
        using Barrier start = new(allocated.Length);
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, allocated.Length)
                .Select(t => new Thread(() =>
                {
                    float[] predictions = new float[Channels * 1024];
                    // The first calls make the pools: calls, staging memory, the runtime's code.
                    for (int i = 0; i < 40; i++)
                        predictor.Predict(images, 1, 32, 32, predictions);
                    start.SignalAndWait();
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    for (int i = 0; i < 50; i++)
                        predictor.Predict(images, 1, 32, 32, predictions);
                    allocated[t] = GC.GetAllocatedBytesForCurrentThread() - before;
                })),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.That(allocated, Is.All.Zero);
    }

    [Test]
    public void Predictions_are_told_apart_by_task()
    {
        using Predictor predictor = Predictor.Load(_checkpoint);
        float[] images = Images(1, 2, 32, 32),
            values = new float[2 * Channels * 1024];
        predictor.Predict(images, 2, 32, 32, values);
        Prediction second = new(predictor.Tasks, values, 1, 32, 32);
        Assert.That(second["depth"].ToArray(), Is.EqualTo(values[(9 * 1024)..]));
        Assert.That(second[0].ToArray(), Is.EqualTo(values[(5 * 1024)..(9 * 1024)]));
        int[] classes = new int[1024];
        second.CopyClasses("seg", classes);
        for (int i = 0; i < classes.Length; i++)
        {
            float[] logits = [.. Enumerable.Range(0, 4).Select(c => values[(5 + c) * 1024 + i])];
            Assert.That(classes[i], Is.EqualTo(Array.IndexOf(logits, logits.Max())), $"pixel {i}");
        }
    }

    [Test]
    public void Predictions_that_are_not_there_are_refused()
    {
        float[] values = new float[Channels * 1024];
        Assert.That(
            () =>
            {
                _ = new Prediction(SmallModel.Tasks, values, 1, 32, 32);
            },
            Throws.ArgumentException.With.Message.Contains("have no sample 1")
        );
        Assert.That(
            () => new Prediction(SmallModel.Tasks, values, 0, 32, 32).CopyClasses("depth", new int[1024]),
            Throws.ArgumentException.With.Message.Contains("whose predictions are no classes")
        );
        Assert.That(
            () => new Prediction(SmallModel.Tasks, values, 0, 32, 32).CopyClasses("seg", new int[3]),
            Throws.ArgumentException.With.Message.Contains("1024 elements")
        );
        Assert.That(
            () =>
            {
                _ = new Prediction(SmallModel.Tasks, values, 0, 32, 32)["edges"];
            },
            Throws.TypeOf<KeyNotFoundException>()
        );
    }

    [Test]
    public void Sizes_that_do_not_fit_are_refused()
    {
        using Predictor predictor = Predictor.Load(_checkpoint);
        float[] image = new float[3 * 1024],
            prediction = new float[Channels * 1024];
        Assert.That(
            () => predictor.Predict(image, 0, 32, 32, prediction),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("samples")
        );
        Assert.That(
            () => predictor.Predict(image, 1, 0, 32, prediction),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("height")
        );
        Assert.That(
            () => predictor.Predict(image, 1, 32, 64, prediction),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("images")
        );
        Assert.That(
            () => predictor.Predict(image, 1, 32, 32, prediction.AsSpan(1)),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("predictions")
        );
    }

    [Test]
    public void After_it_is_disposed_it_says_so()
    {
        Predictor predictor = Predictor.Load(_checkpoint);
        predictor.Dispose();
        predictor.Dispose();
        Assert.That(
            () => predictor.Predict(new float[3 * 1024], 1, 32, 32, new float[Channels * 1024]),
            Throws.TypeOf<ObjectDisposedException>()
        );
    }

    [TestCase("MaxBatch", 0)]
    [TestCase("Networks", 65)]
    [TestCase("DeviceIndex", -1)]
    public void Options_out_of_range_are_named(string property, int value)
    {
        PredictorOptions options = property switch
        {
            "MaxBatch" => new() { MaxBatch = value },
            "Networks" => new() { Networks = value },
            _ => new() { DeviceIndex = value },
        };
        Assert.That(
            () => Predictor.Load(_checkpoint, options),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(property)
        );
    }

    [Test]
    public void A_checkpoint_whose_weights_do_not_fit_is_refused_with_its_name()
    {
        string damaged = _folder.File("other.safetensors");
        SafetensorsTensor[] tensors =
        [
            .. SafetensorsFile
                .Read(_checkpoint, _ => true)
                .Select(t => t.Name == "model/pred_task1.0.bias" ? t with { Name = "model/pred_task9.0.bias" } : t),
        ];
        SafetensorsFile.Write(damaged, tensors, Jtr.Interop.Checkpoints.CheckpointInfo.Read(_checkpoint).Metadata);
        Assert.That(
            () => Predictor.Load(damaged),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(damaged).And.Message.Contains("pred_task9")
        );
    }

    private float[] Expected(float[] images, int samples, int height, int width)
    {
        float[] predictions = new float[samples * Channels * height * width];
        lock (_trainer)
            _trainer.Predict(images, samples, height, width, predictions);
        return predictions;
    }

    private static float[] Images(int seed, int samples, int height, int width)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, samples * 3 * height * width).Select(_ => random.NextSingle())];
    }
}
