using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Cli.Configuration;

/// <summary>What the native library's schema says of an option.</summary>
internal sealed record SettingFacts
{
    /// <summary>What its value is.</summary>
    public required SettingKind Kind { get; init; }

    /// <summary>The type of its value.</summary>
    public required Type Type { get; init; }

    /// <summary>What stands for it on a help page.</summary>
    public required string HelpName { get; init; }

    /// <summary>What it means.</summary>
    public required string Text { get; init; }

    /// <summary>The smallest number, or null.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number, or null.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether the smallest one is left out.</summary>
    public bool IsAboveMinimum { get; init; }

    /// <summary>Whether the largest one is left out.</summary>
    public bool IsBelowMaximum { get; init; }

    /// <summary>The words that there are, or none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The default as a text, or null where there is none, or it is empty or a list.</summary>
    public string? Default { get; init; }

    /// <summary>What is said of an option.</summary>
    public static SettingFacts Of(NativeSetting native)
    {
        JsonObject schema = native.Schema;
        string[] words = [.. (schema["enum"] as JsonArray ?? []).Select(w => (string)w!)];
        (SettingKind kind, Type type, string helpName) = (string?)schema["type"] switch
        {
            "integer" => (SettingKind.Whole, typeof(long), "N"),
            "number" => (SettingKind.Number, typeof(double), "X"),
            "boolean" => (SettingKind.Switch, typeof(bool), "true|false"),
            "array" => (string?)schema["items"]?["type"] == "string"
                ? (SettingKind.Texts, typeof(string[]), "LIST")
                : (SettingKind.Numbers, typeof(double[]), "LIST"),
            _ when words.Length > 0 => (SettingKind.Word, typeof(string), string.Join('|', words)),
            _ => (SettingKind.Text, typeof(string), "TEXT"),
        };
        return new SettingFacts
        {
            Kind = kind,
            Type = type,
            HelpName = helpName,
            Text = (string?)schema["description"] ?? "",
            Minimum = Number("minimum") ?? Number("exclusiveMinimum"),
            Maximum = Number("maximum") ?? Number("exclusiveMaximum"),
            IsAboveMinimum = Number("exclusiveMinimum") is not null,
            IsBelowMaximum = Number("exclusiveMaximum") is not null,
            Words = words,
            Default = native.Default is JsonValue value && Plain(value) is { Length: > 0 } text ? text : null,
        };

        // Those of a list are said of its elements.
        double? Number(string bound) => (double?)(schema["items"] ?? schema)[bound];

        static string Plain(JsonValue value) =>
            value.GetValueKind() switch
            {
                JsonValueKind.String => value.GetValue<string>(),
                JsonValueKind.Number => value.GetValue<JsonElement>().GetDouble().ToString("R", CultureInfo.InvariantCulture),
                _ => value.ToJsonString(),
            };
    }
}
