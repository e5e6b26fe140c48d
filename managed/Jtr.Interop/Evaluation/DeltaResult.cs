namespace Jtr.Interop.Evaluation;

/// <summary>The relative improvement of one task's headline metric.</summary>
/// <param name="Task">Name of the task.</param>
/// <param name="Percent">In percent of the baseline's value, positive when better; NaN when there is none.</param>
/// <param name="Note">Why there is none, or empty.</param>
public readonly record struct TaskDelta(string Task, double Percent, string Note)
{
    /// <summary>Whether the task enters the mean.</summary>
    public bool Counts => !double.IsNaN(Percent);
}

/// <summary>Delta % and what it is made of.</summary>
public sealed class DeltaResult
{
    internal DeltaResult(IReadOnlyList<TaskDelta> tasks)
    {
        Tasks = tasks;
        double sum = 0;
        int count = 0;
        foreach (TaskDelta delta in tasks)
        {
            if (!delta.Counts)
                continue;
            sum += delta.Percent;
            count++;
        }
        Percent = count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Mean over the tasks that can be compared, in percent, positive when better; NaN when none can.</summary>
    public double Percent { get; }

    /// <summary>Each task's part, those that could not be compared included.</summary>
    public IReadOnlyList<TaskDelta> Tasks { get; }

    /// <summary>A line for each task that was left out, with the reason.</summary>
    public IReadOnlyList<string> Notes => [.. Tasks.Where(t => !t.Counts).Select(t => $"task '{t.Task}' is left out of Delta %: {t.Note}")];

    internal static DeltaResult Compare(EvaluationResult result, EvaluationResult baseline)
    {
        List<TaskDelta> deltas = [];
        foreach (TaskResult task in result.Tasks)
        {
            TaskResult? other = baseline.Tasks.FirstOrDefault(t => t.Name == task.Name);
            deltas.Add(other is null ? new(task.Name, double.NaN, "the baseline does not have it") : Compare(task, other));
        }
        foreach (TaskResult other in baseline.Tasks)
        {
            if (result.Tasks.All(t => t.Name != other.Name))
                deltas.Add(new(other.Name, double.NaN, "only the baseline has it"));
        }
        return new DeltaResult(deltas);
    }

    private static TaskDelta Compare(TaskResult task, TaskResult baseline)
    {
        MetricValue mine = task.Headline,
            theirs = baseline.Headline;
        if (mine.Name != theirs.Name)
            return new(task.Name, double.NaN, $"its headline metric is {mine.Name}, the baseline's {theirs.Name}");
        if (double.IsNaN(mine.Value))
            return new(task.Name, double.NaN, "it had nothing to score");
        if (double.IsNaN(theirs.Value))
            return new(task.Name, double.NaN, "it had nothing to score in the baseline");
        if (theirs.Value == 0)
            return new(task.Name, double.NaN, $"the baseline's {theirs.Name} is 0");
        double change = 100 * (mine.Value - theirs.Value) / theirs.Value;
        // Adding 0 turns the -0 of "no change, lower is better" into 0.
        return new(task.Name, (mine.HigherIsBetter ? change : -change) + 0.0, "");
    }
}
