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
    /// <summary>Sums up a prediction.</summary>
    /// <param name="prediction">The prediction.</param>
    public static TaskSummary Of(TaskPrediction prediction)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        SegmentationTask? segmentation = prediction.Task as SegmentationTask;
        return new TaskSummary(
            prediction.Task,
            segmentation is null ? [] : Shares(segmentation, prediction.Values),
            segmentation is null ? Ranges(prediction) : [],
            prediction.MeanConfidence,
            prediction.ConfidenceUnit
        );
    }

    private static (string, double)[] Shares(SegmentationTask task, ReadOnlySpan<float> ids)
    {
        long[] counts = new long[task.ClassCount];
        foreach (float id in ids)
        {
            if (id >= 0)
                counts[(int)id]++;
        }
        int pixels = ids.Length;
        return [.. task.ClassNames.Select((name, id) => (name, (double)counts[id] / pixels))];
    }

    private static ChannelSummary[] Ranges(TaskPrediction prediction)
    {
        int plane = prediction.Height * prediction.Width;
        ChannelSummary[] ranges = new ChannelSummary[prediction.Task.LabelChannels];
        for (int c = 0; c < ranges.Length; c++)
        {
            (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
            double sum = 0;
            long count = 0;
            foreach (float value in prediction.Values.Slice(c * plane, plane))
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
}

/// <summary>Range of a channel's finite values; NaN where there are none.</summary>
/// <param name="Minimum">The smallest.</param>
/// <param name="Maximum">The largest.</param>
/// <param name="Mean">Their mean.</param>
public sealed record ChannelSummary(double Minimum, double Maximum, double Mean);
