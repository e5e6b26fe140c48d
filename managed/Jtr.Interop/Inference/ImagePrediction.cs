using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference;

/// <summary>
/// What a network predicts for a whole image, of each task in the form that labels have. Dispose it to give its memory back early.
/// </summary>
public sealed class ImagePrediction : IDisposable
{
    private readonly TaskPrediction[] _tasks;

    internal ImagePrediction(string name, TaskSet tasks, int height, int width, IReadOnlyList<TaskPrediction> predictions)
    {
        (Name, Tasks, Height, Width) = (name, tasks, height, width);
        _tasks = [.. predictions];
    }

    /// <summary>The name of the image.</summary>
    public string Name { get; }

    /// <summary>The tasks, in the order of the network.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Each task's prediction, in the order of <see cref="Tasks"/>.</summary>
    public IReadOnlyList<TaskPrediction> Predictions => _tasks;

    /// <summary>The prediction of a task by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such task.</exception>
    public TaskPrediction this[string task] => _tasks[Tasks.IndexOf(Tasks[task].Name)];

    /// <summary>Gives the memory back: the predictions' values may not be read any more.</summary>
    public void Dispose()
    {
        foreach (TaskPrediction task in _tasks)
            task.Dispose();
    }
}

/// <summary>What a network predicts for a task of a whole image, in the form that labels have.</summary>
public sealed class TaskPrediction : IDisposable
{
    private readonly Pooled<float> _values;
    private readonly Pooled<float>? _confidence;
    private readonly float[] _probabilities;

    internal TaskPrediction(VisionTask task, int height, int width, bool withConfidence)
    {
        (Task, Height, Width) = (task, height, width);
        Output = task.Kind.CreateOutput(task);
        int places = task.Kind.Places(height, width);
        _values = new Pooled<float>(checked(task.LabelChannels * places));
        _probabilities = new float[Output.ProbabilityCount];
        if (withConfidence)
            _confidence = new Pooled<float>(places);
    }

    /// <summary>The task.</summary>
    public VisionTask Task { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>
    /// [label channels, height, width]: class ids as numbers, depths in the task's unit, unit normals (0, 0, 0 where there is none),
    /// maps in [0, 1]. Of a task of the photograph as a whole [label channels]: the class id, 0 or 1 for each tag, values.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The prediction was disposed.</exception>
    public ReadOnlySpan<float> Values => _values.Span;

    /// <summary>
    /// [height, width], or [1] of a task of the photograph as a whole; empty unless <see cref="InferenceOptions.Confidence"/>: of
    /// segmentation and classification the probability of the class; of tags the mean probability of what was chosen; of depth the standard
    /// deviation over the passes in the depth's unit; of normals an angle in degrees; of maps and values the largest standard deviation of
    /// the channels.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The prediction was disposed.</exception>
    public ReadOnlySpan<float> Confidence => _confidence is null ? [] : _confidence.Span;

    /// <summary>Unit of <see cref="Confidence"/>: the depth's, "deg", or empty for a part of 1.</summary>
    public string ConfidenceUnit => Output.ConfidenceUnit(Task);

    /// <summary>
    /// Of a task of the photograph as a whole the probability of each class or tag, [classes] or [tags]; else empty.
    /// </summary>
    public ReadOnlySpan<float> Probabilities => _probabilities;

    /// <summary>Mean of <see cref="Confidence"/> over the pixels, or null without.</summary>
    public double? MeanConfidence
    {
        get
        {
            if (_confidence is null)
                return null;
            double sum = 0;
            foreach (float value in Confidence)
                sum += value;
            return sum / Confidence.Length;
        }
    }

    /// <summary>Shares of classes or ranges of values.</summary>
    public TaskSummary Summarize() => TaskSummary.Of(this);

    /// <summary>
    /// Writes the values as a .npy file, which appears whole or not at all: class ids in whole numbers [H, W], depths and maps of one
    /// channel as float32 [H, W], normals and other maps as float32 [H, W, channels], which folder data sets read as a label; values of the
    /// photograph as a whole as float32 [channels].
    /// </summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveNpy(string path) => Output.SaveNpy(this, path);

    /// <summary>
    /// Writes the confidence as a .npy file of float32 [H, W], or [1] of a task of the photograph as a whole, which appears whole or not at
    /// all.
    /// </summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <exception cref="InvalidOperationException">There is no confidence.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveConfidenceNpy(string path)
    {
        if (_confidence is null)
            throw new InvalidOperationException(
                $"there is no confidence: {nameof(InferenceOptions)}.{nameof(InferenceOptions.Confidence)} was not set"
            );
        if (Task.Kind.Extent == TaskExtent.Image)
            NpyWriter.WriteVector(path, Confidence);
        else
            NpyWriter.WriteInterleaved(path, Confidence, Height, Width, 1, isNotNegative: false);
    }

    internal TaskOutput Output { get; }

    internal Span<float> WritableValues => _values.Span;

    internal Span<float> WritableProbabilities => _probabilities;

    internal Span<float> WritableConfidence => _confidence is null ? [] : _confidence.Span;

    /// <summary>Gives the memory back. Harmless when repeated.</summary>
    public void Dispose()
    {
        _values.Dispose();
        _confidence?.Dispose();
    }
}
