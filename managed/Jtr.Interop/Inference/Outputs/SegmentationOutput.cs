using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>
/// Segmentation: logits become the id of the class with the largest one, and its probability. Means are taken of probabilities, whose
/// logarithms are logits again.
/// </summary>
internal sealed class SegmentationOutput(int classes) : TaskOutput
{
    // Keeps the logarithm of a probability that was rounded to 0 finite.
    private const float Least = 1e-30f;

    private readonly int _classes = classes;

    public override bool NeedsPasses => false;

    public override string ConfidenceUnit(VisionTask task) => "";

    public override void ToMean(Span<float> values, int plane)
    {
        for (int i = 0; i < plane; i++)
        {
            float largest = values[i];
            for (int c = 1; c < _classes; c++)
                largest = Math.Max(largest, values[c * plane + i]);
            float sum = 0;
            for (int c = 0; c < _classes; c++)
                sum += values[c * plane + i] = MathF.Exp(values[c * plane + i] - largest);
            for (int c = 0; c < _classes; c++)
                values[c * plane + i] /= sum;
        }
    }

    public override void FromMean(Span<float> values, int plane)
    {
        foreach (ref float value in values)
            value = MathF.Log(Math.Max(value, Least));
    }

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread) =>
        spread.Clear();

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence)
    {
        Span<float> ids = values[..width];
        int x = 0;
        int step = Vector<float>.Count;
        for (; x + step <= width; x += step)
        {
            Vector<float> best = new(row[x..]),
                id = Vector<float>.Zero;
            for (int c = 1; c < _classes; c++)
            {
                Vector<float> logit = new(row[(c * width + x)..]);
                Vector<int> isBetter = Vector.GreaterThan(logit, best);
                best = Vector.ConditionalSelect(isBetter, logit, best);
                id = Vector.ConditionalSelect(isBetter, new Vector<float>(c), id);
            }
            id.CopyTo(ids[x..]);
            if (!confidence.IsEmpty)
                best.CopyTo(confidence[x..]);
        }
        for (; x < width; x++)
        {
            int best = 0;
            for (int c = 1; c < _classes; c++)
            {
                if (row[c * width + x] > row[best * width + x])
                    best = c;
            }
            ids[x] = best;
            if (!confidence.IsEmpty)
                confidence[x] = row[best * width + x];
        }
        if (!confidence.IsEmpty)
            Probability(row, width, confidence);
    }

    public override TaskSummary Summarize(TaskPrediction prediction)
    {
        long[] counts = new long[_classes];
        foreach (float id in prediction.Values)
        {
            if (id >= 0)
                counts[(int)id]++;
        }
        int pixels = prediction.Values.Length;
        IReadOnlyList<string> names = prediction.Task.Kind.ClassNames(prediction.Task);
        return new(
            prediction.Task,
            [.. names.Select((name, id) => (name, (double)counts[id] / pixels))],
            [],
            prediction.MeanConfidence,
            prediction.ConfidenceUnit
        );
    }

    public override void SaveNpy(TaskPrediction prediction, string path) =>
        NpyWriter.WriteIds(path, prediction.Values, prediction.Height, prediction.Width, _classes);

    /// <summary>Turns the largest logits into probabilities: 1 through the sum of exp(logit - largest).</summary>
    private void Probability(Span<float> row, int width, Span<float> confidence)
    {
        // The first channel's place takes the sums.
        Span<float> sums = row[..width];
        for (int c = 0; c < _classes; c++)
        {
            Span<float> channel = row.Slice(c * width, width);
            ReadOnlySpan<Vector256<float>> largest = MemoryMarshal.Cast<float, Vector256<float>>(confidence);
            Span<Vector256<float>> logits = MemoryMarshal.Cast<float, Vector256<float>>(channel),
                total = MemoryMarshal.Cast<float, Vector256<float>>(sums);
            for (int i = 0; i < logits.Length; i++)
            {
                Vector256<float> term = Vector256.Exp(logits[i] - largest[i]);
                total[i] = c == 0 ? term : total[i] + term;
            }
            for (int x = logits.Length * Vector256<float>.Count; x < width; x++)
            {
                float term = MathF.Exp(channel[x] - confidence[x]);
                sums[x] = c == 0 ? term : sums[x] + term;
            }
        }
        for (int x = 0; x < width; x++)
            confidence[x] = 1 / sums[x];
    }
}
