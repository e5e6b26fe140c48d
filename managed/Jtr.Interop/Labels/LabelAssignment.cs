using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>
/// The tasks that every sample of a data set counts as labelled for: drawn once and kept for the whole run, and beside
/// it in a file (Li, Liu, Bilen, CVPR 2022). Immutable.
/// </summary>
public sealed class LabelAssignment
{
    private readonly TaskMask[] _samples;

    /// <summary>Makes an assignment from masks.</summary>
    /// <param name="tasks">The tasks, K of them.</param>
    /// <param name="samples">One mask a sample, with no bit beyond K.</param>
    /// <exception cref="ArgumentException">A mask has a bit beyond K.</exception>
    public LabelAssignment(TaskSet tasks, params ReadOnlySpan<TaskMask> samples)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        for (int i = 0; i < samples.Length; i++)
        {
            if ((samples[i] & tasks.All) != samples[i])
                throw new ArgumentException(
                    $"sample {i} is labelled for task "
                        + $"{63 - System.Numerics.BitOperations.LeadingZeroCount(samples[i].Bits)}, but there are only {tasks.Count} tasks",
                    nameof(samples)
                );
        }
        Tasks = tasks;
        _samples = samples.ToArray();
    }

    /// <summary>The tasks.</summary>
    public TaskSet Tasks { get; }

    /// <summary>Number of samples, N.</summary>
    public int Count => _samples.Length;

    /// <summary>The tasks that a sample counts as labelled for.</summary>
    public TaskMask this[int sample] => _samples[sample];

    /// <summary>Number of samples that count as labelled for a task.</summary>
    /// <param name="task">0 or more, below K.</param>
    public int LabeledCount(int task)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(task);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(task, Tasks.Count);
        int count = 0;
        foreach (TaskMask sample in _samples)
            count += sample[task] ? 1 : 0;
        return count;
    }

    /// <summary>
    /// Draws an assignment among the labels that exist. A sample's draw depends on the seed, its index and its own labels
    /// alone, so it stays the same when samples are added behind it.
    /// </summary>
    /// <param name="scenario">How to draw.</param>
    /// <param name="data">The data set, whose labels are not read.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <exception cref="ArgumentException">
    /// <see cref="LabelScenario.Full"/> and a sample lacks a label; the message names both.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The scenario is none of the enumeration.</exception>
    public static LabelAssignment Draw(LabelScenario scenario, IMultiTaskDataset data, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        TaskMask[] samples = new TaskMask[data.Count];
        for (int i = 0; i < samples.Length; i++)
        {
            TaskMask existing = data.GetLabeled(i) & data.Tasks.All;
            CounterRandom random = new(seed, RandomUse.Assignment, (ulong)i);
            samples[i] = scenario switch
            {
                LabelScenario.AsFound => existing,
                LabelScenario.Full => existing == data.Tasks.All ? existing : throw Lacking(data, i, existing),
                LabelScenario.OneLabel => Choose(existing, Math.Min(1, existing.Count), ref random),
                LabelScenario.RandomLabels => Choose(
                    existing,
                    existing.Count < 2 ? existing.Count : 1 + random.NextInt32(existing.Count - 1),
                    ref random
                ),
                LabelScenario.HalfLabels => existing & new TaskMask(random.NextUInt64()),
                _ => throw new ArgumentOutOfRangeException(nameof(scenario), scenario, "not a label scenario"),
            };
        }
        return new LabelAssignment(data.Tasks, samples);
    }

    /// <summary>
    /// A seed for one of several data sets that are joined, so that each draws for itself: the same as no other source's under any
    /// other seed of a run. The first source's is the run's.
    /// </summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="source">Place of the source, 0 or more.</param>
    public static ulong SeedOf(ulong seed, int source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        return source == 0 ? seed : new CounterRandom(seed, RandomUse.Source, (ulong)source).NextUInt64();
    }

    /// <summary>Writes the assignment as JSON: the names of the tasks and <c>labels_weights</c>, [N, K] of 0 and 1.</summary>
    /// <param name="path">The file, which appears whole or not at all.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        LabelAssignmentFile.Write(path, Tasks, _samples);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tasks">The tasks of the data set; the file must name the same ones in the same order.</param>
    /// <exception cref="JtrFormatException">The file is damaged, or about other tasks.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LabelAssignment Load(string path, TaskSet tasks)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(tasks);
        return new LabelAssignment(tasks, LabelAssignmentFile.Read(path, tasks));
    }

    /// <summary>
    /// Reads an assignment from elsewhere: a PyTorch file that holds <c>{"labels_weights": [N, K]}</c>, as the published
    /// ones do (Li, Liu, Bilen, CVPR 2022), or such a tensor alone, or a .npy array; of 0 and 1. Rows are samples in the data set's
    /// order, columns tasks in the set's order. Nothing in a PyTorch file is run: one that holds more than tensors and
    /// plain containers is refused.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tasks">The tasks, K of them, in the order of the file's columns.</param>
    /// <param name="count">The number of samples that the file has to be for, N.</param>
    /// <exception cref="JtrFormatException">The file is damaged, of another shape, or holds something else.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LabelAssignment Import(string path, TaskSet tasks, int count)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new LabelAssignment(tasks, LabelAssignmentImport.Read(path, tasks, count));
    }

    /// <summary>
    /// The assignment with the samples that a data set has beyond it, each with every label that it has: for extra frames
    /// behind the samples that a published assignment is for.
    /// </summary>
    /// <param name="data">A data set of the same tasks, whose first <see cref="Count"/> samples are those of this assignment.</param>
    /// <exception cref="ArgumentException">The data set has other tasks, or fewer samples.</exception>
    public LabelAssignment ExtendedTo(IMultiTaskDataset data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!data.Tasks.Select(t => t.Name).SequenceEqual(Tasks.Select(t => t.Name)))
            throw new ArgumentException($"the data set has the tasks {data.Tasks}, the assignment {Tasks}", nameof(data));
        if (data.Count < Count)
            throw new ArgumentException($"the data set has {data.Count} samples, fewer than the assignment's {Count}", nameof(data));
        TaskMask[] samples = new TaskMask[data.Count];
        _samples.CopyTo(samples, 0);
        for (int i = Count; i < samples.Length; i++)
            samples[i] = data.GetLabeled(i) & Tasks.All;
        return new LabelAssignment(Tasks, samples);
    }

    /// <summary>
    /// The assignment with fewer labels of a task: for learning curves, and to see what further labels would bring. Fewer are always among
    /// more, and tasks with as many labels keep those of the same samples.
    /// </summary>
    /// <param name="task">0 or more, below K.</param>
    /// <param name="count">The most labels to keep, 0 or more.</param>
    /// <param name="seed">Seed of the draw.</param>
    public LabelAssignment WithAtMost(int task, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(task);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(task, Tasks.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        IEnumerable<int> kept = Enumerable
            .Range(0, _samples.Length)
            .Where(i => _samples[i][task])
            .OrderBy(i => new CounterRandom(seed, RandomUse.Limit, (ulong)i).NextUInt64())
            .ThenBy(i => i)
            .Take(count);
        TaskMask others = new(Tasks.All.Bits & ~TaskMask.None.With(task).Bits);
        TaskMask[] samples = [.. _samples.Select(s => s & others)];
        foreach (int i in kept)
            samples[i] = samples[i].With(task);
        return new LabelAssignment(Tasks, samples);
    }

    /// <summary>A uniformly drawn subset of a given size (selection sampling: one pass, each subset equally likely).</summary>
    private static TaskMask Choose(TaskMask from, int size, ref CounterRandom random)
    {
        TaskMask chosen = TaskMask.None;
        int left = from.Count;
        for (int t = 0; size > 0; t++)
        {
            if (!from[t])
                continue;
            if (random.NextInt32(left--) >= size)
                continue;
            chosen = chosen.With(t);
            size--;
        }
        return chosen;
    }

    private static ArgumentException Lacking(IMultiTaskDataset data, int sample, TaskMask existing)
    {
        IEnumerable<string> missing = Enumerable.Range(0, data.Tasks.Count).Where(t => !existing[t]).Select(t => $"'{data.Tasks[t].Name}'");
        return new ArgumentException(
            $"sample {sample} ('{data.GetName(sample)}') has no label for {string.Join(", ", missing)}: the scenario Full needs every "
                + $"label of every sample (AsFound takes those that exist)",
            nameof(data)
        );
    }
}
