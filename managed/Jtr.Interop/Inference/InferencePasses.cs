using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>Sends a part of an image through the network, as it is and mirrored, at several sizes, and takes the mean.</summary>
internal sealed class InferencePasses(Predictor predictor, InferenceOptions options, IReadOnlyList<TaskOutput> outputs)
{
    private readonly TaskSet _tasks = predictor.Tasks;

    /// <summary>Whether the spread of values over passes is wanted.</summary>
    public bool HasSpread { get; } = options.Confidence && outputs.Any(o => o.NeedsPasses);

    /// <summary>Predicts.</summary>
    /// <param name="image">The image.</param>
    /// <param name="region">Which part of it.</param>
    /// <param name="height">Rows of the network's input at scale 1, and of the result.</param>
    /// <param name="width">Columns.</param>
    /// <param name="values">Receives [C, height, width] in the form that the network gives out.</param>
    /// <param name="spreads">Receives [tasks, height, width] if <see cref="HasSpread"/>.</param>
    public void Run(SourceImage image, ImageRegion region, int height, int width, Span<float> values, Span<float> spreads)
    {
        bool mirrors = options.Flip || HasSpread;
        if (!mirrors && options.Scales is [1.0])
        {
            using Pooled<float> input = new(3 * height * width);
            image.Read(region, height, width, input.Span);
            predictor.Predict(input.Span, 1, height, width, values);
            return;
        }
        values.Clear();
        using Pooled<float> all = new(HasSpread ? values.Length : 0),
            squares = new(HasSpread ? values.Length : 0);
        all.Span.Clear();
        squares.Span.Clear();
        int passes = 0,
            counted = 0;
        foreach (double scale in options.Scales)
        {
            int scaledHeight = Scaled(height, scale),
                scaledWidth = Scaled(width, scale);
            int samples = mirrors ? 2 : 1,
                input = 3 * scaledHeight * scaledWidth,
                output = _tasks.TotalChannels * scaledHeight * scaledWidth;
            using Pooled<float> images = new(samples * input),
                predictions = new(samples * output);
            image.Read(region, scaledHeight, scaledWidth, images.Span[..input]);
            if (mirrors)
            {
                images.Span[..input].CopyTo(images.Span[input..]);
                Mirror(images.Span[input..], scaledWidth);
            }
            predictor.Predict(images.Span, samples, scaledHeight, scaledWidth, predictions.Span);
            for (int s = 0; s < samples; s++)
            {
                Span<float> pass = predictions.Span.Slice(s * output, output);
                bool isMirrored = s > 0;
                if (isMirrored)
                    Mirror(pass, scaledWidth);
                for (int t = 0; t < _tasks.Count; t++)
                {
                    Span<float> task = Of(pass, t, scaledHeight * scaledWidth);
                    if (isMirrored)
                        outputs[t].FromMirror(task, scaledHeight * scaledWidth);
                    outputs[t].ToMean(task, scaledHeight * scaledWidth);
                }
                using Pooled<float>? resized = Resize(pass, scaledHeight, scaledWidth, height, width);
                ReadOnlySpan<float> own = resized is null ? pass : resized.Span;
                passes++;
                if (HasSpread)
                    Spread(own, all.Span, squares.Span, passes);
                if (isMirrored && !options.Flip)
                    continue;
                counted++;
                for (int i = 0; i < values.Length; i++)
                    values[i] += (own[i] - values[i]) / counted;
            }
        }
        int plane = height * width;
        for (int t = 0; t < _tasks.Count; t++)
        {
            if (HasSpread)
                outputs[t].Spread(Of(all.Span, t, plane), Of(squares.Span, t, plane), passes, plane, spreads.Slice(t * plane, plane));
            outputs[t].FromMean(Of(values, t, plane), plane);
        }
    }

    /// <summary>Adds a pass to running means and sums of squares about them (Welford 1962).</summary>
    private static void Spread(ReadOnlySpan<float> pass, Span<float> means, Span<float> squares, int passes)
    {
        for (int i = 0; i < pass.Length; i++)
        {
            float before = pass[i] - means[i];
            means[i] += before / passes;
            squares[i] += before * (pass[i] - means[i]);
        }
    }

    private Span<float> Of(Span<float> values, int task, int plane) =>
        values.Slice(_tasks.ChannelOffset(task) * plane, _tasks[task].Channels * plane);

    private Pooled<float>? Resize(ReadOnlySpan<float> planes, int height, int width, int toHeight, int toWidth)
    {
        if (height == toHeight && width == toWidth)
            return null;
        int channels = _tasks.TotalChannels;
        Pooled<float> resized = new(channels * toHeight * toWidth);
        using PlaneRows rows = new(channels, height, width, toHeight, toWidth);
        using Pooled<float> row = new(channels * toWidth);
        for (int y = 0; y < toHeight; y++)
        {
            rows.Get(planes, y, row.Span);
            for (int c = 0; c < channels; c++)
                row.Span.Slice(c * toWidth, toWidth).CopyTo(resized.Span[((c * toHeight + y) * toWidth)..]);
        }
        return resized;
    }

    private static void Mirror(Span<float> planes, int width)
    {
        for (int start = 0; start < planes.Length; start += width)
            planes.Slice(start, width).Reverse();
    }

    // A size that the network computes without repeating the edge.
    private static int Scaled(int size, double scale) =>
        scale == 1
            ? size
            : (int)Math.Max(1, Math.Round(size * scale / ImageInference.Grid, MidpointRounding.AwayFromZero)) * ImageInference.Grid;
}
