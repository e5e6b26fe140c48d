using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Inspection;

/// <summary>Reads samples of which files may be damaged: what can be read is read, the rest is noted.</summary>
internal sealed class CarefulReader(IMultiTaskDataset data)
{
    private readonly float[] _image = new float[data.Inputs.ImageValues(data.Height, data.Width)];
    private readonly float[] _labels = new float[data.Tasks.LabelValues(data.Height, data.Width)];

    /// <summary>[3, H, W] of the sample that was read last.</summary>
    public ReadOnlySpan<float> Image => _image;

    /// <summary>A task's label of the sample that was read last.</summary>
    public ReadOnlySpan<float> Label(int task) => Buffer().Label(task);

    /// <summary>Reads a sample.</summary>
    /// <param name="index">Which.</param>
    /// <param name="problems">Receives a line for each file at fault.</param>
    /// <param name="hasImage">Whether the photograph was read.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The tasks whose labels were read.</returns>
    public TaskMask Read(int index, List<FolderProblem> problems, out bool hasImage, CancellationToken cancellationToken = default)
    {
        TaskMask labeled = data.GetLabeled(index);
        HashSet<string> seen = [];
        if (TryRead(index, labeled, problems, seen, cancellationToken) is TaskMask all)
        {
            hasImage = true;
            return all;
        }
        TaskMask read = TaskMask.None;
        hasImage = TryRead(index, TaskMask.None, problems, seen, cancellationToken) is not null;
        // One by one, so that every damaged label is named and the others count.
        for (int t = 0; t < data.Tasks.Count && hasImage; t++)
        {
            if (labeled[t] && TryRead(index, TaskMask.None.With(t), problems, seen, cancellationToken) is TaskMask one)
                read |= one;
        }
        return read;
    }

    private SampleBuffer Buffer() => new(data.Tasks, data.Inputs.ImageAlone, data.Height, data.Width, _image, _labels, [], []);

    private TaskMask? TryRead(
        int index,
        TaskMask wanted,
        List<FolderProblem> problems,
        HashSet<string> seen,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return data.Read(index, wanted, Buffer(), cancellationToken);
        }
        catch (Exception e) when (e is JtrFormatException or IOException or UnauthorizedAccessException)
        {
            string path = (e as JtrFormatException)?.Path ?? (e as FileNotFoundException)?.FileName ?? data.GetName(index);
            // The message of a format error begins with its path.
            string message = e.Message.StartsWith(path + ": ", StringComparison.Ordinal) ? e.Message[(path.Length + 2)..] : e.Message;
            if (seen.Add(e.Message))
                problems.Add(new FolderProblem(path, message));
            return null;
        }
    }
}
