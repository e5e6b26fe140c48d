using Jtr.Interop.Inputs;
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
        : this(tasks, InputSet.None, height, width, image, labels, [], []) { }

    /// <summary>Wraps memory that has a place for further inputs.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="inputs">The inputs beside the photograph.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="image"><see cref="InputSet.ImageValues"/>.</param>
    /// <param name="labels"><see cref="TaskSet.LabelValues"/>.</param>
    /// <param name="inputValues"><see cref="InputSet.Values"/>.</param>
    /// <param name="inputPresent">One for each input.</param>
    public SampleBuffer(
        TaskSet tasks,
        InputSet inputs,
        int height,
        int width,
        Span<float> image,
        Span<float> labels,
        Span<float> inputValues,
        Span<byte> inputPresent
    )
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(tasks);
        if (image.Length != inputs.ImageValues(height, width))
            throw new ArgumentException(
                $"an image of {height} x {width} has {inputs.ImageValues(height, width)} values, not {image.Length}",
                nameof(image)
            );
        if (labels.Length != tasks.LabelValues(height, width))
            throw new ArgumentException(
                $"the labels of {height} x {width} have {tasks.LabelValues(height, width)} values, not {labels.Length}",
                nameof(labels)
            );
        if (inputValues.Length != inputs.Values(height, width))
            throw new ArgumentException(
                $"the inputs of {height} x {width} have {inputs.Values(height, width)} values, not {inputValues.Length}",
                nameof(inputValues)
            );
        if (inputPresent.Length != inputs.Count)
            throw new ArgumentException($"there are {inputs.Count} inputs, not {inputPresent.Length}", nameof(inputPresent));
        _tasks = tasks;
        Inputs = inputs;
        InputValues = inputValues;
        InputPresent = inputPresent;
        Height = height;
        Width = width;
        Image = image;
        Labels = labels;
    }

    /// <summary>The tasks whose labels there is memory for.</summary>
    public TaskSet Tasks => _tasks;

    /// <summary>The inputs beside the photograph that there is memory for: those of the data set, or none.</summary>
    public InputSet Inputs { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>[3, H, W] RGB in [0, 1]; or as many channels as <see cref="InputSet.ImageChannels"/> says.</summary>
    public Span<float> Image { get; }

    /// <summary>The labels of all tasks in order: [channels, H, W] of a pixel task, [channels] of an image task.</summary>
    public Span<float> Labels { get; }

    /// <summary>The values of all inputs in order: [channels, H, W] of planes, [channels] of vectors.</summary>
    public Span<float> InputValues { get; }

    /// <summary>[inputs]: 1 where the sample has the input, else 0.</summary>
    public Span<byte> InputPresent { get; }

    /// <summary>The values of an input: [channels, H, W] of planes, [channels] of a vector.</summary>
    /// <param name="input">Its place in <see cref="Inputs"/>.</param>
    public Span<float> Input(int input) => InputValues.Slice(Inputs.Start(input, Height, Width), Inputs[input].Values(Height, Width));

    /// <summary>Says whether the sample has an input; the values of one that it lacks become 0.</summary>
    /// <param name="input">Its place in <see cref="Inputs"/>.</param>
    /// <param name="isPresent">Whether it was written.</param>
    public void SetInput(int input, bool isPresent)
    {
        InputPresent[input] = isPresent ? (byte)1 : (byte)0;
        if (!isPresent)
            Input(input).Clear();
    }

    /// <summary>[label channels, H, W] of a pixel task, [label channels] of an image task.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    public Span<float> Label(int task) => _tasks.LabelOf(Labels, task, Height, Width);
}
