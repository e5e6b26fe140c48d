using Jtr.Interop.Datasets;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Labels;

/// <summary>How often labels violate a constraint.</summary>
/// <param name="Name">The constraint's, such as "implication.seg.tags".</param>
/// <param name="Violated">Places that violate it: pixels, or photographs where it is about whole ones.</param>
/// <param name="Places">Places where labels say enough to tell.</param>
public readonly record struct LabelViolations(string Name, long Violated, long Places)
{
    /// <summary>The share of places that violate it; 0 of none.</summary>
    public double Share => Places == 0 ? 0 : (double)Violated / Places;

    /// <summary>Both together.</summary>
    /// <param name="other">Those of other labels.</param>
    public LabelViolations Plus(LabelViolations other) =>
        this with
        {
            Violated = Violated + other.Violated,
            Places = Places + other.Places,
        };
}

/// <summary>Constraints as they are asked of labels instead of predictions. Several threads may use one at once.</summary>
public sealed class LabelConstraints
{
    private readonly TaskSet _tasks;
    private readonly (string Name, LabelRule Rule)[] _rules;

    /// <summary>Makes them for some tasks.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="constraints">The constraints.</param>
    /// <exception cref="ArgumentException">A constraint is about a task or class that there is not.</exception>
    public LabelConstraints(TaskSet tasks, IReadOnlyList<ConstraintOptions> constraints)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(constraints);
        _tasks = tasks;
        List<(string, LabelRule)> rules = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < constraints.Count; i++)
        {
            ConstraintOptions constraint = constraints[i] ?? throw new ArgumentException("a constraint is null", nameof(constraints));
            LabelRule rule = constraint.Rule(tasks, $"{nameof(constraints)}[{i}]");
            // As the trainer calls its terms.
            string name = $"{rule.Word}.{string.Join('.', rule.Named.Select(t => tasks[t].Name))}",
                own = name;
            for (int more = 2; !names.Add(own); more++)
                own = $"{name}.{more}";
            rules.Add((own, rule));
        }
        _rules = [.. rules];
    }

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _rules.Select(r => r.Name)];

    /// <summary>Counts what violates each, and takes the labels of some tasks away where they do.</summary>
    /// <param name="labels">A sample.</param>
    /// <param name="labeled">The tasks that it has labels of.</param>
    /// <param name="dropped">The tasks, among these, whose labels give way; null: none.</param>
    /// <returns>For each constraint, before anything was taken away by it.</returns>
    public IReadOnlyList<LabelViolations> Apply(SampleBuffer labels, TaskMask labeled, TaskMask? dropped = null)
    {
        if (labels.Tasks.Count != _tasks.Count)
            throw new ArgumentException($"there are labels of {labels.Tasks.Count} tasks, not {_tasks.Count}", nameof(labels));
        List<LabelViolations> found = [];
        foreach ((string name, LabelRule rule) in _rules)
        {
            (long violated, long places) = rule.Tasks.All(t => labeled[t]) ? rule.Apply(labels, dropped ?? TaskMask.None) : (0, 0);
            found.Add(new(name, violated, places));
        }
        return found;
    }
}
