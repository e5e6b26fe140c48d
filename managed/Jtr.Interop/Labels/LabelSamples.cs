using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>Reads some labels of each task, to learn of all.</summary>
internal static class LabelSamples
{
    /// <summary>What is done with a label of a task.</summary>
    public delegate void Visit(int task, ReadOnlySpan<float> label);

    /// <summary>Reads labels, evenly spread over the samples that have one.</summary>
    /// <param name="data">The samples to train on. One that cannot be read is passed over.</param>
    /// <param name="labels">The labels that training sees; null: all.</param>
    /// <param name="mostLabels">Labels of a task to read at most, 1 or more.</param>
    /// <param name="isWanted">Of which tasks.</param>
    /// <param name="visit">Is given each label, sample by sample.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentException">The labels are not for these data.</exception>
    public static void Read(
        IMultiTaskDataset data,
        LabelAssignment? labels,
        int mostLabels,
        Func<VisionTask, bool> isWanted,
        Visit visit,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostLabels, 1);
        if (labels is not null && labels.Count != data.Count)
            throw new ArgumentException($"labels for {labels.Count} samples, the data have {data.Count}", nameof(labels));
        TaskSet tasks = data.Tasks;
        float[] image = new float[data.Inputs.ImageValues(data.Height, data.Width)],
            values = new float[tasks.LabelValues(data.Height, data.Width)],
            inputs = new float[data.Inputs.Values(data.Height, data.Width)];
        byte[] present = new byte[data.Inputs.Count];
        foreach ((int sample, TaskMask wanted) in Choose(data, labels, mostLabels, isWanted))
        {
            cancellationToken.ThrowIfCancellationRequested();
            SampleBuffer buffer = new(tasks, data.Inputs, data.Height, data.Width, image, values, inputs, present);
            TaskMask read;
            try
            {
                read = data.Read(sample, wanted, buffer, cancellationToken) & wanted;
            }
            catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
            {
                // To train on it is an error that names it, or it is skipped.
                continue;
            }
            for (int t = 0; t < tasks.Count; t++)
            {
                if (read[t])
                    visit(t, buffer.Label(t));
            }
        }
    }

    private static SortedDictionary<int, TaskMask> Choose(
        IMultiTaskDataset data,
        LabelAssignment? labels,
        int most,
        Func<VisionTask, bool> isWanted
    )
    {
        SortedDictionary<int, TaskMask> chosen = [];
        for (int t = 0; t < data.Tasks.Count; t++)
        {
            if (!isWanted(data.Tasks[t]))
                continue;
            int[] all = [.. Enumerable.Range(0, data.Count).Where(i => data.GetLabeled(i)[t] && labels?[i][t] != false)];
            int count = Math.Min(most, all.Length);
            for (int k = 0; k < count; k++)
            {
                int sample = all[(int)((2L * k + 1) * all.Length / (2L * count))];
                chosen[sample] = chosen.GetValueOrDefault(sample).With(t);
            }
        }
        return chosen;
    }
}
