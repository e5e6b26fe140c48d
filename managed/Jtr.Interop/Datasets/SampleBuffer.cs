using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>Memory of the caller for one sample: image and labels, channel by channel, row by row.</summary>
public readonly ref struct SampleBuffer
{
    private readonly TaskSet _tasks;

    /// <summary>Wraps memory.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="image">[3, H, W].</param>
    /// <param name="labels">[L, H, W], L being <see cref="TaskSet.TotalLabelChannels"/>.</param>
    public SampleBuffer(TaskSet tasks, int height, int width, Span<float> image, Span<float> labels)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        if (image.Length != 3 * height * width)
            throw new ArgumentException(
                $"an image of {height} x {width} has {3 * height * width} values, not {image.Length}",
                nameof(image)
            );
        if (labels.Length != tasks.TotalLabelChannels * height * width)
            throw new ArgumentException(
                $"the labels of {height} x {width} have {tasks.TotalLabelChannels * height * width} values, not {labels.Length}",
                nameof(labels)
            );
        _tasks = tasks;
        Height = height;
        Width = width;
        Image = image;
        Labels = labels;
    }

    /// <summary>The tasks whose labels there is memory for.</summary>
    public TaskSet Tasks => _tasks;

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>[3, H, W] RGB in [0, 1].</summary>
    public Span<float> Image { get; }

    /// <summary>[L, H, W], the labels of all tasks in order.</summary>
    public Span<float> Labels { get; }

    /// <summary>[label channels, H, W] of one task.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    public Span<float> Label(int task)
    {
        int plane = Height * Width;
        return Labels.Slice(_tasks.LabelOffset(task) * plane, _tasks[task].LabelChannels * plane);
    }
}
