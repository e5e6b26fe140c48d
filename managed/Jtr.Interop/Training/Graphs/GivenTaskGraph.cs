using System.Text.Json.Nodes;

namespace Jtr.Interop.Training;

/// <summary>Pairs of tasks that are given: no others inform each other.</summary>
/// <param name="Pairs">The pairs, each once.</param>
public sealed record GivenTaskGraph(IReadOnlyList<TaskPair> Pairs) : TaskGraphOptions
{
    internal const string Word = "given";

    internal override JsonObject ToNative() =>
        new()
        {
            ["name"] = Word,
            ["from"] = new JsonArray([.. Pairs.Select(p => (JsonNode)p.From)]),
            ["to"] = new JsonArray([.. Pairs.Select(p => (JsonNode)p.To)]),
            ["weights"] = new JsonArray([.. Pairs.Select(p => (JsonNode)p.Weight)]),
        };

    internal override void Validate()
    {
        foreach (TaskPair pair in OptionRange.NotNull(nameof(Pairs), Pairs))
            OptionRange.NotNull(nameof(Pairs), pair);
    }
}
