using System.Collections.Concurrent;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A data set of which samples with damaged or unreadable files are skipped: another sample is read in their place, and a
/// warning is counted. Count, order and indices stay as they are, so that assignments and resumed runs still fit.
/// </summary>
/// <remarks>
/// <para>In a bad sample's place comes the next one behind it (after the last, the first) which is labelled for the same tasks and can be
/// read; if there is none, the next one that can be read, with those labels that both have. What comes is a function of the files and
/// of what is asked for, not of what was read before, so a loader gives the same batches for any number of workers.</para>
/// <para>A file that cannot be read is tried again, for half a second. One that is damaged is remembered as bad; one that is
/// still out of reach is skipped this once and tried anew the next time, so that a network that is down for a moment costs no
/// sample for good.</para>
/// <para>Only labels that are asked for are read, so a damaged label that an assignment hides goes unnoticed. An evaluation
/// counts the sample that stands in twice: <see cref="Skipped"/> says how many.</para>
/// <para>Several threads may read at once.</para>
/// </remarks>
public sealed class SkipBadDataset : DatasetDecorator
{
    private readonly LabelAssignment? _labels;
    private readonly Action<SkippedSample>? _onSkipped;

    // Which reads find damage is remembered to save time; it never changes what is read.
    private readonly ConcurrentDictionary<(int Index, TaskMask Wanted), byte> _bad = new();
    private readonly ConcurrentDictionary<int, SkippedSample> _skipped = new();

    /// <summary>Wraps a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="labels">
    /// The assignment that the samples are read with, if any: without it a sample that stands in could show labels that it counts as
    /// not having.
    /// </param>
    /// <param name="onSkipped">Is told of every bad sample, once, on the thread that came upon it.</param>
    /// <exception cref="ArgumentException">The assignment is for another number of samples or tasks.</exception>
    public SkipBadDataset(IMultiTaskDataset data, LabelAssignment? labels = null, Action<SkippedSample>? onSkipped = null)
        : base(data)
    {
        if (labels is not null && (labels.Count != data.Count || labels.Tasks.Count != data.Tasks.Count))
            throw new ArgumentException(
                $"the assignment is for {labels.Count} samples and {labels.Tasks.Count} tasks, the data set has "
                    + $"{data.Count} and {data.Tasks.Count}",
                nameof(labels)
            );
        _labels = labels;
        _onSkipped = onSkipped;
    }

    /// <summary>Number of samples that were skipped so far.</summary>
    public int SkippedCount => _skipped.Count;

    /// <summary>The samples that were skipped so far, by index.</summary>
    public IReadOnlyList<SkippedSample> Skipped => [.. _skipped.Values.OrderBy(s => s.Index)];

    /// <summary>Reads a sample, or, if it is bad, the one that stands in.</summary>
    /// <param name="index">0 or more, below <see cref="DatasetDecorator.Count"/>.</param>
    /// <param name="wanted">Tasks whose labels are wanted.</param>
    /// <param name="destination">Receives image and labels. After a bad sample, buffers of tasks that are not returned may be
    /// overwritten.</param>
    /// <param name="cancellationToken">Ends the search for a sample that stands in, and the waits for files.</param>
    /// <returns>The tasks whose labels were written.</returns>
    /// <exception cref="JtrFormatException">No sample can be read; the inner exception is this one's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        TaskMask own = Labels(index);
        Exception? first = null;
        if (TryRead(index, wanted & own, destination, ref first, out TaskMask written, cancellationToken))
            return written;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int step = 1; step < Count; step++)
            {
                int other = (int)(((long)index + step) % Count);
                TaskMask labels = Labels(other);
                if (labels == own == (pass == 0) && TryRead(other, wanted & labels, destination, ref first, out written, cancellationToken))
                    return written;
            }
        }
        first ??= new JtrFormatException(
            _skipped.TryGetValue(index, out SkippedSample? known) ? known.Message : $"sample {index} cannot be read"
        );
        throw new JtrFormatException($"none of the {Count} samples can be read; that of index {index}: {first.Message}", first);
    }

    private TaskMask Labels(int index) => (_labels?[index] ?? Tasks.All) & Inner.GetLabeled(index);

    private bool TryRead(
        int index,
        TaskMask wanted,
        SampleBuffer destination,
        ref Exception? first,
        out TaskMask written,
        CancellationToken cancellationToken
    )
    {
        written = TaskMask.None;
        if (_bad.ContainsKey((index, wanted)))
            return false;
        try
        {
            written = PatientReader.Read(Inner, index, wanted, destination, cancellationToken);
            return true;
        }
        catch (Exception e) when (SkippedSample.IsBad(e))
        {
            first ??= e;
            if (e is JtrFormatException)
                _bad.TryAdd((index, wanted), 0);
            SkippedSample skipped = SkippedSample.Of(index, Inner.GetName(index), e);
            if (_skipped.TryAdd(index, skipped))
                _onSkipped?.Invoke(skipped);
            return false;
        }
    }
}
