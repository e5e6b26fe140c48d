using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Inputs;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>Sends a part of an image through the network, as it is and mirrored, at several sizes, and takes the mean.</summary>
internal sealed class InferencePasses(Predictor predictor, InferenceOptions options, IReadOnlyList<TaskOutput> outputs)
{
    private readonly TaskSet _tasks = predictor.Tasks;
    private readonly InputSet _inputs = predictor.Inputs;

    /// <summary>Whether the spread of values over passes is wanted.</summary>
    public bool HasSpread { get; } = options.Confidence && outputs.Any(o => o.NeedsPasses);

    /// <summary>Predicts.</summary>
    /// <param name="image">The image.</param>
    /// <param name="region">Which part of it.</param>
    /// <param name="height">Rows of the network's input at scale 1, and of the result.</param>
    /// <param name="width">Columns.</param>
    /// <param name="values">
    /// Receives <see cref="TaskSet.PredictionValues"/> in the form that the network gives out.
    /// </param>
    /// <param name="spreads">Receives [tasks, height, width] if <see cref="HasSpread"/>; of an image task the first place counts.</param>
    public void Run(SourceImage image, ImageRegion region, int height, int width, Span<float> values, Span<float> spreads)
    {
        if (image.Channels != _inputs.ImageChannels)
            throw new ArgumentException(
                $"image '{image.Name}' has {image.Channels} channels; the network reads {_inputs.ImageChannels}",
                nameof(image)
            );
        bool mirrors = options.Flip || HasSpread;
        if (!mirrors && options.Scales is [1.0])
        {
            using Pooled<float> input = new(_inputs.ImageValues(height, width)),
                further = new(_inputs.Values(height, width));
            using Pooled<byte> present = new(_inputs.Count);
            image.Read(region, height, width, input.Span);
            image.ReadInputs(_inputs, region, height, width, further.Span, present.Span);
            predictor.Predict(input.Span, Given(further.Span, present.Span), 1, height, width, values);
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
                input = _inputs.ImageValues(scaledHeight, scaledWidth),
                output = _tasks.PredictionValues(scaledHeight, scaledWidth);
            int more = _inputs.Values(scaledHeight, scaledWidth);
            using Pooled<float> images = new(samples * input),
                further = new(samples * more),
                predictions = new(samples * output);
            using Pooled<byte> present = new(samples * _inputs.Count);
            image.Read(region, scaledHeight, scaledWidth, images.Span[..input]);
            image.ReadInputs(_inputs, region, scaledHeight, scaledWidth, further.Span[..more], present.Span[.._inputs.Count]);
            if (mirrors)
            {
                images.Span[..input].CopyTo(images.Span[input..]);
                Mirror(images.Span[input..], scaledWidth);
                further.Span[..more].CopyTo(further.Span[more..]);
                present.Span[.._inputs.Count].CopyTo(present.Span[_inputs.Count..]);
                MirrorInputs(further.Span[more..], scaledHeight, scaledWidth);
            }
            predictor.Predict(images.Span, Given(further.Span, present.Span), samples, scaledHeight, scaledWidth, predictions.Span);
            for (int s = 0; s < samples; s++)
            {
                Span<float> pass = predictions.Span.Slice(s * output, output);
                bool isMirrored = s > 0;
                for (int t = 0; t < _tasks.Count; t++)
                {
                    Span<float> task = _tasks.PredictionOf(pass, t, scaledHeight, scaledWidth);
                    int places = _tasks[t].Kind.Places(scaledHeight, scaledWidth);
                    if (isMirrored)
                    {
                        if (_tasks[t].Kind.Extent == TaskExtent.Pixel)
                            Mirror(task, scaledWidth);
                        outputs[t].FromMirror(task, places);
                    }
                    outputs[t].ToMean(task, places);
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
            int places = _tasks[t].Kind.Places(height, width);
            if (HasSpread)
                outputs[t]
                    .Spread(
                        _tasks.PredictionOf(all.Span, t, height, width),
                        _tasks.PredictionOf(squares.Span, t, height, width),
                        passes,
                        places,
                        spreads.Slice(t * plane, places)
                    );
            outputs[t].FromMean(_tasks.PredictionOf(values, t, height, width), places);
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

    private Pooled<float>? Resize(Span<float> values, int height, int width, int toHeight, int toWidth)
    {
        if (height == toHeight && width == toWidth)
            return null;
        Pooled<float> resized = new(_tasks.PredictionValues(toHeight, toWidth));
        for (int t = 0; t < _tasks.Count; t++)
        {
            ReadOnlySpan<float> from = _tasks.PredictionOf(values, t, height, width);
            Span<float> to = _tasks.PredictionOf(resized.Span, t, toHeight, toWidth);
            if (_tasks[t].Kind.Extent == TaskExtent.Image)
                from.CopyTo(to);
            else
                Resize(from, to, _tasks[t].Channels, height, width, toHeight, toWidth);
        }
        return resized;
    }

    private static void Resize(ReadOnlySpan<float> planes, Span<float> to, int channels, int height, int width, int toHeight, int toWidth)
    {
        using PlaneRows rows = new(channels, height, width, toHeight, toWidth);
        using Pooled<float> row = new(channels * toWidth);
        for (int y = 0; y < toHeight; y++)
        {
            rows.Get(planes, y, row.Span);
            for (int c = 0; c < channels; c++)
                row.Span.Slice(c * toWidth, toWidth).CopyTo(to[((c * toHeight + y) * toWidth)..]);
        }
    }

    private InputValues Given(ReadOnlySpan<float> values, ReadOnlySpan<byte> present) =>
        _inputs.Count == 0 ? default : new InputValues(_inputs, values, present);

    // A vector says nothing of left and right.
    private void MirrorInputs(Span<float> values, int height, int width)
    {
        for (int i = 0; i < _inputs.Count; i++)
        {
            if (_inputs[i].IsPlanes)
                Mirror(values.Slice(_inputs.Start(i, height, width), _inputs[i].Values(height, width)), width);
        }
    }

    private static void Mirror(Span<float> planes, int width)
    {
        for (int start = 0; start < planes.Length; start += width)
            planes.Slice(start, width).Reverse();
    }

    // A size that the network computes without repeating the edge.
    private int Scaled(int size, double scale) =>
        scale == 1
            ? size
            : (int)Math.Max(1, Math.Round(size * scale / predictor.NetworkStride, MidpointRounding.AwayFromZero)) * predictor.NetworkStride;
}
