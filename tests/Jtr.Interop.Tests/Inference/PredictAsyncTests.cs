using Jtr.Interop.Inference;
using Jtr.Interop.Tests.Datasets;
using Jtr.Interop.Tests.Training;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Inference;

[CancelAfter(120000)]
public sealed class PredictAsyncTests : IDisposable
{
    // The same arithmetic on batches of other sizes: libtorch may add in another order.
    private const float Tolerance = 1e-4f;
    private const int Pixels = 1024;

    private readonly Trainer _trainer = SmallModel.Create(o => o with { Method = "supervised" });

    public void Dispose() => _trainer.Dispose();

    [Test]
    public async Task A_call_gives_what_a_blocking_one_does_beside_many_others(CancellationToken timeout)
    {
        using Predictor predictor = new(_trainer, new PredictorOptions { MaxBatch = 4 });
        float[][] images = [.. Enumerable.Range(0, 12).Select(Image)],
            predictions = [.. images.Select(_ => new float[5 * Pixels])];
        Task[] calls = [.. images.Select((image, i) => predictor.PredictAsync(image, 1, 32, 32, predictions[i], timeout))];
        float[] blocking = new float[5 * Pixels];
        predictor.Predict(images[0], 1, 32, 32, blocking);
        await Task.WhenAll(calls);
        for (int i = 0; i < images.Length; i++)
            AssertClose(predictions[i], Expected(images[i]), $"image {i}");
        AssertClose(blocking, Expected(images[0]), "beside them");
    }

    [Test]
    public void A_cancelled_call_ends_so_and_sizes_that_do_not_fit_are_named()
    {
        Predictor predictor = new(_trainer);
        float[] image = Image(1),
            prediction = new float[5 * Pixels];
        Assert.That(
            () => predictor.PredictAsync(image, 1, 32, 32, prediction, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(
            () => predictor.PredictAsync(image, 1, 32, 0, prediction),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("width")
        );
        Assert.That(
            () => predictor.PredictAsync(image, 2, 32, 32, prediction),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("images")
        );
        predictor.Dispose();
        Assert.That(() => predictor.PredictAsync(image, 1, 32, 32, prediction), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Images_of_any_sizes_are_predicted_in_order_a_few_ahead(CancellationToken timeout)
    {
        using Predictor predictor = new(_trainer, new PredictorOptions { MaxBatch = 2 });
        int taken = 0,
            read = 0,
            farthest = 0;
        await foreach (SamplePrediction prediction in predictor.PredictAsync(Images(), timeout))
        {
            int number = read++;
            Assert.That(prediction.Name, Is.EqualTo($"image {number}"));
            Assert.That((prediction.Height, prediction.Width), Is.EqualTo((32, number % 2 == 0 ? 32 : 64)));
            if (number % 2 == 0)
                AssertClose(
                    prediction.AsPrediction()["depth"].ToArray(),
                    Expected(Image(number)).AsSpan(4 * Pixels).ToArray(),
                    prediction.Name
                );
            farthest = Math.Max(farthest, taken - read);
        }
        Assert.That((read, taken), Is.EqualTo((20, 20)));
        Assert.That(farthest, Is.LessThanOrEqualTo(4), "twice a batch");

        async IAsyncEnumerable<ImageSample> Images()
        {
            for (int i = 0; i < 20; i++)
            {
                taken++;
                await Task.Yield();
                yield return new ImageSample($"image {i}", i % 2 == 0 ? Image(i) : new float[3 * 2048], 32, i % 2 == 0 ? 32 : 64);
            }
        }
    }

    [Test]
    public async Task All_samples_of_a_data_set_are_predicted_in_order(CancellationToken timeout)
    {
        MemoryDataset data = SmallModel.Data(9);
        using Predictor predictor = new(_trainer, new PredictorOptions { MaxBatch = 2 });
        int read = 0;
        await foreach (SamplePrediction prediction in predictor.PredictAsync(data, timeout))
        {
            float[] image = [.. Enumerable.Range(0, 3 * Pixels).Select(i => MemoryDataset.ImageValue(read, i))];
            Assert.That(prediction.Name, Is.EqualTo($"sample-{read++}"));
            AssertClose(prediction.Values.ToArray(), Expected(image), prediction.Name);
        }
        Assert.That(read, Is.EqualTo(9));
        MemoryDataset others = new(2, 40, 33);
        await foreach (SamplePrediction prediction in predictor.PredictAsync(others, timeout))
            Assert.That((prediction.Height, prediction.Width), Is.EqualTo((40, 33)), "every size is predicted");
    }

    [Test]
    public async Task A_cancel_ends_it_while_a_read_hangs_and_a_failed_read_reaches_the_reader(CancellationToken timeout)
    {
        using ManualResetEventSlim reading = new(),
            goOn = new();
        MemoryDataset hanging = SmallModel.Data(9),
            failing = SmallModel.Data(9);
        hanging.OnRead = index =>
        {
            if (index != 5)
                return;
            reading.Set();
            goOn.Wait(CancellationToken.None);
        };
        failing.OnRead = index =>
        {
            if (index == 3)
                throw new IOException("the drive is gone");
        };
        using Predictor predictor = new(_trainer, new PredictorOptions { MaxBatch = 1 });
        using CancellationTokenSource source = new();
        Task<int> hung = CountAsync(predictor.PredictAsync(hanging, source.Token));
        reading.Wait(timeout);
        await source.CancelAsync();
        Assert.That(() => hung.WaitAsync(timeout), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(goOn.IsSet, Is.False);
        goOn.Set();
        Assert.That(
            () => CountAsync(predictor.PredictAsync(failing, timeout)),
            Throws.InstanceOf<IOException>().With.Message.EqualTo("the drive is gone")
        );
        ImageSample[] wrong = [new("hall.png", new float[3 * Pixels], 32, 64)];
        Assert.That(() => CountAsync(predictor.PredictAsync(wrong, timeout)), Throws.ArgumentException.With.Message.Contain("hall.png"));
    }

    private static async Task<int> CountAsync(IAsyncEnumerable<SamplePrediction> predictions)
    {
        int count = 0;
        await foreach (SamplePrediction _ in predictions)
            count++;
        return count;
    }

    private static float[] Image(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 3 * Pixels).Select(_ => random.NextSingle())];
    }

    private float[] Expected(float[] image)
    {
        float[] predictions = new float[5 * Pixels];
        _trainer.Predict(image, 1, 32, 32, predictions);
        return predictions;
    }

    private static void AssertClose(float[] actual, float[] expected, string what) =>
        Assert.That(actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max(), Is.LessThan(Tolerance), what);
}
