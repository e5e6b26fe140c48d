using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>Predicts a whole image: as a whole or in tiles, by one pass or by several whose mean is taken.</summary>
internal sealed class ImageInference
{
    private readonly Predictor _predictor;
    private readonly InferenceOptions _options;
    private readonly TaskSet _tasks;
    private readonly TaskOutput[] _outputs;
    private readonly InferencePasses _passes;

    public ImageInference(Predictor predictor, InferenceOptions options)
    {
        options.Validate();
        _predictor = predictor;
        _options = options;
        _tasks = predictor.Tasks;
        _outputs = [.. _tasks.Select(t => t.Kind.CreateOutput(t))];
        _passes = new InferencePasses(predictor, options, _outputs);
    }

    /// <summary>Predicts.</summary>
    public ImagePrediction Predict(SourceImage image)
    {
        (int height, int width) = _options.Size ?? _predictor.TrainingSize ?? (image.Height, image.Width);
        return _options.Tile ? Tiled(image, height, width) : Whole(image, height, width);
    }

    private ImagePrediction Whole(SourceImage image, int height, int width)
    {
        (int toHeight, int toWidth) = _options.At == PredictionSize.Network ? (height, width) : (image.Height, image.Width);
        int plane = height * width;
        using Pooled<float> values = new(_tasks.PredictionValues(height, width)),
            spreads = new(_passes.HasSpread ? checked(_tasks.Count * plane) : 0);
        _passes.Run(image, image.Whole, height, width, values.Span, spreads.Span);
        TaskPrediction[] predictions = Make(toHeight, toWidth);
        FinishImageTasks(predictions, values.Span, spreads.Span, height, width);
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (_tasks[t].Kind.Extent == TaskExtent.Image)
                continue;
            TaskPrediction to = predictions[t];
            int channels = _tasks[t].Channels;
            ReadOnlySpan<float> planes = _tasks.PredictionOf(values.Span, t, height, width);
            using PlaneRows rows = new(channels, height, width, toHeight, toWidth);
            using Pooled<float> row = new(channels * toWidth);
            for (int y = 0; y < toHeight; y++)
            {
                rows.Get(planes, y, row.Span);
                Finish(to, row.Span, y);
            }
            if (!_passes.HasSpread || !_outputs[t].NeedsPasses)
                continue;
            using PlaneRows spread = new(1, height, width, toHeight, toWidth);
            for (int y = 0; y < toHeight; y++)
                spread.Get(spreads.Span.Slice(t * plane, plane), y, to.WritableConfidence.Slice(y * toWidth, toWidth));
        }
        return new ImagePrediction(image.Name, _tasks, toHeight, toWidth, predictions);
    }

    private ImagePrediction Tiled(SourceImage image, int tileHeight, int tileWidth)
    {
        TileAxis down = new(image.Height, tileHeight, _options.Overlap, _predictor.NetworkStride),
            across = new(image.Width, tileWidth, _options.Overlap, _predictor.NetworkStride);
        int width = image.Width;
        int spreadPlanes = _passes.HasSpread ? _tasks.Count : 0;
        int channels = _tasks.TotalChannels + spreadPlanes;
        int tile = down.Longest * across.Longest;
        TaskPrediction[] predictions = Make(image.Height, width);
        if (!_tasks.IsOfPixels)
            PredictImageTasks(image, tileHeight, tileWidth, predictions);
        using Pooled<float> values = new(_tasks.PredictionValues(down.Longest, across.Longest)),
            spreads = new(spreadPlanes * tile),
            // [rows of a tile, channels, W]: sums of a band of the image, and of the weights.
            band = new(checked(down.Longest * channels * width)),
            weights = new(down.Longest * width);
        band.Span.Clear();
        weights.Span.Clear();
        for (int i = 0; i < down.Count; i++)
        {
            (int top, int height) = down[i];
            for (int j = 0; j < across.Count; j++)
            {
                (int left, int columns) = across[j];
                int plane = height * columns;
                Span<float> predicted = values.Span[.._tasks.PredictionValues(height, columns)],
                    spread = spreads.Span[..(spreadPlanes * plane)];
                _passes.Run(image, new ImageRegion(top, left, height, columns), height, columns, predicted, spread);
                for (int y = 0; y < height; y++)
                {
                    Span<float> row = band.Span.Slice(y * channels * width, channels * width);
                    float weight = down.Weight(i, y);
                    for (int t = 0; t < _tasks.Count; t++)
                    {
                        if (_tasks[t].Kind.Extent == TaskExtent.Pixel)
                            Add(
                                _tasks.PredictionOf(predicted, t, height, columns),
                                _tasks[t].Channels,
                                plane,
                                y * columns,
                                row[(_tasks.ChannelOffset(t) * width)..]
                            );
                    }
                    Add(spread, spreadPlanes, plane, y * columns, row[(_tasks.TotalChannels * width)..]);
                    Span<float> sums = weights.Span.Slice(y * width + left, columns);
                    for (int x = 0; x < columns; x++)
                        sums[x] += weight * across.Weight(j, x);

                    void Add(ReadOnlySpan<float> planes, int count, int size, int start, Span<float> to)
                    {
                        for (int c = 0; c < count; c++)
                        {
                            ReadOnlySpan<float> from = planes.Slice(c * size + start, columns);
                            Span<float> at = to.Slice(c * width + left, columns);
                            for (int x = 0; x < columns; x++)
                                at[x] += weight * across.Weight(j, x) * from[x];
                        }
                    }
                }
            }
            // No later tile reaches these rows.
            int done = i + 1 < down.Count ? down[i + 1].Start - top : height;
            for (int y = 0; y < done; y++)
            {
                Span<float> row = band.Span.Slice(y * channels * width, channels * width);
                ReadOnlySpan<float> sums = weights.Span.Slice(y * width, width);
                for (int c = 0; c < channels; c++)
                {
                    Span<float> channel = row.Slice(c * width, width);
                    for (int x = 0; x < width; x++)
                        channel[x] /= sums[x];
                }
                for (int t = 0; t < _tasks.Count; t++)
                {
                    if (_tasks[t].Kind.Extent == TaskExtent.Image)
                        continue;
                    Finish(predictions[t], row.Slice(_tasks.ChannelOffset(t) * width, _tasks[t].Channels * width), top + y);
                    if (_passes.HasSpread && _outputs[t].NeedsPasses)
                        row.Slice((_tasks.TotalChannels + t) * width, width)
                            .CopyTo(predictions[t].WritableConfidence[((top + y) * width)..]);
                }
            }
            Shift(band.Span, done * channels * width);
            Shift(weights.Span, done * width);
        }
        return new ImagePrediction(image.Name, _tasks, image.Height, width, predictions);
    }

    /// <summary>A tile knows nothing of the photograph as a whole: what is said of that is seen at the network's size.</summary>
    private void PredictImageTasks(SourceImage image, int height, int width, TaskPrediction[] predictions)
    {
        using Pooled<float> values = new(_tasks.PredictionValues(height, width)),
            spreads = new(_passes.HasSpread ? checked(_tasks.Count * height * width) : 0);
        _passes.Run(image, image.Whole, height, width, values.Span, spreads.Span);
        FinishImageTasks(predictions, values.Span, spreads.Span, height, width);
    }

    private void FinishImageTasks(TaskPrediction[] predictions, Span<float> values, ReadOnlySpan<float> spreads, int height, int width)
    {
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (_tasks[t].Kind.Extent == TaskExtent.Pixel)
                continue;
            TaskPrediction to = predictions[t];
            Span<float> row = _tasks.PredictionOf(values, t, height, width),
                confidence = to.WritableConfidence;
            _outputs[t].ToProbabilities(row, to.WritableProbabilities);
            if (_passes.HasSpread && _outputs[t].NeedsPasses)
                confidence[0] = spreads[t * height * width];
            _outputs[t].ToValues(row, 1, to.WritableValues, 1, _outputs[t].NeedsPasses ? [] : confidence);
        }
    }

    private TaskPrediction[] Make(int height, int width) =>
        [.. _tasks.Select(task => new TaskPrediction(task, height, width, _options.Confidence))];

    private static void Finish(TaskPrediction to, Span<float> row, int y)
    {
        int width = to.Width;
        Span<float> confidence = to.Output.NeedsPasses ? [] : to.WritableConfidence;
        to.Output.ToValues(
            row,
            width,
            to.WritableValues[(y * width)..],
            to.Height * width,
            confidence.IsEmpty ? [] : confidence.Slice(y * width, width)
        );
    }

    /// <summary>Moves what is behind to the front, zeros after it.</summary>
    private static void Shift(Span<float> values, int by)
    {
        values[by..].CopyTo(values);
        values[^by..].Clear();
    }
}
