namespace Jtr.Interop.Inference.Outputs;

/// <summary>
/// Classification: logits become the id of the class with the largest one; the confidence is its probability. Means are taken of
/// probabilities, whose logarithms are logits again.
/// </summary>
internal sealed class ClassificationOutput(int classes) : ImageOutput
{
    private readonly SegmentationOutput _softmax = new(classes);

    public override int ProbabilityCount => classes;

    public override void ToMean(Span<float> values, int plane) => _softmax.ToMean(values, plane);

    public override void FromMean(Span<float> values, int plane) => _softmax.FromMean(values, plane);

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence) =>
        _softmax.ToValues(row, width, values, stride, confidence);

    public override void ToProbabilities(ReadOnlySpan<float> row, Span<float> probabilities)
    {
        row.CopyTo(probabilities);
        _softmax.ToMean(probabilities, 1);
    }

    public override TaskSummary Summarize(TaskPrediction prediction)
    {
        int chosen = (int)prediction.Values[0];
        return WithProbabilities(prediction, c => c == chosen);
    }
}
