using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>What predictions for the photograph as a whole have in common: one place, and no pixels that a mirror moves.</summary>
internal abstract class ImageOutput : TaskOutput
{
    public override bool NeedsPasses => false;

    public override string ConfidenceUnit(VisionTask task) => "";

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread) =>
        spread.Clear();

    public override void SaveNpy(TaskPrediction prediction, string path) => NpyWriter.WriteVector(path, prediction.Values);

    /// <summary>A summary with the probability of each class or tag.</summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="isChosen">Whether a class or tag, by its place, is one that was chosen.</param>
    protected static TaskSummary WithProbabilities(TaskPrediction prediction, Func<int, bool> isChosen)
    {
        IReadOnlyList<string> names = prediction.Task.Kind.ClassNames(prediction.Task);
        float[] probabilities = prediction.Probabilities.ToArray();
        return new TaskSummary(prediction.Task, [], [], prediction.MeanConfidence, prediction.ConfidenceUnit)
        {
            Probabilities = [.. names.Zip(probabilities, (name, p) => (name, (double)p))],
            Chosen =
            [
                .. Enumerable
                    .Range(0, names.Count)
                    .Where(isChosen)
                    .Select(i => (names[i], (double)probabilities[i]))
                    .OrderByDescending(c => c.Item2),
            ],
        };
    }
}
