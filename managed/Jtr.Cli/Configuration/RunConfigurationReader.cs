using System.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop;
using Microsoft.Extensions.Configuration;

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
    /// <exception cref="UsageException">A setting of the command line is unknown or has a value that it does not allow.</exception>
    /// <exception cref="JtrFormatException">One of the file is, or the file is no JSON.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunConfiguration Read(ParseResult parsed, string? path, IReadOnlyList<string> sets)
    {
        SortedDictionary<string, string?> values = new(StringComparer.OrdinalIgnoreCase);
        if (path is not null)
            AddFile(path, values);
        foreach (string set in sets)
            AddSet(set, values);
        AddOptions(parsed, values);
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return configuration.Get<RunConfiguration>() ?? new RunConfiguration();
    }

    private static void AddFile(string path, SortedDictionary<string, string?> values)
    {
        path = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(path)!;
        foreach ((string at, string? text) in Flat(path))
        {
            string[] parts = at.Split(':');
            if (parts[0] == SchemaKey)
                continue;
            int last = parts.Length - 1;
            bool isElement =
                last > 0 && int.TryParse(parts[last], out _) && SettingsTable.Find(string.Join('.', parts[..last])) is { IsList: true };
            string key = string.Join('.', isElement ? parts[..last] : parts);
            Setting setting = SettingsTable.Find(key) ?? throw new JtrFormatException(path, Unknown(key));
            // null in a file says nothing, as does an empty list.
            if (string.IsNullOrEmpty(text) && (text is null || setting.IsList))
                continue;
            if (setting.IsList != isElement || !setting.Accepts(text))
                throw new JtrFormatException(path, Wrong(setting, text));
            values[at] = Resolved(setting, text, folder);
        }
    }

    /// <summary>The leaves of the file.</summary>
    private static IEnumerable<(string Key, string? Value)> Flat(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"{path}: {(Directory.Exists(path) ? "is a folder; name a file, such as the config.json in it" : "there is no such file")}",
                path
            );
        IConfigurationRoot root;
        try
        {
            using FileStream stream = File.OpenRead(path);
            root = new ConfigurationBuilder().AddJsonStream(stream).Build();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new JtrFormatException(path, $"is not a configuration: {(e.InnerException ?? e).Message}", innerException: e);
        }
        foreach (KeyValuePair<string, string?> pair in root.AsEnumerable())
        {
            // Sections have children instead of a value, unless they are empty.
            if (
                !root.GetSection(pair.Key).GetChildren().Any()
                && !SettingsTable.Sections.Any(s => s.Name == pair.Key && string.IsNullOrEmpty(pair.Value))
            )
                yield return (pair.Key, pair.Value);
        }
    }

    private static void AddSet(string set, SortedDictionary<string, string?> values)
    {
        int equals = set.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new UsageException($"--set must be KEY=VALUE, such as training.batchSize=8, not '{set}'.");
        string key = set[..equals].Trim(),
            text = set[(equals + 1)..].Trim();
        Setting setting = SettingsTable.Find(key) ?? throw new UsageException($"--set: {Unknown(key)}");
        Remove(setting.Key, values);
        // An assignment may have commas in it, so that one --set is one of them.
        string[] parts =
            setting.IsList && setting.Kind is not (SettingKind.Assignments or SettingKind.Constraints)
                ? text.Split(',', StringSplitOptions.TrimEntries)
                : [text];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!setting.Accepts(parts[i]))
                throw new UsageException($"--set: {Wrong(setting, parts[i])}");
            values[Place(setting, i)] = Resolved(setting, parts[i], Environment.CurrentDirectory);
        }
    }

    private static void AddOptions(ParseResult parsed, SortedDictionary<string, string?> values)
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
            Remove(setting.Key, values);
            foreach ((string one, string other) in SettingsTable.Rivals)
            {
                if (one == setting.Key)
                    Remove(other, values);
                if (other == setting.Key)
                    Remove(one, values);
            }
        }
        foreach ((Setting setting, IReadOnlyList<string> texts) in said)
        {
            for (int i = 0; i < texts.Count; i++)
                values[Place(setting, i)] = texts[i];
        }
    }

    private static string Place(Setting setting, int index)
    {
        string place = setting.Key.Replace('.', ':');
        return setting.IsList ? $"{place}:{index}" : place;
    }

    private static void Remove(string key, SortedDictionary<string, string?> values)
    {
        string place = key.Replace('.', ':');
        bool IsOf(string k) =>
            string.Equals(k, place, StringComparison.OrdinalIgnoreCase) || k.StartsWith(place + ":", StringComparison.OrdinalIgnoreCase);
        foreach (string old in values.Keys.Where(IsOf).ToList())
            values.Remove(old);
    }

    private static string Resolved(Setting setting, string text, string folder) =>
        setting.Kind switch
        {
            SettingKind.Path or SettingKind.Paths => Path.GetFullPath(text, folder),
            SettingKind.Data or SettingKind.DataSets => DataLocation.Parse(text, folder).ToString(),
            _ => text,
        };

    private static string Unknown(string key) =>
        $"there is no setting '{key}'."
        + (SettingsTable.Suggest(key) is string meant ? $" Did you mean '{meant}'?" : "")
        + (SettingsTable.Siblings(key) is string names ? $" {names}" : "")
        + " 'jtr config schema' lists all.";

    private static string Wrong(Setting setting, string? text) => $"{setting.Key} must be {setting.Expected}, not '{text}'.";
}
