using System.Collections;

namespace Jtr.Interop.Tasks;

/// <summary>The tasks that one network learns, in a fixed order. Immutable.</summary>
public sealed class TaskSet : IReadOnlyList<VisionTask>, IEquatable<TaskSet>
{
    /// <summary>The largest number of tasks of a set.</summary>
    public const int MaxCount = 64;

    private readonly VisionTask[] _tasks;
    private readonly Place[] _predictions;
    private readonly Place[] _labels;
    private readonly Place _allPredictions;
    private readonly Place _allLabels;

    /// <summary>Makes a set of tasks.</summary>
    /// <param name="tasks">1 to 64 tasks with different names.</param>
    public TaskSet(params IEnumerable<VisionTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        _tasks = [.. tasks];
        if (_tasks.Length is 0 or > MaxCount)
            throw new ArgumentException($"a task set has 1 to {MaxCount} tasks, not {_tasks.Length}", nameof(tasks));
        _predictions = new Place[_tasks.Length];
        _labels = new Place[_tasks.Length];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int t = 0; t < _tasks.Length; t++)
        {
            VisionTask task = _tasks[t] ?? throw new ArgumentException("a task is null", nameof(tasks));
            if (!names.Add(task.Name))
                throw new ArgumentException($"two tasks are named '{task.Name}'", nameof(tasks));
            (_predictions[t], _labels[t]) = (_allPredictions, _allLabels);
            _allPredictions = _allPredictions.Behind(task, task.Channels);
            _allLabels = _allLabels.Behind(task, task.LabelChannels);
        }
    }

    /// <summary>Number of tasks, K.</summary>
    public int Count => _tasks.Length;

    /// <summary>Channels of all predictions, C: those of pixel tasks and those of image tasks.</summary>
    public int TotalChannels => _allPredictions.Channels;

    /// <summary>Channels of all labels, L.</summary>
    public int TotalLabelChannels => _allLabels.Channels;

    /// <summary>Whether every task says something about each pixel: predictions and labels are stacks of planes then.</summary>
    public bool IsOfPixels => _allPredictions.Image == 0;

    /// <summary>The mask that has every task of the set.</summary>
    public TaskMask All => TaskMask.FirstN(Count);

    /// <summary>A task by its place.</summary>
    public VisionTask this[int index] => _tasks[index];

    /// <summary>A task by its name; throws <see cref="KeyNotFoundException"/> when the set has none of that name.</summary>
    public VisionTask this[string name] =>
        IndexOf(name) is >= 0 and int i
            ? _tasks[i]
            : throw new KeyNotFoundException($"no task is named '{name}'; there are {string.Join(", ", _tasks.Select(t => t.Name))}");

    /// <summary>The place of a task by its name, or -1.</summary>
    public int IndexOf(string name) => Array.FindIndex(_tasks, t => t.Name == name);

    /// <summary>First channel of a task among those of all predictions.</summary>
    public int ChannelOffset(int task) => _predictions[task].Channels;

    /// <summary>First channel of a task among those of all labels.</summary>
    public int LabelOffset(int task) => _labels[task].Channels;

    /// <summary>
    /// Values of all predictions for one sample. They lie task by task in the set's order: [channels, height, width] of a pixel task,
    /// [channels] of an image task.
    /// </summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="OverflowException">There are more than an array can have.</exception>
    public int PredictionValues(int height, int width) => _allPredictions.Values(height, width);

    /// <summary>Values of all labels of one sample, which lie as <see cref="PredictionValues"/> says.</summary>
    /// <inheritdoc cref="PredictionValues"/>
    public int LabelValues(int height, int width) => _allLabels.Values(height, width);

    /// <summary>The place of a task's first value among those of <see cref="PredictionValues"/>.</summary>
    /// <param name="task">Its place in the set.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public int PredictionStart(int task, int height, int width) => _predictions[task].Values(height, width);

    /// <summary>The place of a task's first value among those of <see cref="LabelValues"/>.</summary>
    /// <inheritdoc cref="PredictionStart"/>
    public int LabelStart(int task, int height, int width) => _labels[task].Values(height, width);

    /// <summary>A task's part of one sample's predictions.</summary>
    /// <param name="sample">All predictions for the sample.</param>
    /// <param name="task">Its place in the set.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    internal Span<float> PredictionOf(Span<float> sample, int task, int height, int width) =>
        sample.Slice(PredictionStart(task, height, width), _tasks[task].Channels * _tasks[task].Kind.Places(height, width));

    /// <summary>The shape of predictions in words, for messages: "[4, 13, 96, 128]", with image tasks "[4, 13 x 96 x 128 + 5]".</summary>
    internal string PredictionShape(string outer, int height, int width) => _allPredictions.Shape(outer, height, width);

    /// <summary>A task's part of one sample's labels.</summary>
    /// <inheritdoc cref="PredictionOf"/>
    internal Span<float> LabelOf(Span<float> sample, int task, int height, int width) =>
        sample.Slice(LabelStart(task, height, width), _tasks[task].LabelChannels * _tasks[task].Kind.Places(height, width));

    /// <inheritdoc/>
    public IEnumerator<VisionTask> GetEnumerator() => ((IEnumerable<VisionTask>)_tasks).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(TaskSet? other) => other is not null && _tasks.AsSpan().SequenceEqual(other._tasks);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TaskSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _tasks.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _tasks.Select(t => t.Name));

    /// <summary>Channels that lie before a place: of pixel tasks, each of which has height x width values, and of image tasks.</summary>
    private readonly record struct Place(int Pixel, int Image)
    {
        public int Channels => Pixel + Image;

        public Place Behind(VisionTask task, int channels) =>
            task.Kind.Extent == TaskExtent.Pixel ? this with { Pixel = Pixel + channels } : this with { Image = Image + channels };

        public int Values(int height, int width) => checked(Pixel * (height * width) + Image);

        public string Shape(string outer, int height, int width) =>
            Image == 0 ? $"[{outer}, {Pixel}, {height}, {width}]" : $"[{outer}, {Pixel} x {height} x {width} + {Image}]";
    }
}
