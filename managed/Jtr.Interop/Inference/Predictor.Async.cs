using System.Buffers;
using System.Runtime.CompilerServices;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inference;

public sealed partial class Predictor
{
    /// <summary>
    /// Predicts without blocking a thread while the call waits for the network. Calls that come together go through the network together,
    /// as of
    /// <see cref="Predict(ReadOnlySpan{float}, int, int, int, Span{float})"/>.
    /// </summary>
    /// <param name="images">[samples, 3, height, width] RGB in [0, 1]; left as it is until the task ends.</param>
    /// <param name="samples">1 or more.</param>
    /// <param name="height">1 or more.</param>
    /// <param name="width">1 or more.</param>
    /// <param name="predictions">Receives [samples, <see cref="TaskSet.PredictionValues"/>]; not used by others until the task ends. See
    /// <see cref="Prediction"/>.</param>
    /// <param name="cancellationToken">Takes the call out of the queue. One that is being computed ends with its predictions.</param>
    /// <returns>Ends when the predictions are there.</returns>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task PredictAsync(
        ReadOnlyMemory<float> images,
        int samples,
        int height,
        int width,
        Memory<float> predictions,
        CancellationToken cancellationToken = default
    )
    {
        Check(images.Length, samples, height, width, predictions.Length);
        return _queue.RunAsync(images, default, default, predictions, samples, height, width, cancellationToken);
    }

    /// <summary>
    /// Predicts image by image, in order, a few ahead of the reader: at most <see cref="PredictorOptions.MaxBatch"/> for each network and
    /// as many again, so that memory does not grow with the number of images. Images may have different sizes.
    /// </summary>
    /// <param name="images">The images, taken one at a time as predictions are read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The predictions, in the order of the images.</returns>
    /// <exception cref="ArgumentException">An image has a size that does not fit; the message has its name.</exception>
    /// <exception cref="JtrOutOfMemoryException">The images do not fit into memory.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IAsyncEnumerable<SamplePrediction> PredictAsync(
        IAsyncEnumerable<ImageSample> images,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(images);
        return InOrder(images, PredictOneAsync, cancellationToken);
    }

    /// <inheritdoc cref="PredictAsync(IAsyncEnumerable{ImageSample}, CancellationToken)"/>
    public IAsyncEnumerable<SamplePrediction> PredictAsync(IEnumerable<ImageSample> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return InOrder(ToAsync(images), PredictOneAsync, cancellationToken);
    }

    /// <summary>
    /// Predicts for all samples of a data set, in order, reading and computing a few ahead of the reader, so that memory does not grow with
    /// the data set. Labels are not read.
    /// </summary>
    /// <param name="data">The data set, of any tasks; several threads read it at once.</param>
    /// <param name="cancellationToken">Ends it, also where a read hangs.</param>
    /// <returns>The predictions in the order of the samples.</returns>
    /// <exception cref="ArgumentException">The samples have a size that does not fit.</exception>
    /// <exception cref="IOException">A sample cannot be read.</exception>
    /// <exception cref="JtrFormatException">A file of the data set is damaged.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IAsyncEnumerable<SamplePrediction> PredictAsync(IMultiTaskDataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return InOrder(
            ToAsync(Enumerable.Range(0, data.Count)),
            (index, token) => ReadAndPredictAsync(data, index, token),
            cancellationToken
        );
    }

    private async Task<SamplePrediction> ReadAndPredictAsync(IMultiTaskDataset data, int index, CancellationToken cancellationToken)
    {
        // A read that hangs is left to end by itself: it has memory of its own.
        ImageSample image = await Task.Run(() => ReadImage(data, index, cancellationToken), cancellationToken)
            .WaitAsync(cancellationToken)
            .ConfigureAwait(false);
        return await PredictOneAsync(image, cancellationToken).ConfigureAwait(false);
    }

    private static ImageSample ReadImage(IMultiTaskDataset data, int index, CancellationToken cancellationToken)
    {
        float[] image = new float[data.Inputs.ImageValues(data.Height, data.Width)];
        float[] further = new float[data.Inputs.Values(data.Height, data.Width)];
        byte[] present = new byte[data.Inputs.Count];
        int labelValues = data.Tasks.LabelValues(data.Height, data.Width);
        // No label is wanted, but a buffer has a place for all.
        float[] labels = ArrayPool<float>.Shared.Rent(labelValues);
        data.Read(
            index,
            TaskMask.None,
            new SampleBuffer(data.Tasks, data.Inputs, data.Height, data.Width, image, labels.AsSpan(0, labelValues), further, present),
            cancellationToken
        );
        ArrayPool<float>.Shared.Return(labels);
        ImageInputs? inputs = data.Inputs.Count == 0 ? null : new(data.Inputs, data.Height, data.Width, further, present);
        return new ImageSample(data.GetName(index), image, data.Height, data.Width) { Inputs = inputs };
    }

    private async Task<SamplePrediction> PredictOneAsync(ImageSample image, CancellationToken cancellationToken)
    {
        Check(image);
        float[] predictions = new float[Tasks.PredictionValues(image.Height, image.Width)];
        float[] further = [];
        byte[] present = [];
        if (Inputs.Count > 0 && image.Inputs is { } inputs)
        {
            further = new float[Inputs.Values(image.Height, image.Width)];
            present = new byte[Inputs.Count];
            inputs.Read(Inputs, 0, 0, image.Height, image.Width, image.Height, image.Width, further, present);
        }
        await _queue
            .RunAsync(image.Values, further, present, predictions, 1, image.Height, image.Width, cancellationToken)
            .ConfigureAwait(false);
        return new SamplePrediction(image.Name, Tasks, predictions, image.Height, image.Width);
    }

    /// <summary>Works on sources a few at a time and gives the results in order. Nothing is under way any more when it ends.</summary>
    private async IAsyncEnumerable<SamplePrediction> InOrder<T>(
        IAsyncEnumerable<T> sources,
        Func<T, CancellationToken, Task<SamplePrediction>> predict,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        int ahead = checked(2 * Options.MaxBatch * Options.Networks);
        Queue<Task<SamplePrediction>> underWay = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await foreach (T source in sources.WithCancellation(stop.Token).ConfigureAwait(false))
            {
                stop.Token.ThrowIfCancellationRequested();
                underWay.Enqueue(predict(source, stop.Token));
                if (underWay.Count >= ahead)
                    yield return await underWay.Dequeue().ConfigureAwait(false);
            }
            while (underWay.TryDequeue(out Task<SamplePrediction>? next))
                yield return await next.ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // The first failure was told, or the reader wants no more.
            foreach (Task left in underWay)
                await left.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async IAsyncEnumerable<T> ToAsync<T>(IEnumerable<T> sources)
    {
        foreach (T source in sources)
            yield return source;
        await Task.CompletedTask.ConfigureAwait(false);
    }
}
