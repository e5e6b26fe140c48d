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
            foreach (VisionTask task in Renamed(source))
            {
                int place = united.FindIndex(t => t.Name == task.Name);
                if (place < 0)
                {
                    united.Add(task);
                    from.Add(source.Name);
                    continue;
                }
                Match(source, task, united[place], $"that of '{from[place]}'", nameof(sources));
                united[place] = task.Kind.Richer(united[place], task);
            }
        }
        return new TaskSet(united);
    }

    /// <summary>For every task of a source its place among the joined ones, or -1.</summary>
    public static int[] Places(TaskSet joined, JoinedSource source) =>
        [.. source.Data.Tasks.Select(t => joined.IndexOf(source.JoinedName(t.Name)))];

    /// <summary>Checks the tasks of sources against those that are asked for. Others do not count.</summary>
    /// <exception cref="ArgumentException">Tasks of the same name are not the same task.</exception>
    public static void Check(IReadOnlyList<JoinedSource> sources, TaskSet tasks)
    {
        foreach (JoinedSource source in sources)
        {
            foreach (VisionTask task in Renamed(source))
            {
                if (tasks.IndexOf(task.Name) is >= 0 and int place)
                    Match(source, task, tasks[place], "the one that is asked for", nameof(sources));
            }
        }
    }

    private static void Match(JoinedSource source, VisionTask task, VisionTask other, string what, string parameter)
    {
        if (Difference(other, task) is { } difference)
            throw new ArgumentException($"the task '{task.Name}' of '{source.Name}' is not {what}: {difference}", parameter);
    }

    /// <summary>The tasks of a source with the names that they have in the joined data set.</summary>
    private static IEnumerable<VisionTask> Renamed(JoinedSource source)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (VisionTask task in source.Data.Tasks)
        {
            string name = source.JoinedName(task.Name);
            if (!names.Add(name))
                throw new ArgumentException($"'{source.Name}' has two tasks named '{name}'", nameof(source));
            yield return name == task.Name ? task : task.WithName(name);
        }
        if (source.Rename?.Keys.FirstOrDefault(k => source.Data.Tasks.IndexOf(k) < 0) is string unknown)
            throw new ArgumentException($"'{source.Name}' has no task '{unknown}' to rename; it has {source.Data.Tasks}", nameof(source));
    }

    private static string? Difference(VisionTask first, VisionTask second)
    {
        if (first.Kind != second.Kind)
            return $"{second.Kind} and {first.Kind}";
        if (first.Channels != second.Channels)
            return $"{second.Channels} and {first.Channels} {first.Kind.ChannelWord}";
        return first.Kind.Difference(first, second);
    }
}
