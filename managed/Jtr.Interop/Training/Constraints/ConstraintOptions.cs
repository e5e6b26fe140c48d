using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Labels.Rules;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>
/// What is known of predictions before any is made, as a term beside any method. <see cref="Trainer"/> reports two terms of each: its loss,
/// such as "implication.seg.tags", and the share of places that violate it, "implication.seg.tags.violated". What is null keeps the
/// library's default, which <see cref="JtrRuntime.OptionsSchema"/> tells with its range; ranges are checked when the trainer is made.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "name")]
[JsonDerivedType(typeof(ImplicationConstraint), ImplicationConstraint.Word)]
[JsonDerivedType(typeof(ExclusionConstraint), ExclusionConstraint.Word)]
[JsonDerivedType(typeof(DepthNormalsConstraint), DepthNormalsConstraint.Word)]
[JsonDerivedType(typeof(BoundsConstraint), BoundsConstraint.Word)]
public abstract record ConstraintOptions
{
    // One line a constraint: how it is read.
    private static readonly Dictionary<string, Func<ConstraintText, ConstraintOptions>> _kinds = new(StringComparer.Ordinal)
    {
        [ImplicationConstraint.Word] = ImplicationConstraint.Read,
        [ExclusionConstraint.Word] = ExclusionConstraint.Read,
        [DepthNormalsConstraint.Word] = DepthNormalsConstraint.Read,
        [BoundsConstraint.Word] = BoundsConstraint.Read,
    };

    private protected ConstraintOptions() { }

    /// <summary>Weight of the term, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>
    /// A constraint as a text: its name, a colon and values with commas between, such as "implication:if=seg,then=tags,weight=0.5". Lists
    /// have semicolons, pairs of classes "&gt;" between: "classes=shirt&gt;top;bag&gt;bag".
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none; the message says what is wrong with which value.</exception>
    public static ConstraintOptions Parse(string text)
    {
        ConstraintText parts = new(text);
        if (!_kinds.TryGetValue(parts.Name, out Func<ConstraintText, ConstraintOptions>? read))
            throw new FormatException($"there is no constraint '{parts.Name}'; there are {string.Join(", ", _kinds.Keys)}");
        ConstraintOptions constraint = read(parts) with { Weight = parts.Number("weight") };
        parts.Finish();
        return constraint;
    }

    /// <summary>As libjtr reads it.</summary>
    /// <param name="tasks">The tasks, whose classes it names.</param>
    /// <param name="property">Where it stands, for messages.</param>
    internal JsonObject ToNative(TaskSet tasks, string property)
    {
        JsonObject native = [];
        Write(native, tasks, property);
        if (Weight is { } weight)
            native["weight"] = weight;
        return native;
    }

    /// <summary>As it is asked of labels.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="property">Where it stands, for messages.</param>
    /// <exception cref="ArgumentException">There is no such task or class.</exception>
    internal abstract LabelRule Rule(TaskSet tasks, string property);

    /// <summary>Writes its name and what it has beside the weight.</summary>
    private protected abstract void Write(JsonObject native, TaskSet tasks, string property);

    private protected static JsonArray? Numbers(IReadOnlyList<double>? values) =>
        values is null ? null : new JsonArray([.. values.Select(v => (JsonNode)v)]);

    private protected static void Add(JsonObject native, string key, JsonNode? value)
    {
        if (value is not null)
            native[key] = value;
    }
}
