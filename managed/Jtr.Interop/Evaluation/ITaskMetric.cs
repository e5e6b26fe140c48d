using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of one task over a data set, gathered sample by sample. <see cref="TaskMetrics"/> are those that every task has; one of your own
/// comes beside them with <see cref="Training.EvaluateOptions.Metrics"/> and <see cref="Training.FitOptions.Metrics"/>, and is then in
/// results, their JSON and CSV, tables and reports like theirs.
/// </summary>
/// <remarks>
/// One thread at a time uses an instance. What it keeps should not grow with the data set, and be such that <see cref="Merge"/> can add
/// that of another: sums and counts rather than means, a histogram rather than a median.
/// </remarks>
public interface ITaskMetric
{
    /// <summary>
    /// Computes the scores so far, each with its name, unit, and whether higher is better. Their names and number are always the same;
    /// values are NaN while there was nothing to score. Of a metric of your own, a score with <see cref="MetricValue.IsHeadline"/> is the
    /// task's headline instead of the built-in one: it decides about the best checkpoint and early stopping, which take its logarithm, so
    /// that it has to be above 0.
    /// </summary>
    IReadOnlyList<MetricValue> Compute();

    /// <summary>Adds a sample. Called for samples that have a label of the task.</summary>
    /// <param name="prediction">
    /// [C, H, W], C being <see cref="VisionTask.Channels"/>, as the network gives them out: raw logits, depths, normals or maps; [C] of a
    /// task of whole photographs. All are finite.
    /// </param>
    /// <param name="label">
    /// [L, H, W], L being <see cref="VisionTask.LabelChannels"/>: class ids, depths, normals or maps; [L] of a task of whole photographs.
    /// Pixels without a label hold <see cref="VisionTask.InvalidLabel"/> in every channel.
    /// </param>
    /// <param name="height">H, rows.</param>
    /// <param name="width">W, columns.</param>
    void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int height, int width);

    /// <summary>Adds what another instance has gathered, as if this one had seen its samples too. The other stays as it is.</summary>
    /// <param name="other">A metric of the same type for an equal task, not this one itself.</param>
    /// <exception cref="ArgumentException">It is none.</exception>
    void Merge(ITaskMetric other);

    /// <summary>
    /// What was gathered, as numbers that <see cref="AddState"/> of another process's metric can add; null where it cannot be told so. A
    /// metric of your own needs both where several processes score together.
    /// </summary>
    double[]? GetState() => null;

    /// <summary>Adds what a metric of another process has gathered, as <see cref="Merge"/> adds another instance's.</summary>
    /// <param name="state">What its <see cref="GetState"/> gave.</param>
    void AddState(ReadOnlySpan<double> state) =>
        throw new NotSupportedException($"{GetType()} does not say how to add what another process has gathered");
}
