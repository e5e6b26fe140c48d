namespace Jtr.Interop.Inference.Outputs;

/// <summary>
/// Tags: a logit above 0, a probability above 1/2, becomes 1, else 0. The confidence is the mean over the tags of the probability of what
/// was chosen. Means are taken of probabilities.
/// </summary>
internal sealed class TagsOutput(int tags) : ImageOutput
{
    // Keeps logits of means finite.
    private const float Least = 1e-7f;

    public override int ProbabilityCount => tags;

    public override void ToMean(Span<float> values, int plane)
    {
        foreach (ref float value in values)
            value = Probability(value);
    }

    public override void FromMean(Span<float> values, int plane)
    {
        foreach (ref float value in values)
        {
            float p = Math.Clamp(value, Least, 1 - Least);
            value = MathF.Log(p / (1 - p));
        }
    }

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence)
    {
        float sum = 0;
        for (int c = 0; c < tags; c++)
        {
            float p = Probability(row[c]);
            values[c * stride] = row[c] > 0 ? 1 : 0;
            sum += Math.Max(p, 1 - p);
        }
        if (!confidence.IsEmpty)
            confidence[0] = sum / tags;
    }

    public override void ToProbabilities(ReadOnlySpan<float> row, Span<float> probabilities)
    {
        row.CopyTo(probabilities);
        ToMean(probabilities, 1);
    }

    public override TaskSummary Summarize(TaskPrediction prediction)
    {
        float[] values = prediction.Values.ToArray();
        return WithProbabilities(prediction, t => values[t] == 1);
    }

    private static float Probability(float logit) => 1 / (1 + MathF.Exp(-logit));
}
