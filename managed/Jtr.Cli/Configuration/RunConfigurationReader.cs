using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Jtr.Cli.Data;
using Jtr.Interop;
using Jtr.Interop.Json;

namespace Jtr.Cli.Configuration;

/// <summary>Reads the settings of a run: a configuration file, and the command line on top of it.</summary>
internal static class RunConfigurationReader
{
    private const string SchemaKey = "$schema";

    /// <summary>What the options of a command line say.</summary>
    public static RunConfiguration Read(ParseResult parsed) => Read(parsed, null, []);

    /// <summary>Reads and checks.</summary>
    /// <param name="parsed">The command line, whose options count most.</param>
    /// <param name="path">The file, or null for none.</param>
    /// <param name="sets">Further settings as KEY=VALUE, which count more than the file; lists are separated by commas.</param>
    /// <param name="table">The settings that there are, or null for those of the native library that is loaded.</param>
    /// <exception cref="UsageException">A setting of the command line is unknown or has a value that it does not allow.</exception>
    /// <exception cref="JtrFormatException">One of the file is, or the file is no JSON.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunConfiguration Read(ParseResult parsed, string? path, IReadOnlyList<string> sets, SettingsTable? table = null)
    {
        table ??= SettingsTable.Current;
        RunConfiguration configuration = new();
        if (path is not null)
            AddFile(path, configuration, table);
        foreach (string set in sets)
            AddSet(set, configuration, table);
        AddOptions(parsed, configuration);
        return configuration;
    }

    private static void AddFile(string path, RunConfiguration configuration, SettingsTable table)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"{path}: {(Directory.Exists(path) ? "is a folder; name a file, such as the config.json in it" : "there is no such file")}",
                path
            );
        byte[] bytes = JsonFile.ReadBytes(path, "a configuration");
        JsonReaderOptions options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        try
        {
            AddFile(path, bytes, new Utf8JsonReader(bytes, options), configuration, table);
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"is not a configuration: {e.Message}", innerException: e);
        }
    }

    private static void AddFile(string path, byte[] bytes, Utf8JsonReader reader, RunConfiguration configuration, SettingsTable table)
    {
        string folder = Path.GetDirectoryName(path)!;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("it has to be an object { ... } with a section for each of its keys.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string section = reader.GetString()!;
            long at = reader.TokenStartIndex;
            reader.Read();
            // null in a file says nothing.
            if (section == SchemaKey || reader.TokenType == JsonTokenType.Null)
                reader.Skip();
            else if (reader.TokenType != JsonTokenType.StartObject)
                throw At(at, Unknown(section, table));
            else
                AddSection(section, ref reader);
        }
        // Nothing may be behind the object.
        reader.Read();

        void AddSection(string section, ref Utf8JsonReader reader)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string key = $"{section}.{reader.GetString()}";
                long at = reader.TokenStartIndex;
                Setting setting = table.Find(key) ?? throw At(at, Unknown(key, table));
                reader.Read();
                JsonElement value = JsonElement.ParseValue(ref reader);
                if (Value(setting, value) is { } texts && texts.Count > 0)
                    setting.Set(configuration, setting.Convert([.. texts.Select(t => Resolved(setting, t, folder))]));
                else if (value.ValueKind != JsonValueKind.Null && !(setting.IsList && IsEmpty(value)))
                    throw At(at, Wrong(setting, Shown(setting, value)));
            }
        }

        JtrFormatException At(long at, string message) =>
            new(path, string.Create(CultureInfo.InvariantCulture, $"line {1 + bytes.AsSpan(0, (int)at).Count((byte)'\n')}: {message}"));

        static bool IsEmpty(JsonElement value) =>
            value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() == 0 : value.ValueEquals("");
    }

    /// <summary>The texts of a value that the setting allows; else null.</summary>
    private static IReadOnlyList<string>? Value(Setting setting, JsonElement value)
    {
        if (setting.IsList != (value.ValueKind == JsonValueKind.Array) || value.ValueKind is JsonValueKind.Object or JsonValueKind.Null)
            return null;
        IReadOnlyList<string> texts = SettingValue.Texts(value);
        return texts.All(setting.Accepts) ? texts : null;
    }

    /// <summary>A wrong value as it stands in the file; of a list the one that is wrong.</summary>
    private static string Shown(Setting setting, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && !setting.IsList || value.ValueKind == JsonValueKind.Object
            ? value.GetRawText()
            : SettingValue.Texts(value).FirstOrDefault(t => !setting.Accepts(t)) ?? SettingValue.Texts(value)[0];

    private static void AddSet(string set, RunConfiguration configuration, SettingsTable table)
    {
        int equals = set.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new UsageException($"--set must be KEY=VALUE, such as training.batchSize=8, not '{set}'.");
        string key = set[..equals].Trim(),
            text = set[(equals + 1)..].Trim();
        Setting setting = table.Find(key) ?? throw new UsageException($"--set: {Unknown(key, table)}");
        // An assignment may have commas in it, so that one --set is one of them.
        IReadOnlyList<string> parts =
            setting.Kind == SettingKind.DataSets ? text.Split(',', StringSplitOptions.TrimEntries) : setting.Parts(text);
        if (parts.FirstOrDefault(p => !setting.Accepts(p)) is { } wrong)
            throw new UsageException($"--set: {Wrong(setting, wrong)}");
        setting.Set(configuration, setting.Convert([.. parts.Select(p => Resolved(setting, p, Environment.CurrentDirectory))]));
    }

    private static void AddOptions(ParseResult parsed, RunConfiguration configuration)
    {
        List<(Setting Setting, IReadOnlyList<string> Values)> said = [];
        foreach (ISettingOption option in parsed.CommandResult.Command.Options.OfType<ISettingOption>())
        {
            if (option.Values(parsed) is { } texts)
                said.Add((option.Setting, texts));
        }
        // What the file says gives way first: two rivals on the command line both stay, and are refused together.
        foreach ((Setting setting, _) in said)
        {
            foreach ((string one, string other) in SettingsTable.Rivals)
            {
                if (one == setting.Key)
                    SettingsTable.Get(other).Set(configuration, null);
                if (other == setting.Key)
                    SettingsTable.Get(one).Set(configuration, null);
            }
        }
        foreach ((Setting setting, IReadOnlyList<string> texts) in said)
            setting.Set(configuration, setting.Convert(texts));
    }

    private static string Resolved(Setting setting, string text, string folder) =>
        setting.Kind switch
        {
            SettingKind.Path or SettingKind.Paths => Path.GetFullPath(text, folder),
            SettingKind.Data or SettingKind.DataSets => DataLocation.Parse(text, folder).ToString(),
            _ => text,
        };

    private static string Unknown(string key, SettingsTable table) =>
        $"there is no setting '{key}'."
        + (table.Suggest(key) is string meant ? $" Did you mean '{meant}'?" : "")
        + (table.Siblings(key) is string names ? $" {names}" : "")
        + " 'jtr config schema' lists all.";

    private static string Wrong(Setting setting, string text) =>
        $"{setting.Key} must be {setting.Expected}, not '{text}'.{setting.Meant(text)}";
}
