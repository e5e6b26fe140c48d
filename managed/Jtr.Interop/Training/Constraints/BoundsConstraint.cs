using System.Text.Json.Nodes;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// Values of depth, normals, maps or regression are not below a lowest and not above a highest one, everywhere or where there is some class
/// (the sky is far). The loss is the mean distance from the bounds, in the task's own unit.
/// </summary>
public sealed record BoundsConstraint : ConstraintOptions
{
    internal const string Word = "bounds";

    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The lowest value, one for all channels or one each; null: no bound.</summary>
    public IReadOnlyList<double>? Lowest { get; init; }

    /// <summary>The highest value, likewise.</summary>
    public IReadOnlyList<double>? Highest { get; init; }

    /// <summary>The task at whose classes it holds; null: everywhere.</summary>
    public string? Where { get; init; }

    /// <summary>Names or numbers of these classes.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    internal static BoundsConstraint Read(ConstraintText text) =>
        new()
        {
            Task = text.Required("task"),
            Lowest = text.Numbers("lowest"),
            Highest = text.Numbers("highest"),
            Where = text.Optional("where"),
            Classes = text.List("classes"),
        };

    internal override LabelRule Rule(TaskSet tasks, string property) =>
        new BoundsRule(
            tasks,
            Word,
            LabelRule.Find(tasks, Task, property),
            Lowest?.ToArray(),
            Highest?.ToArray(),
            Where is { } other ? LabelRule.Find(tasks, other, property) : null,
            Where is { } of && Classes is { } classes ? ClassNumbers.NumbersOf(of, classes, tasks, property) : []
        );

    private protected override void Write(JsonObject native, TaskSet tasks, string property)
    {
        native["name"] = Word;
        native["task"] = Task;
        Add(native, "lowest", Numbers(Lowest));
        Add(native, "highest", Numbers(Highest));
        Add(native, "where", Where);
        if (Classes is not null)
            native["classes"] = Where is null ? [] : ClassNumbers.Of(Where, Classes, tasks, property);
    }
}
