using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;

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

    /// <summary>Rows and columns, as "96x128".</summary>
    Size,

    /// <summary>Where to compute.</summary>
    Device,

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

    /// <summary>Constraints, each as NAME:KEY=VALUE,...</summary>
    Constraints,
}

/// <summary>One setting of a run: an option of the command line and a property of a configuration file.</summary>
/// <param name="Key">Section and name, such as "training.batchSize".</param>
/// <param name="Option">The option that says the same.</param>
/// <param name="HelpName">What stands for its value on a help page; null for one without value.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Get">Its value in a configuration, or null.</param>
/// <param name="Description">What it means, and its default.</param>
internal sealed record Setting(
    string Key,
    string Option,
    string? HelpName,
    SettingKind Kind,
    Func<RunConfiguration, object?> Get,
    string Description
)
{
    /// <summary>The smallest number, or null.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number, or null.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether the number has to be above <see cref="Minimum"/>.</summary>
    public bool IsAboveMinimum { get; init; }

    /// <summary>Whether the number has to be below <see cref="Maximum"/>.</summary>
    public bool IsBelowMaximum { get; init; }

    /// <summary>Other names of the option, which are understood: those that it has elsewhere.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The words, or none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether the value is a list.</summary>
    public bool IsList =>
        Kind
            is SettingKind.Texts
                or SettingKind.Paths
                or SettingKind.DataSets
                or SettingKind.Numbers
                or SettingKind.Assignments
                or SettingKind.Constraints;

    /// <summary>Whether the option is there once for each of a list, instead of once with commas between them.</summary>
    public bool IsRepeated => Kind is SettingKind.DataSets or SettingKind.Assignments or SettingKind.Constraints;

    /// <summary>Whether the value, or each of a list, is a number.</summary>
    public bool IsNumber => Kind is SettingKind.Whole or SettingKind.Number or SettingKind.Numbers;

    /// <summary>What the value has to be, in words.</summary>
    public string Expected =>
        Kind switch
        {
            _ when Words.Count > 0 => $"one of {string.Join(", ", Words)}",
            SettingKind.Whole => $"a whole number{Range}",
            SettingKind.Number => $"a number{Range}",
            SettingKind.Numbers => $"numbers{Range}",
            SettingKind.Flag or SettingKind.NegatedFlag => "true or false",
            SettingKind.Size => $"two numbers up to {ImageSize.Largest}, rows x columns, such as 96x128",
            SettingKind.Device => "auto, cpu, cuda or cuda:N",
            SettingKind.Assignments => "a list of PATH=VALUE",
            SettingKind.Constraints => "a list of NAME:KEY=VALUE,...",
            _ => IsList ? "a list of texts" : "a text",
        };

    private string Range =>
        (Minimum?.ToString(CultureInfo.InvariantCulture), Maximum?.ToString(CultureInfo.InvariantCulture)) switch
        {
            (null, null) => "",
            (string low, null) => IsAboveMinimum ? $" above {low}" : $" of {low} or more",
            (null, string high) => $" of at most {high}",
            (string low, string high) => $" {(IsAboveMinimum ? "above" : "of")} {low}{Upper} {high}",
        };

    private string Upper =>
        IsBelowMaximum ? " and below"
        : IsAboveMinimum ? ", at most"
        : " to";

    /// <summary>Whether a text is a value of this setting, or one of its list.</summary>
    public bool Accepts(string text) =>
        Kind switch
        {
            SettingKind.Whole => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long whole)
                && IsInRange(whole)
                && (Words.Count == 0 || Words.Contains(text)),
            SettingKind.Number or SettingKind.Numbers => double.TryParse(
                text,
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out double number
            )
                && double.IsFinite(number)
                && IsInRange(number),
            SettingKind.Flag or SettingKind.NegatedFlag => bool.TryParse(text, out _),
            SettingKind.Word => Words.Contains(text, StringComparer.OrdinalIgnoreCase),
            SettingKind.Size => ImageSize.TryParse(text) is not null,
            SettingKind.Device => DeviceChoice.TryParse(text) is not null,
            _ => !string.IsNullOrWhiteSpace(text),
        };

    /// <summary>What one occurrence of the option says: itself, or the parts of its list.</summary>
    public IReadOnlyList<string> Parts(string text) => IsList && !IsRepeated ? text.Split(',', StringSplitOptions.TrimEntries) : [text];

    /// <summary>The option, which checks its values while it is parsed.</summary>
    public Option MakeOption() => Kind is SettingKind.Flag or SettingKind.NegatedFlag ? new FlagOption(this) : new ValueOption(this);

    private bool IsInRange(double value) =>
        (Minimum is not { } low || (IsAboveMinimum ? value > low : value >= low))
        && (Maximum is not { } high || (IsBelowMaximum ? value < high : value <= high));
}
