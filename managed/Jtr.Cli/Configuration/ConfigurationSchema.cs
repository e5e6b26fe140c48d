using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Jtr.Cli.Configuration;

/// <summary>
/// The JSON schema of configuration files and the table of settings in docs/configuration.md, out of a <see cref="SettingsTable"/>.
/// </summary>
internal static class ConfigurationSchema
{
    // Quotes and the like as they are: the file is no web page.
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema (draft 2020-12), for completion and checks in editors.</summary>
    public static string Write(SettingsTable table)
    {
        JsonObject sections = new() { ["$schema"] = new JsonObject { ["type"] = "string" } };
        foreach ((string name, string title) in table.Sections)
        {
            JsonObject settings = [];
            foreach (Setting setting in table.All.Where(s => s.Section == name))
                settings[setting.Name] = Describe(setting);
            sections[name] = new JsonObject
            {
                ["description"] = title,
                ["type"] = "object",
                ["additionalProperties"] = false,
                ["properties"] = settings,
            };
        }
        JsonObject schema = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "A run of jtr train",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = sections,
        };
        return schema.ToJsonString(_indented) + "\n";
    }

    /// <summary>The settings as a table of Markdown.</summary>
    public static string WriteTable(SettingsTable table)
    {
        StringBuilder text = new();
        foreach ((string name, string title) in table.Sections)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"### {name}: {title}\n\n| setting | value | option | meaning |\n|---|---|---|---|\n"
            );
            foreach (Setting setting in table.All.Where(s => s.Section == name))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{setting.Key}` | {Cell(setting.Expected)} | `{setting.Option}` | {Cell(Description(setting))} |\n"
                );
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What the option says; for one that turns something off, the other way round.</summary>
    private static string Description(Setting setting) =>
        setting.Kind == SettingKind.NegatedFlag ? $"false: {setting.Description} Default: true." : setting.Description;

    private static string Cell(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal);

    private static JsonObject Describe(Setting setting)
    {
        JsonObject described = new() { ["description"] = $"{Description(setting).Replace('\n', ' ')} ({setting.Option})" };
        JsonObject value = described;
        if (setting.IsList)
        {
            described["type"] = "array";
            described["items"] = value = [];
        }
        value["type"] = setting.Kind switch
        {
            SettingKind.Whole => "integer",
            SettingKind.Number or SettingKind.Numbers => "number",
            SettingKind.Flag or SettingKind.NegatedFlag or SettingKind.Switch => "boolean",
            _ => "string",
        };
        if (setting.Minimum is { } low)
            value[setting.IsAboveMinimum ? "exclusiveMinimum" : "minimum"] = low;
        if (setting.Maximum is { } high)
            value[setting.IsBelowMaximum ? "exclusiveMaximum" : "maximum"] = high;
        if (setting.Default is { } standard)
            described["default"] = SettingValue.ToNode(standard);
        if (setting.Words.Count == 0)
            return described;
        JsonArray words =
        [
            .. setting.Words.Select(w => setting.IsNumber ? (JsonNode)long.Parse(w, CultureInfo.InvariantCulture) : JsonValue.Create(w)),
        ];
        if (setting.AllowsSeveral)
            value["anyOf"] = new JsonArray(new JsonObject { ["enum"] = words }, new JsonObject { ["pattern"] = "^.+\\+.+$" });
        else
            value["enum"] = words;
        return described;
    }
}
