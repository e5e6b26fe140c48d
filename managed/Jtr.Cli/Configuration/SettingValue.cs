using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Cli.Configuration;

/// <summary>Values of settings: texts, numbers, truth values and lists of texts or numbers.</summary>
internal static class SettingValue
{
    /// <summary>As texts: one, or those of a list.</summary>
    public static IReadOnlyList<string> Texts(object value) =>
        value switch
        {
            string[] texts => texts,
            double[] numbers => [.. numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))],
            bool flag => [flag ? "true" : "false"],
            double number => [number.ToString("R", CultureInfo.InvariantCulture)],
            _ => [Convert.ToString(value, CultureInfo.InvariantCulture)!],
        };

    /// <summary>The texts of what JSON has.</summary>
    public static IReadOnlyList<string> Texts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Scalar)] : [Scalar(value)];

    /// <summary>As one text.</summary>
    public static string Text(object value) => string.Join(',', Texts(value));

    /// <summary>Whether two say the same, also where one is a whole number and the other is not.</summary>
    public static bool Same(object? a, object? b) => a is null || b is null ? a == b : Texts(a).SequenceEqual(Texts(b));

    /// <summary>As JSON.</summary>
    public static JsonNode ToNode(object value) =>
        value switch
        {
            string text => JsonValue.Create(text),
            bool flag => JsonValue.Create(flag),
            string[] texts => new JsonArray([.. texts.Select(t => (JsonNode)t)]),
            double[] numbers => new JsonArray([.. numbers.Select(n => (JsonNode)n)]),
            double number => JsonValue.Create(number),
            int whole => JsonValue.Create(whole),
            long whole => JsonValue.Create(whole),
            ulong whole => JsonValue.Create(whole),
            _ => throw new ArgumentException($"{value.GetType()} is no type of a setting", nameof(value)),
        };

    /// <summary>What JSON has, where nothing is known of the setting.</summary>
    /// <exception cref="JsonException">It is an object, or null.</exception>
    public static object Of(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.TryGetInt64(out long whole) ? whole : value.GetDouble(),
            JsonValueKind.Array when value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number) => value
                .EnumerateArray()
                .Select(e => e.GetDouble())
                .ToArray(),
            JsonValueKind.Array => Texts(value).ToArray(),
            _ => throw new JsonException($"a setting cannot be {value.GetRawText()}"),
        };

    private static string Scalar(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => value.GetRawText(),
        };
}
