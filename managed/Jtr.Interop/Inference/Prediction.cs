using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>The predictions for one sample, told apart by task. A view: it copies and allocates nothing.</summary>
public readonly ref struct Prediction
{
    private readonly TaskSet _tasks;
    private readonly ReadOnlySpan<float> _values;
    private readonly int _height;
    private readonly int _width;

    /// <summary>Looks at the predictions of one sample.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="predictions">[samples, <see cref="TaskSet.PredictionValues"/>].</param>
    /// <param name="sample">Which sample.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="ArgumentException">The predictions have no such sample.</exception>
    public Prediction(TaskSet tasks, ReadOnlySpan<float> predictions, int sample, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        int size = tasks.PredictionValues(height, width);
        if ((sample + 1L) * size > predictions.Length)
            throw new ArgumentException(
                $"predictions {tasks.PredictionShape("samples", height, width)} of {predictions.Length} elements have no sample {sample}",
                nameof(predictions)
            );
        _tasks = tasks;
        (_height, _width) = (height, width);
        _values = predictions.Slice(sample * size, size);
    }

    /// <summary>
    /// The prediction of a task: raw logits, depths, unit normals, maps, values; [channels, height, width], or [channels] of an image task.
    /// </summary>
    /// <param name="task">Its place in the set.</param>
    public ReadOnlySpan<float> this[int task] =>
        _values.Slice(_tasks.PredictionStart(task, _height, _width), _tasks[task].Channels * _tasks[task].Kind.Places(_height, _width));

    /// <summary>The prediction of a task by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such task.</exception>
    public ReadOnlySpan<float> this[string task] => this[_tasks.IndexOf(_tasks[task].Name)];

    /// <summary>The class of every pixel, or of the photograph as a whole: the one with the largest logit.</summary>
    /// <param name="task">Name of a task of classes, such as segmentation.</param>
    /// <param name="classes">Receives [height, width], or one class of a task about the whole photograph.</param>
    /// <exception cref="ArgumentException">The task is of another kind, or the memory of another length.</exception>
    /// <exception cref="KeyNotFoundException">There is no such task.</exception>
    public void CopyClasses(string task, Span<int> classes)
    {
        VisionTask asked = _tasks[task];
        if (!asked.Kind.HasClassIds)
            throw new ArgumentException($"task '{task}' is of the kind {asked.Kind}, whose predictions are no classes", nameof(task));
        int plane = asked.Kind.Places(_height, _width);
        if (classes.Length != plane)
            throw new ArgumentException($"the classes of task '{task}' have {plane} elements here, not {classes.Length}", nameof(classes));
        ReadOnlySpan<float> logits = this[task];
        for (int i = 0; i < classes.Length; i++)
        {
            int best = 0;
            for (int c = 1; c < asked.Channels; c++)
            {
                if (logits[c * plane + i] > logits[best * plane + i])
                    best = c;
            }
            classes[i] = best;
        }
    }
}
