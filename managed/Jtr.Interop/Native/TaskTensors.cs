using Jtr.Interop.Tasks;

namespace Jtr.Interop.Native;

/// <summary>Names for a tensor of each task, such as "label.depth", and where they lie in memory that holds all tasks.</summary>
internal sealed unsafe class TaskTensors
{
    private readonly TaskSet _tasks;
    private readonly PinnedName[] _names;
    private readonly bool _areLabels;

    private TaskTensors(TaskSet tasks, string prefix, bool areLabels)
    {
        (_tasks, _areLabels) = (tasks, areLabels);
        _names = [.. tasks.Select(t => new PinnedName(prefix + t.Name))];
    }

    /// <summary>Those of labels.</summary>
    public static TaskTensors OfLabels(TaskSet tasks) => new(tasks, "label.", areLabels: true);

    /// <summary>Those of predictions.</summary>
    public static TaskTensors OfPredictions(TaskSet tasks) => new(tasks, "prediction.", areLabels: false);

    /// <summary>Those of predictions' gradients.</summary>
    public static TaskTensors OfGradients(TaskSet tasks) => new(tasks, "prediction_grad.", areLabels: false);

    /// <summary>
    /// Adds the tensors of all tasks: [views, samples, channels, height, width] of a pixel task, [views, samples, channels] of an image
    /// task; with 0 views without the first.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="dtype">The number format.</param>
    /// <param name="data">The first value; null adds nothing.</param>
    /// <param name="elementBytes">Bytes of a value.</param>
    /// <param name="views">Views, or 0.</param>
    /// <param name="samples">Samples.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public void AddTo(TensorTable table, Raw.Dtype dtype, void* data, int elementBytes, int views, int samples, int height, int width)
    {
        if (data == null)
            return;
        long values = _areLabels ? _tasks.LabelValues(height, width) : _tasks.PredictionValues(height, width);
        for (int t = 0; t < _tasks.Count; t++)
        {
            int first = _areLabels ? _tasks.LabelStart(t, height, width) : _tasks.PredictionStart(t, height, width);
            int channels = _areLabels ? _tasks[t].LabelChannels : _tasks[t].Channels;
            int dimensions = _tasks[t].Kind.Extent == TaskExtent.Pixel ? 5 : 3;
            long plane = dimensions == 5 ? (long)height * width : 1;
            int outer = views == 0 ? 1 : 0;
            ReadOnlySpan<long> sizes = [views, samples, channels, height, width];
            ReadOnlySpan<long> strides = [samples * values, values, plane, width, 1];
            table.Add(
                _names[t],
                dtype,
                (byte*)data + (long)first * elementBytes,
                ((long)Math.Max(1, views) * samples * values - first) * elementBytes,
                sizes[outer..dimensions],
                strides[outer..dimensions]
            );
        }
    }
}
