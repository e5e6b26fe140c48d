using System.Text.Json.Nodes;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// A class of one task and a class of another are never at one place; of an image and its pixels, at none of them. The loss is that of
/// <see cref="ImplicationConstraint"/>.
/// </summary>
public sealed record ExclusionConstraint : ConstraintOptions
{
    internal const string Word = "exclusion";

    /// <summary>A task of classes or tags.</summary>
    public required string One { get; init; }

    /// <summary>Another one.</summary>
    public required string Other { get; init; }

    /// <summary>Which classes exclude each other.</summary>
    public required IReadOnlyList<ClassPair> Classes { get; init; }

    internal static ExclusionConstraint Read(ConstraintText text) =>
        new()
        {
            One = text.Required("one"),
            Other = text.Required("other"),
            Classes = text.Pairs("classes") ?? throw new FormatException("the constraint 'exclusion' needs classes=CLASS>CLASS;..."),
        };

    internal override LabelRule Rule(TaskSet tasks, string property) =>
        new ClassPairRule(
            tasks,
            Word,
            implies: false,
            LabelRule.Find(tasks, One, property),
            LabelRule.Find(tasks, Other, property),
            ClassNumbers.Pairs(tasks, One, Other, Classes, property)
        );

    private protected override void Write(JsonObject native, TaskSet tasks, string property)
    {
        native["name"] = Word;
        ClassNumbers.WritePairs(native, ("one", "one_classes", One), ("other", "other_classes", Other), Classes, tasks, property);
    }
}
