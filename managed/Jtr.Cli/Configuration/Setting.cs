using System.Globalization;

namespace Jtr.Cli.Configuration;

/// <summary>What a setting's value is.</summary>
internal enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>One of some words.</summary>
    Word,

    /// <summary>A file or folder; relative ones are beside the configuration file.</summary>
    Path,

    /// <summary>Data as after --data; relative paths are beside the configuration file.</summary>
    Data,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false; the option stands for true.</summary>
    Flag,

    /// <summary>true or false; the option stands for false.</summary>
    NegatedFlag,

    /// <summary>Texts.</summary>
    Texts,

    /// <summary>Files.</summary>
    Paths,

    /// <summary>Data sets, each as after --data.</summary>
    DataSets,

    /// <summary>Numbers.</summary>
    Numbers,

    /// <summary>Options of the native library, each as PATH=VALUE.</summary>
    Assignments,
}

/// <summary>One setting of a configuration file.</summary>
/// <param name="Key">Section and name, such as "training.batchSize".</param>
/// <param name="Option">The option of `jtr train` that says the same.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Get">Its value in a configuration, or null.</param>
internal sealed record Setting(string Key, string Option, SettingKind Kind, Func<RunConfiguration, object?> Get)
{
    /// <summary>The smallest number, or null.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number, or null.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether the number has to be above <see cref="Minimum"/>.</summary>
    public bool IsAboveMinimum { get; init; }

    /// <summary>Whether the number has to be below <see cref="Maximum"/>.</summary>
    public bool IsBelowMaximum { get; init; }

    /// <summary>The words, or none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether the value is a list.</summary>
    public bool IsList => Kind is SettingKind.Texts or SettingKind.Paths or SettingKind.DataSets or SettingKind.Numbers or SettingKind.Assignments;

    /// <summary>Whether the option is there once for each of a list, instead of once with commas.</summary>
    public bool IsRepeated => Kind is SettingKind.DataSets or SettingKind.Assignments;

    /// <summary>Whether the value, or each of a list, is a number.</summary>
    public bool IsNumber => Kind is SettingKind.Whole or SettingKind.Number or SettingKind.Numbers;

    /// <summary>What the value has to be, in words.</summary>
    public string Expected => Kind switch
    {
        SettingKind.Whole => $"a whole number{Range}",
        SettingKind.Number => $"a number{Range}",
        SettingKind.Numbers => $"numbers{Range}",
        SettingKind.Flag or SettingKind.NegatedFlag => "true or false",
        SettingKind.Word => $"one of {string.Join(", ", Words)}",
        SettingKind.Assignments => "a list of PATH=VALUE",
        _ => IsList ? "a list of texts" : "a text",
    };

    private string Range => (Minimum?.ToString(CultureInfo.InvariantCulture), Maximum?.ToString(CultureInfo.InvariantCulture)) switch
    {
        (null, null) => "",
        (string low, null) => IsAboveMinimum ? $" above {low}" : $" of {low} or more",
        (null, string high) => $" of at most {high}",
        (string low, string high) => $" {(IsAboveMinimum ? "above" : "of")} {low} {(IsBelowMaximum ? "and below" : "to")} {high}",
    };

    /// <summary>Whether a text is a value of this setting, or one of its list.</summary>
    public bool Accepts(string text) => Kind switch
    {
        SettingKind.Whole => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long whole) && IsInRange(whole),
        SettingKind.Number or SettingKind.Numbers => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && IsInRange(number),
        SettingKind.Flag or SettingKind.NegatedFlag => bool.TryParse(text, out _),
        SettingKind.Word => Words.Contains(text, StringComparer.OrdinalIgnoreCase),
        _ => !string.IsNullOrWhiteSpace(text),
    };

    /// <summary>The option and its values, as on a command line; empty where a configuration does not say it.</summary>
    public IReadOnlyList<string> Arguments(RunConfiguration configuration) => Get(configuration) switch
    {
        null => [],
        bool flag => flag == (Kind == SettingKind.Flag) ? [Option] : [],
        // An option that is there once for each, and one with a list in it.
        string[] texts when texts.Length == 0 => [],
        string[] texts => IsRepeated ? [.. texts.SelectMany(t => (string[])[Option, t])] : [Option, string.Join(',', texts)],
        double[] numbers => numbers.Length == 0 ? [] : [Option, string.Join(',', numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture)))],
        double number => [Option, number.ToString("R", CultureInfo.InvariantCulture)],
        IFormattable value => [Option, value.ToString(null, CultureInfo.InvariantCulture)],
        object value => [Option, value.ToString()!],
    };

    private bool IsInRange(double value) =>
        (Minimum is not { } low || (IsAboveMinimum ? value > low : value >= low)) && (Maximum is not { } high || (IsBelowMaximum ? value < high : value <= high));
}
