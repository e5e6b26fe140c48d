using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Labels;

/// <summary>
/// Means and deviations of labels, with which fresh heads of a network begin: <see cref="NetworkOptions.HeadBias"/> and
/// <see cref="NetworkOptions.HeadScale"/>.
/// </summary>
/// <param name="Means">For each channel of every pixel task, in order, the mean of its values in the label's unit.</param>
/// <param name="Deviations">Their standard deviations, above 0.</param>
/// <remarks>
/// Of tasks whose network does not predict the label's own values (<see cref="TaskKind.PredictsLabelValues"/>), and where there is no
/// label, they are 0 and 1.
/// </remarks>
public sealed record LabelMoments(IReadOnlyList<double> Means, IReadOnlyList<double> Deviations)
{
    /// <summary>Labels of a task that are read where nothing else is said.</summary>
    public const int UsualLabels = 32;

    /// <summary>Reads some labels, evenly spread over the samples that have one.</summary>
    /// <param name="data">The samples to train on. One that cannot be read is passed over.</param>
    /// <param name="labels">The labels that training sees; null: all.</param>
    /// <param name="mostLabels">Labels of a task to read at most, 1 or more.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentException">The labels are not for these data.</exception>
    public static LabelMoments Of(
        IMultiTaskDataset data,
        LabelAssignment? labels = null,
        int mostLabels = UsualLabels,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        TaskSet tasks = data.Tasks;
        RunningMoments[][] moments = [.. tasks.Select(t => new RunningMoments[t.Channels])];
        LabelSamples.Read(
            data,
            labels,
            mostLabels,
            task => task.Kind is { Extent: TaskExtent.Pixel, PredictsLabelValues: true },
            (task, label) => Add(tasks[task], label, moments[task]),
            cancellationToken
        );
        RunningMoments[] all = [.. tasks.Zip(moments).Where(t => t.First.Kind.Extent == TaskExtent.Pixel).SelectMany(t => t.Second)];
        return new([.. all.Select(m => m.Mean)], [.. all.Select(m => m.Deviation > 0 ? m.Deviation : 1)]);
    }

    private static void Add(VisionTask task, ReadOnlySpan<float> label, RunningMoments[] channels)
    {
        int places = label.Length / task.LabelChannels;
        for (int i = 0; i < places; i++)
        {
            if (!task.Kind.IsValid(label, i, places))
                continue;
            for (int c = 0; c < channels.Length; c++)
                channels[c].Add(label[c * places + i]);
        }
    }
}
