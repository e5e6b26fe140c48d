using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace Jtr.Cli.Configuration;

/// <summary>
/// The JSON schema of configuration files and the table of settings in docs/configuration.md: the shape is that of
/// <see cref="RunConfiguration"/>, the rest comes from <see cref="SettingsTable"/>.
/// </summary>
internal static class ConfigurationSchema
{
    // Quotes and the like as they are: the file is no web page.
    private static readonly JsonSerializerOptions _indented = new(ConfigurationJson.Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema (draft 2020-12), for completion and checks in editors.</summary>
    public static string Write()
    {
        JsonSchemaExporterOptions options = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe };
        JsonNode shape = ConfigurationJson.Default.Options.GetJsonSchemaAsNode(typeof(RunConfiguration), options);
        JsonObject schema = new() { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = "A run of jtr train" };
        foreach ((string name, JsonNode? node) in shape.AsObject())
            schema[name] = node?.DeepClone();
        return schema.ToJsonString(_indented) + "\n";
    }

    /// <summary>The settings as a table of Markdown.</summary>
    public static string WriteTable()
    {
        StringBuilder text = new();
        foreach ((string name, string title) in SettingsTable.Sections)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"### {name}: {title}\n\n| setting | value | option | meaning |\n|---|---|---|---|\n"
            );
            foreach (Setting setting in SettingsTable.All.Where(s => s.Key.StartsWith(name + ".", StringComparison.Ordinal)))
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

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>Adds to the shape of a value what its setting says.</summary>
    private static JsonObject Describe(JsonSchemaExporterContext context, JsonNode shape)
    {
        // Of a setting: properties, section, properties, name; and items for each of a list.
        string[] path = context.Path.ToArray();
        string type = TypeOf(shape);
        if (path.Length == 4 && SettingsTable.Find($"{path[1]}.{path[3]}") is Setting setting)
        {
            JsonObject described = new() { ["description"] = $"{Description(setting)} ({setting.Option})", ["type"] = type };
            JsonObject value = described;
            if (setting.IsList)
            {
                value = new JsonObject { ["type"] = setting.IsNumber ? "number" : "string" };
                described["items"] = value;
            }
            Limit(value, setting);
            return described;
        }
        if (type != "object")
            return new JsonObject { ["type"] = type };
        JsonObject section = [];
        if (path.Length == 2)
            section["description"] = SettingsTable.Sections.First(s => s.Name == path[1]).Title;
        section["type"] = "object";
        section["additionalProperties"] = false;
        section["properties"] = shape["properties"]?.DeepClone();
        return section;
    }

    /// <summary>The type of a value that is said: null says nothing.</summary>
    private static string TypeOf(JsonNode shape) =>
        shape["type"] switch
        {
            JsonArray types => types.Select(t => (string)t!).First(t => t != "null"),
            JsonNode type => (string)type!,
            null => "object",
        };

    private static void Limit(JsonObject value, Setting setting)
    {
        if (setting.Minimum is { } low)
            value[setting.IsAboveMinimum ? "exclusiveMinimum" : "minimum"] = low;
        if (setting.Maximum is { } high)
            value[setting.IsBelowMaximum ? "exclusiveMaximum" : "maximum"] = high;
        if (setting.Words.Count == 0)
            return;
        value["enum"] = new JsonArray([
            .. setting.Words.Select(w => setting.IsNumber ? (JsonNode)long.Parse(w, CultureInfo.InvariantCulture) : JsonValue.Create(w)),
        ]);
    }
}
