using System.Text.RegularExpressions;
using Jtr.Cli.Configuration;

namespace Jtr.Cli;

/// <summary>The library's messages name properties, as its users set them; users of the tool have options.</summary>
internal static partial class OptionWords
{
    // As the settings, so that an option that is added is translated too.
    private static readonly Dictionary<string, string> _options = Properties();

    /// <summary>A message with options in place of properties: "set SplitFile" becomes "give --split-file".</summary>
    public static string Translate(string message) =>
        Property()
            .Replace(
                message,
                match =>
                    !_options.TryGetValue(match.Groups["name"].Value, out string? option) ? match.Value
                    : match.Groups["set"].Success ? $"give {option}"
                    : option
            );

    private static Dictionary<string, string> Properties()
    {
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (Setting setting in SettingsTable.Declared)
        {
            string name = setting.Key[(setting.Key.LastIndexOf('.') + 1)..];
            name = char.ToUpperInvariant(name[0]) + name[1..];
            // A word with one capital may be one of the sentence.
            if (name.Skip(1).Any(char.IsUpper))
                options[name] = setting.Option;
        }
        return options;
    }

    // Neither a part of a path or a longer name, nor the owner of a member.
    [GeneratedRegex(@"(?<![\w./\\-])(?<set>set )?(?<name>[A-Z][a-z]+(?:[A-Z][a-z]+)+)(?![\w./\\-]*\w)")]
    private static partial Regex Property();
}
