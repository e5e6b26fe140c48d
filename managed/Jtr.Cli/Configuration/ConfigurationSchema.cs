using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Jtr.Cli.Configuration;

/// <summary>The JSON schema of configuration files and the table of settings in docs/configuration.md, made from <see cref="SettingsTable"/>.</summary>
internal static class ConfigurationSchema
{
    /// <summary>The schema (draft 2020-12), for completion and checks in editors.</summary>
    /// <param name="train">`jtr train`, whose options describe the settings.</param>
    public static string Write(Command train)
    {
        using MemoryStream stream = new();
        // Quotes and the like as they are: the file is no web page.
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json-schema.org/draft/2020-12/schema");
            json.WriteString("title", "A run of jtr train");
            json.WriteString("type", "object");
            json.WriteBoolean("additionalProperties", false);
            json.WriteStartObject("properties");
            json.WriteStartObject("$schema");
            json.WriteString("type", "string");
            json.WriteEndObject();
            foreach ((string name, string title) in SettingsTable.Sections) WriteSection(json, train, name, title);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>The settings as a table of Markdown.</summary>
    /// <param name="train">`jtr train`, whose options describe the settings.</param>
    public static string WriteTable(Command train)
    {
        StringBuilder text = new();
        foreach ((string name, string title) in SettingsTable.Sections)
        {
            text.Append(CultureInfo.InvariantCulture, $"### {name}: {title}\n\n| setting | value | option | meaning |\n|---|---|---|---|\n");
            foreach (Setting setting in In(name))
                text.Append(CultureInfo.InvariantCulture, $"| `{setting.Key}` | {Cell(setting.Expected)} | `{setting.Option}` | {Cell(Description(train, setting))} |\n");
            text.Append('\n');
        }
        return text.ToString();
    }

    private static IEnumerable<Setting> In(string section) => SettingsTable.All.Where(s => s.Key.StartsWith(section + ".", StringComparison.Ordinal));

    /// <summary>What the option says; for one that turns something off, the other way round.</summary>
    private static string Description(Command train, Setting setting)
    {
        string text = train.Options.First(o => o.Name == setting.Option).Description ?? "";
        return setting.Kind == SettingKind.NegatedFlag ? $"false: {text} Default: true." : text;
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static void WriteSection(Utf8JsonWriter json, Command train, string name, string title)
    {
        json.WriteStartObject(name);
        json.WriteString("description", title);
        json.WriteString("type", "object");
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (Setting setting in In(name))
        {
            json.WriteStartObject(setting.Key[(name.Length + 1)..]);
            json.WriteString("description", $"{Description(train, setting)} ({setting.Option})");
            if (setting.IsList)
            {
                json.WriteString("type", "array");
                json.WriteStartObject("items");
                WriteValue(json, setting);
                json.WriteEndObject();
            }
            else WriteValue(json, setting);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, Setting setting)
    {
        json.WriteString("type", setting.Kind switch
        {
            SettingKind.Whole => "integer",
            SettingKind.Number or SettingKind.Numbers => "number",
            SettingKind.Flag or SettingKind.NegatedFlag => "boolean",
            _ => "string",
        });
        if (setting.Minimum is { } low) json.WriteNumber(setting.IsAboveMinimum ? "exclusiveMinimum" : "minimum", low);
        if (setting.Maximum is { } high) json.WriteNumber(setting.IsBelowMaximum ? "exclusiveMaximum" : "maximum", high);
        if (setting.Words.Count == 0) return;
        json.WriteStartArray("enum");
        foreach (string word in setting.Words) json.WriteStringValue(word);
        json.WriteEndArray();
    }
}
