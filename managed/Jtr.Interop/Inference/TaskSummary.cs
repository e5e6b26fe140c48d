using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>What a task's prediction for an image comes to.</summary>
/// <param name="Task">The task.</param>
/// <param name="Classes">Of segmentation the classes and their parts of the image, in the order of the task; else empty.</param>
/// <param name="Channels">Of other tasks the range of each channel; else empty.</param>
/// <param name="MeanConfidence">Mean of the confidence, or null without.</param>
/// <param name="ConfidenceUnit">Its unit, empty for a part of 1.</param>
public sealed record TaskSummary(
    VisionTask Task,
    IReadOnlyList<(string Name, double Share)> Classes,
    IReadOnlyList<ChannelSummary> Channels,
    double? MeanConfidence,
    string ConfidenceUnit
)
{
    /// <summary>
    /// Of a task of the photograph as a whole the probability of each class or tag, in the order of the task; else empty.
    /// </summary>
    public IReadOnlyList<(string Name, double Probability)> Probabilities { get; init; } = [];

    /// <summary>
    /// Of a task of the photograph as a whole the class, or the tags, that were chosen, the most probable first, with their probabilities;
    /// else empty.
    /// </summary>
    public IReadOnlyList<(string Name, double Probability)> Chosen { get; init; } = [];

    /// <summary>Of a regression the values by their names, in the label's unit; else empty.</summary>
    public IReadOnlyList<(string Name, double Value)> Values { get; init; } = [];

    /// <summary>Sums up a prediction.</summary>
    /// <param name="prediction">The prediction.</param>
    public static TaskSummary Of(TaskPrediction prediction)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        return prediction.Output.Summarize(prediction);
    }
}

/// <summary>Range of a channel's finite values; NaN where there are none.</summary>
/// <param name="Minimum">The smallest.</param>
/// <param name="Maximum">The largest.</param>
/// <param name="Mean">Their mean.</param>
public sealed record ChannelSummary(double Minimum, double Maximum, double Mean);
