using System.Collections;

namespace Jtr.Interop.Tasks;

/// <summary>The tasks that one network learns, in a fixed order. Immutable.</summary>
public sealed class TaskSet : IReadOnlyList<VisionTask>, IEquatable<TaskSet>
{
    /// <summary>The largest number of tasks of a set.</summary>
    public const int MaxCount = 64;

    private readonly VisionTask[] _tasks;
    private readonly int[] _channelOffsets;
    private readonly int[] _labelOffsets;

    /// <summary>Makes a set of tasks.</summary>
    /// <param name="tasks">1 to 64 tasks with different names.</param>
    public TaskSet(params IEnumerable<VisionTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        _tasks = [.. tasks];
        if (_tasks.Length is 0 or > MaxCount)
            throw new ArgumentException($"a task set has 1 to {MaxCount} tasks, not {_tasks.Length}", nameof(tasks));
        _channelOffsets = new int[_tasks.Length];
        _labelOffsets = new int[_tasks.Length];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int t = 0; t < _tasks.Length; t++)
        {
            VisionTask task = _tasks[t] ?? throw new ArgumentException("a task is null", nameof(tasks));
            if (!names.Add(task.Name))
                throw new ArgumentException($"two tasks are named '{task.Name}'", nameof(tasks));
            _channelOffsets[t] = TotalChannels;
            _labelOffsets[t] = TotalLabelChannels;
            TotalChannels += task.Channels;
            TotalLabelChannels += task.LabelChannels;
        }
    }

    /// <summary>Number of tasks, K.</summary>
    public int Count => _tasks.Length;

    /// <summary>Channels of all predictions, C.</summary>
    public int TotalChannels { get; }

    /// <summary>Channels of all labels, L.</summary>
    public int TotalLabelChannels { get; }

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

    /// <summary>First channel of a task in the stacked predictions.</summary>
    public int ChannelOffset(int task) => _channelOffsets[task];

    /// <summary>First channel of a task in the stacked labels.</summary>
    public int LabelOffset(int task) => _labelOffsets[task];

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
}
