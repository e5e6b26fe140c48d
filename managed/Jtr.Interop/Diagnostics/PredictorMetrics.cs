namespace Jtr.Interop.Diagnostics;

/// <summary>What one predictor tells the listeners, under its name. Recording allocates nothing.</summary>
/// <param name="name">Value of the tag <see cref="JtrMetrics.PredictorTag"/>, or null: no tag.</param>
internal sealed class PredictorMetrics(string? name)
{
    private readonly KeyValuePair<string, object?>[] _tags = name is null ? [] : [new(JtrMetrics.PredictorTag, name)];

    /// <summary>Tells about a call.</summary>
    /// <param name="samples">Its samples.</param>
    /// <param name="seconds">How long its caller waited.</param>
    public void Call(int samples, double seconds)
    {
        JtrMetrics.PredictedSamples.Add(samples, _tags);
        JtrMetrics.PredictionDuration.Record(seconds, _tags);
    }

    /// <summary>Tells how many samples went through the network at once.</summary>
    public void Batch(int samples) => JtrMetrics.PredictionBatch.Record(samples, _tags);
}
