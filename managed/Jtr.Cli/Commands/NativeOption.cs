using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Cli.Commands;

/// <summary>Options of the native library as PATH=VALUE, such as optimizer.name=adamw.</summary>
internal static class NativeOption
{
    /// <summary>The JSON object that some of them make, or null for none.</summary>
    /// <exception cref="UsageException">One is no PATH=VALUE, or two contradict each other.</exception>
    public static JsonObject? Parse(IReadOnlyList<string>? assignments)
    {
        if (assignments is null || assignments.Count == 0)
            return null;
        JsonObject document = [];
        foreach (string assignment in assignments)
            Add(document, assignment);
        return document;
    }

    /// <summary>The assignments that make a JSON object.</summary>
    public static IReadOnlyList<string> Write(JsonObject? document) => document is null ? [] : [.. Leaves("", document)];

    private static IEnumerable<string> Leaves(string path, JsonNode? node) =>
        node is JsonObject { Count: > 0 } parent
            ? parent.SelectMany(p => Leaves(path.Length == 0 ? p.Key : $"{path}.{p.Key}", p.Value))
            : [$"{path}={Text(node)}"];

    private static string Text(JsonNode? node) =>
        node is JsonValue value
        && value.TryGetValue(out string? text)
        && Value(text) is JsonValue same
        && same.GetValueKind() == JsonValueKind.String
            ? text
            : node?.ToJsonString() ?? "null";

    private static void Add(JsonObject document, string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        string[] path = equals <= 0 ? [] : assignment[..equals].Trim().Split('.');
        if (path.Length == 0 || path.Any(string.IsNullOrWhiteSpace))
            throw new UsageException(
                $"--option must be PATH=VALUE, such as ema_decay=0.99, not '{assignment}'. 'jtr options' lists the paths."
            );
        if (path[0].StartsWith("tasks", StringComparison.Ordinal))
            throw new UsageException("--option: tasks come from the data; --tasks says which.");
        JsonObject place = document;
        foreach (string name in path[..^1])
        {
            place[name] ??= new JsonObject();
            place =
                place[name] as JsonObject ?? throw new UsageException($"--option {assignment}: '{name}' has a value of its own already.");
        }
        if (place.ContainsKey(path[^1]))
            throw new UsageException($"--option {assignment}: '{assignment[..equals].Trim()}' is said twice.");
        place[path[^1]] = Value(assignment[(equals + 1)..].Trim());
    }

    /// <summary>What is JSON is taken as such, everything else as a text: 0.5, true, [1, 2], adamw.</summary>
    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
