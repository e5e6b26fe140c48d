using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Jtr.Cli.CommandLine;

/// <summary>
/// Options whose values are checked while parsing, with messages that name option, value and range. An option that is not given has
/// the value null; defaults are applied by the command, which may take them from elsewhere.
/// </summary>
internal static class OptionKinds
{
    /// <summary>A whole number.</summary>
    public static Option<long?> Whole(string name, string helpName, string description, long lowest, long highest = long.MaxValue)
    {
        string range = highest == long.MaxValue ? $"a whole number of {lowest} or more" : $"a whole number of {lowest} to {highest}";
        return Make<long?>(
            name,
            helpName,
            description,
            text =>
                long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long value)
                && value >= lowest
                && value <= highest
                    ? value
                    : null,
            range
        );
    }

    /// <summary>A number.</summary>
    public static Option<double?> Number(string name, string helpName, string description, double lowest, double highest) =>
        Make<double?>(
            name,
            helpName,
            description,
            text =>
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value >= lowest
                && value <= highest
                    ? value
                    : null,
            string.Create(CultureInfo.InvariantCulture, $"a number of {lowest} to {highest}")
        );

    /// <summary>Rows and columns of the network's input.</summary>
    public static Option<ImageSize?> Size(string name, string description) =>
        Make(name, "HxW", description, ImageSize.TryParse, $"two numbers up to {ImageSize.Largest}, rows x columns, such as 96x128");

    /// <summary>One of some words.</summary>
    public static Option<T?> Choice<T>(string name, string description, IReadOnlyList<(string Word, T Value)> choices)
        where T : struct =>
        Make<T?>(
            name,
            string.Join('|', choices.Select(c => c.Word)),
            description,
            text =>
            {
                foreach ((string word, T value) in choices)
                {
                    if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                        return value;
                }
                return null;
            },
            $"one of {string.Join(", ", choices.Select(c => c.Word))}"
        );

    /// <summary>Any text that is not blank.</summary>
    public static Option<string?> Text(string name, string helpName, string description) =>
        Make(name, helpName, description, text => string.IsNullOrWhiteSpace(text) ? null : text, "a text");

    /// <summary>An option that may be there several times, each with a text that is not blank.</summary>
    public static Option<string[]?> Several(string name, string helpName, string description)
    {
        return new Option<string[]?>(name)
        {
            HelpName = helpName,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = Parse,
        };

        string[]? Parse(ArgumentResult result)
        {
            if (result.Tokens.Any(t => string.IsNullOrWhiteSpace(t.Value)))
                result.AddError($"{name} must be a text, not ''.");
            return [.. result.Tokens.Select(t => t.Value)];
        }
    }

    /// <summary>Texts separated by commas.</summary>
    public static Option<string[]?> List(string name, string helpName, string description) =>
        Make(
            name,
            helpName,
            description,
            text =>
            {
                string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
                return parts.Any(p => p.Length == 0) ? null : parts;
            },
            "a list separated by commas"
        );

    private static Option<T?> Make<T>(string name, string helpName, string description, Func<string, T?> parse, string expected)
    {
        return new Option<T?>(name)
        {
            HelpName = helpName,
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = Parse,
        };

        T? Parse(ArgumentResult result)
        {
            if (result.Tokens.Count != 1)
                return default;
            string text = result.Tokens[0].Value;
            T? value = parse(text);
            if (value is null)
                result.AddError($"{name} must be {expected}, not '{text}'.");
            return value;
        }
    }
}
