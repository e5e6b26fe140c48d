using System.Text.Json.Nodes;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// Where there is a class of one task, there is one of another: a class at a pixel implies the image's tag, so a tag that is absent forbids
/// its class. The loss is the negative logarithm of the probability that it holds (semantic loss, Xu et al., ICML 2018, section 3). Labels
/// that are known stand in for predictions. The method "teacher" teaches no class that a known label forbids.
/// </summary>
public sealed record ImplicationConstraint : ConstraintOptions
{
    internal const string Word = "implication";

    /// <summary>The task whose classes imply others.</summary>
    public required string If { get; init; }

    /// <summary>The task whose classes are implied.</summary>
    public required string Then { get; init; }

    /// <summary>Which class implies which; null: each that of its own name.</summary>
    public IReadOnlyList<ClassPair>? Classes { get; init; }

    internal static ImplicationConstraint Read(ConstraintText text) =>
        new()
        {
            If = text.Required("if"),
            Then = text.Required("then"),
            Classes = text.Pairs("classes"),
        };

    internal override LabelRule Rule(TaskSet tasks, string property) =>
        new ClassPairRule(
            tasks,
            Word,
            implies: true,
            LabelRule.Find(tasks, If, property),
            LabelRule.Find(tasks, Then, property),
            ClassNumbers.Pairs(tasks, If, Then, Classes, property)
        );

    private protected override void Write(JsonObject native, TaskSet tasks, string property)
    {
        native["name"] = Word;
        ClassNumbers.WritePairs(native, ("if", "if_classes", If), ("then", "then_classes", Then), Classes, tasks, property);
    }
}
