using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>
/// What the network gives out for a kind of task, and how it becomes values as labels have them: class ids, depths, unit normals, maps,
/// tags. A plane is H x W places of a pixel task, and one place of an image task.
/// </summary>
internal abstract class TaskOutput
{
    /// <summary>Whether its confidence is a spread over passes, and not in one pass already.</summary>
    public abstract bool NeedsPasses { get; }

    /// <summary>Unit of its confidence: empty for a probability or a part of 1.</summary>
    public abstract string ConfidenceUnit(VisionTask task);

    /// <summary>Turns what the network gave out into what means can be taken of, in place.</summary>
    /// <param name="values">[C, plane].</param>
    /// <param name="plane">Pixels.</param>
    public virtual void ToMean(Span<float> values, int plane) { }

    /// <summary>Turns a mean into what the network could have given out, in place.</summary>
    /// <param name="values">[C, plane].</param>
    /// <param name="plane">Pixels.</param>
    public virtual void FromMean(Span<float> values, int plane) { }

    /// <summary>Corrects values that were predicted in the mirror, once the pixels are back in their order.</summary>
    /// <param name="values">[C, plane].</param>
    /// <param name="plane">Pixels.</param>
    public virtual void FromMirror(Span<float> values, int plane) { }

    /// <summary>How far the passes are spread.</summary>
    /// <param name="means">[C, plane]: means over the passes.</param>
    /// <param name="squares">[C, plane]: sums over the passes of the squares of the distance from the mean.</param>
    /// <param name="passes">Number of passes.</param>
    /// <param name="plane">Pixels.</param>
    /// <param name="spread">Receives [plane].</param>
    public abstract void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread);

    /// <summary>Turns pixels into values as labels have them.</summary>
    /// <param name="row">[C, width] as the network gave it out; may be overwritten.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="values">Receives the label's channels, <paramref name="stride"/> apart, each of width values.</param>
    /// <param name="stride">Values from one channel to the next.</param>
    /// <param name="confidence">Receives [width], or is empty where none is wanted or it is a spread.</param>
    public abstract void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence);

    /// <summary>Number of probabilities that a prediction for the photograph as a whole has beside its values; 0 of pixel tasks.</summary>
    public virtual int ProbabilityCount => 0;

    /// <summary>Gives those probabilities.</summary>
    /// <param name="row">[C] as the network gave it out.</param>
    /// <param name="probabilities">Receives them.</param>
    public virtual void ToProbabilities(ReadOnlySpan<float> row, Span<float> probabilities) { }

    /// <summary>Sums up a prediction: the range of each channel, and what there is beside it.</summary>
    /// <param name="prediction">The prediction.</param>
    public virtual TaskSummary Summarize(TaskPrediction prediction) =>
        new(prediction.Task, [], Ranges(prediction), prediction.MeanConfidence, prediction.ConfidenceUnit);

    /// <summary>Writes a prediction's values as a .npy file.</summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="path">The file.</param>
    public virtual void SaveNpy(TaskPrediction prediction, string path) =>
        NpyWriter.WriteInterleaved(
            path,
            prediction.Values,
            prediction.Height,
            prediction.Width,
            prediction.Task.LabelChannels,
            isNotNegative: false
        );

    /// <summary>The range of each channel's finite values.</summary>
    protected static ChannelSummary[] Ranges(TaskPrediction prediction)
    {
        ChannelSummary[] ranges = new ChannelSummary[prediction.Task.LabelChannels];
        int places = prediction.Values.Length / ranges.Length;
        for (int c = 0; c < ranges.Length; c++)
        {
            (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
            double sum = 0;
            long count = 0;
            foreach (float value in prediction.Values.Slice(c * places, places))
            {
                if (!float.IsFinite(value))
                    continue;
                low = Math.Min(low, value);
                high = Math.Max(high, value);
                sum += value;
                count++;
            }
            ranges[c] = count == 0 ? new(double.NaN, double.NaN, double.NaN) : new(low, high, sum / count);
        }
        return ranges;
    }

    /// <summary>The largest standard deviation of the channels.</summary>
    protected static void LargestDeviation(ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread)
    {
        spread.Clear();
        for (int at = 0; at < squares.Length; at += plane)
        {
            ReadOnlySpan<float> channel = squares.Slice(at, plane);
            for (int i = 0; i < plane; i++)
                spread[i] = Math.Max(spread[i], channel[i]);
        }
        for (int i = 0; i < plane; i++)
            spread[i] = MathF.Sqrt(spread[i] / passes);
    }

    /// <summary>Copies channels that lie side by side.</summary>
    protected static void Copy(ReadOnlySpan<float> row, int width, Span<float> values, int stride)
    {
        for (int c = 0; c * width < row.Length; c++)
            row.Slice(c * width, width).CopyTo(values[(c * stride)..]);
    }
}
