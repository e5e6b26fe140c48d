using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Interop.Tasks;

/// <summary>The settings of one task in a JSON document. Immutable.</summary>
public sealed class TaskSettings
{
    private readonly JsonObject _values;

    /// <summary>Looks at a JSON object.</summary>
    /// <param name="values">The object, or null for an empty one. What is changed in it afterwards does not count.</param>
    public TaskSettings(JsonObject? values = null)
    {
        // Values that were put in as they are would be read back by their own type alone.
        _values = values is null ? [] : (JsonObject)JsonNode.Parse(values.ToJsonString())!;
        Keys = [.. _values.Where(v => v.Value is not null).Select(v => v.Key)];
    }

    /// <summary>No settings.</summary>
    public static TaskSettings Empty { get; } = new();

    /// <summary>Names of the settings that are there.</summary>
    public IReadOnlyCollection<string> Keys { get; }

    internal JsonObject Values => _values;

    /// <summary>The further properties of a document.</summary>
    internal static TaskSettings Of(Dictionary<string, JsonElement>? properties) =>
        new(properties is null ? null : new JsonObject(properties.Select(p => KeyValuePair.Create(p.Key, Node(p.Value)))));

    /// <summary>A number; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public double? Number(string key) =>
        !Has(key, out JsonNode? node) ? null
        : Is(node, out double number) ? number
        : throw Other(key, "a number", node);

    /// <summary>A whole number; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public int? Whole(string key) =>
        !Has(key, out JsonNode? node) ? null
        : Is(node, out int number) ? number
        : throw Other(key, "a whole number", node);

    /// <summary>A text; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public string? Text(string key) =>
        !Has(key, out JsonNode? node) ? null
        : Is(node, out string? text) ? text
        : throw Other(key, "a text", node);

    /// <summary>A list of texts; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (!Has(key, out JsonNode? node))
            return null;
        if (node is not JsonArray array)
            throw Other(key, "a list of texts", node);
        return [.. array.Select(a => Is(a, out string? text) ? text : throw Other(key, "a list of texts", node))];
    }

    /// <summary>A list of whole numbers; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public IReadOnlyList<int>? Wholes(string key)
    {
        if (!Has(key, out JsonNode? node))
            return null;
        if (node is not JsonArray array)
            throw Other(key, "a list of whole numbers", node);
        return [.. array.Select(a => Is(a, out int number) ? number : throw Other(key, "a list of whole numbers", node))];
    }

    /// <summary>A list of numbers, for which a single number may stand; null where there is none.</summary>
    /// <param name="key">Its name.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public IReadOnlyList<double>? Numbers(string key)
    {
        const string expected = "a number or a list of numbers";
        if (!Has(key, out JsonNode? node))
            return null;
        if (Is(node, out double only))
            return [only];
        if (node is not JsonArray array)
            throw Other(key, expected, node);
        return [.. array.Select(a => Is(a, out double number) ? number : throw Other(key, expected, node))];
    }

    private static ArgumentException Other(string key, string expected, JsonNode found)
    {
        const int most = 40;
        string text = found.ToJsonString();
        return new ArgumentException($"'{key}' has to be {expected}, not {(text.Length <= most ? text : text[..most] + "...")}");
    }

    private bool Has(string key, [NotNullWhen(true)] out JsonNode? node) => _values.TryGetPropertyValue(key, out node) && node is not null;

    private static JsonNode? Node(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => JsonObject.Create(element),
            JsonValueKind.Array => JsonArray.Create(element),
            JsonValueKind.Null => null,
            _ => JsonValue.Create(element),
        };

    private static bool Is<T>(JsonNode? node, [NotNullWhen(true)] out T? value)
    {
        value = default;
        return node is JsonValue one && one.TryGetValue(out value) && value is not null;
    }
}
