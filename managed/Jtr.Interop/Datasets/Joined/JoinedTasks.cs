using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Joined;

/// <summary>Makes one set of tasks of several, matched by name.</summary>
internal static class JoinedTasks
{
    /// <summary>The tasks of all sources, in the order in which they first occur.</summary>
    /// <exception cref="ArgumentException">Tasks of the same name are not the same task.</exception>
    public static TaskSet Unite(IReadOnlyList<JoinedSource> sources)
    {
        List<VisionTask> united = [];
        List<string> from = [];
        foreach (JoinedSource source in sources)
        {
            foreach (VisionTask task in source.Data.Tasks)
            {
                int place = united.FindIndex(t => t.Name == task.Name);
                if (place < 0)
                {
                    united.Add(task);
                    from.Add(source.Name);
                    continue;
                }
                if (Difference(united[place], task) is { } difference)
                    throw new ArgumentException($"the task '{task.Name}' of '{source.Name}' is not that of '{from[place]}': {difference}", nameof(sources));
                // Names tell more than numbers.
                if (united[place] is SegmentationTask known && task is SegmentationTask && !IsNamed(known)) united[place] = task;
            }
        }
        return new TaskSet(united);
    }

    /// <summary>For every task of a source its place among the joined ones.</summary>
    public static int[] Places(TaskSet joined, TaskSet source) => [.. source.Select(t => joined.IndexOf(t.Name))];

    private static string? Difference(VisionTask first, VisionTask second)
    {
        if (first.Kind != second.Kind) return $"{second.Kind} and {first.Kind}";
        if (first.Channels != second.Channels) return $"{second.Channels} and {first.Channels} {(first is SegmentationTask ? "classes" : "channels")}";
        return (first, second) switch
        {
            (SegmentationTask a, SegmentationTask b) when IsNamed(a) && IsNamed(b) => FirstDifference(a.ClassNames, b.ClassNames),
            (DepthTask a, DepthTask b) when a != b => $"mean and deviation ({b.Mean}, {b.StandardDeviation}) and ({a.Mean}, {a.StandardDeviation})",
            _ => null,
        };
    }

    private static string? FirstDifference(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        for (int i = 0; i < first.Count; i++)
        {
            if (first[i] != second[i]) return $"class {i} is '{second[i]}' and '{first[i]}'";
        }
        return null;
    }

    private static bool IsNamed(SegmentationTask task) => !task.ClassNames.SequenceEqual(new SegmentationTask(task.Name, task.ClassCount).ClassNames);
}
