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
    /// <param name="labels"><see cref="TaskSet.LabelValues"/>.</param>
    public SampleBuffer(TaskSet tasks, int height, int width, Span<float> image, Span<float> labels)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        if (image.Length != 3 * height * width)
            throw new ArgumentException(
                $"an image of {height} x {width} has {3 * height * width} values, not {image.Length}",
                nameof(image)
            );
        if (labels.Length != tasks.LabelValues(height, width))
            throw new ArgumentException(
                $"the labels of {height} x {width} have {tasks.LabelValues(height, width)} values, not {labels.Length}",
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

    /// <summary>The labels of all tasks in order: [channels, H, W] of a pixel task, [channels] of an image task.</summary>
    public Span<float> Labels { get; }

    /// <summary>[label channels, H, W] of a pixel task, [label channels] of an image task.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    public Span<float> Label(int task) => _tasks.LabelOf(Labels, task, Height, Width);
}
