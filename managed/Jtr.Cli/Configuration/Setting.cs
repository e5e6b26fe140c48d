using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;

namespace Jtr.Cli.Configuration;

/// <summary>What a setting's value is.</summary>
internal enum SettingKind
{
    /// <summary>As the type of the property tells.</summary>
    OfType,

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

    /// <summary>true or false, behind the option.</summary>
    Switch,

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

/// <summary>One setting of a run: an option of the command line and a key of a configuration file.</summary>
internal sealed class Setting
{
    private const string Unknown = "The native library tells what it is, which cannot be loaded here: 'jtr doctor' says why.";

    private readonly SettingAttribute _said;
    private readonly Type _type;
    private readonly Func<RunConfiguration, object?> _get;
    private readonly Action<RunConfiguration, object?> _set;
    private readonly Func<OptionsSchema?> _schema;
    private readonly Lazy<IReadOnlyList<NativeSetting>> _native;
    private readonly Lazy<SettingFacts?> _facts;

    private Setting(
        string key,
        SettingAttribute said,
        Type type,
        Func<RunConfiguration, object?> get,
        Action<RunConfiguration, object?> set,
        Func<OptionsSchema?> schema
    )
    {
        (Key, _said, _type, _get, _set, _schema) = (key, said, type, get, set, schema);
        Paths = NativePath.ParseAll(said.Native);
        _native = new(() => schema() is { } known ? [.. Paths.SelectMany(known.Find)] : []);
        _facts = new(() => _native.Value is [NativeSetting first, ..] ? SettingFacts.Of(first) : null);
    }

    /// <summary>A setting that a section declares.</summary>
    /// <param name="section">The section.</param>
    /// <param name="property">The setting, of the section.</param>
    /// <param name="said">What is said of it.</param>
    /// <param name="schema">The native library's schema, or null where it cannot be loaded.</param>
    public static Setting Of(PropertyInfo section, PropertyInfo property, SettingAttribute said, Func<OptionsSchema?> schema) =>
        new(
            $"{Camel(section.Name)}.{Camel(property.Name)}",
            said,
            Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType,
            c => property.GetValue(section.GetValue(c)),
            (c, value) => property.SetValue(section.GetValue(c), value),
            schema
        );

    /// <summary>A setting of a native option that no section declares.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="option">Its option.</param>
    /// <param name="native">What the schema says.</param>
    /// <param name="schema">The schema.</param>
    public static Setting Of(string key, string option, NativeSetting native, OptionsSchema schema)
    {
        SettingFacts facts = SettingFacts.Of(native);
        return new Setting(
            key,
            new SettingAttribute(option, facts.HelpName)
            {
                Native = native.Path.ToString(),
                Kind = facts.Kind,
                // NativeDocument says it where the run does not.
                DefaultText = native.Path.Steps[^1].Name == NativeDocument.RampSteps ? "the steps of the run" : null,
            },
            facts.Type,
            c => c.Native.GetValueOrDefault(key),
            (c, value) =>
            {
                if (value is null)
                    c.Native.Remove(key);
                else
                    c.Native[key] = value;
            },
            () => schema
        )
        {
            IsOfSchema = true,
        };
    }

    /// <summary>Section and name, such as "training.batchSize".</summary>
    public string Key { get; }

    /// <summary>The section.</summary>
    public string Section => Key[..Key.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>The name in it.</summary>
    public string Name => Key[(Section.Length + 1)..];

    /// <summary>The option that says the same.</summary>
    public string Option => _said.Option;

    /// <summary>Whether it is made of the native library's schema alone.</summary>
    public bool IsOfSchema { get; private init; }

    /// <summary>The native options that it sets, as they are said.</summary>
    public IReadOnlyList<NativePath> Paths { get; }

    /// <summary>The native options that it sets; none where it sets none, or the library cannot be loaded.</summary>
    public IReadOnlyList<NativeSetting> Natives => _native.Value;

    /// <summary>The native option whose variant it names, or null.</summary>
    public string? Selects => _said.Selects;

    /// <summary>The variants that it chooses from, or none.</summary>
    public IReadOnlyList<NativeVariant> Variants => Selects is { } slot ? _schema()?.Variants(slot) ?? [] : [];

    /// <summary>Other names of the option, which are understood.</summary>
    public IEnumerable<string> Aliases => _said.Aliases.Concat(_said.OldNames.Where(n => n.StartsWith('-')));

    /// <summary>Whether a run that is resumed may have another value.</summary>
    public bool MayChange => _said.MayChange;

    /// <summary>What stands for its value on a help page; null for one without value.</summary>
    public string? HelpName => _said.HelpName ?? (Kind is SettingKind.Word ? string.Join('|', Words) : null);

    /// <summary>What its value is.</summary>
    public SettingKind Kind =>
        _said.Kind != SettingKind.OfType ? _said.Kind
        : _type == typeof(string) ? (Words.Count > 0 && !AllowsSeveral ? SettingKind.Word : SettingKind.Text)
        : _type == typeof(bool) ? SettingKind.Flag
        : _type == typeof(string[]) ? SettingKind.Texts
        : _type == typeof(double[]) ? SettingKind.Numbers
        : _type == typeof(double) ? SettingKind.Number
        : SettingKind.Whole;

    /// <summary>The smallest number, or null.</summary>
    public double? Minimum => Known(_said.Minimum) ?? Known(_said.Above) ?? _facts.Value?.Minimum;

    /// <summary>The largest number, or null.</summary>
    public double? Maximum => Known(_said.Maximum) ?? Known(_said.Below) ?? _facts.Value?.Maximum;

    /// <summary>Whether the number has to be above <see cref="Minimum"/>.</summary>
    public bool IsAboveMinimum => Known(_said.Minimum) is null && (Known(_said.Above) is not null || _facts.Value?.IsAboveMinimum == true);

    /// <summary>Whether the number has to be below <see cref="Maximum"/>.</summary>
    public bool IsBelowMaximum => Known(_said.Maximum) is null && (Known(_said.Below) is not null || _facts.Value?.IsBelowMaximum == true);

    /// <summary>The words, or none.</summary>
    public IReadOnlyList<string> Words =>
        _said.Words is { } list ? ListOf(list)
        : _said.Choices.Length > 0 ? [.. _said.Choices, .. Variants.Select(v => v.Name)]
        : Selects is not null ? [.. Variants.Select(v => v.Name)]
        : _facts.Value?.Words ?? [];

    /// <summary>Whether the value may be several words with '+' between.</summary>
    public bool AllowsSeveral => Selects == "method";

    /// <summary>The default, or null where there is none, or it depends.</summary>
    public object? Default =>
        _said.Default is { } said ? Typed(said)
        : _said.DefaultText is null && _facts.Value?.Default is { } native ? Convert([native])
        : null;

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

    /// <summary>What it means, with a line for each of the variants that it chooses from, and the default.</summary>
    public string Description
    {
        get
        {
            string text = _said.Text ?? (Paths.Count > 0 ? _facts.Value?.Text ?? Unknown : "");
            string standard = _said.DefaultText ?? (Kind == SettingKind.Flag || Default is not { } value ? "" : SettingValue.Text(value));
            // That of a flag which turns something off is told where it is told what it turns off.
            if (standard.Length > 0 && Kind != SettingKind.NegatedFlag)
                text += $" Default: {standard}.";
            return string.Join('\n', [text, .. Variants.Select(v => $"{v.Name}: {v.Summary}")]);
        }
    }

    /// <summary>What the value has to be, in words.</summary>
    public string Expected =>
        Kind switch
        {
            _ when Words.Count > 0 && !AllowsSeveral && !IsList => $"one of {string.Join(", ", Words)}",
            SettingKind.Whole => $"a whole number{Range}",
            SettingKind.Number => $"a number{Range}",
            SettingKind.Numbers => $"numbers{Range}",
            SettingKind.Flag or SettingKind.NegatedFlag or SettingKind.Switch => "true or false",
            SettingKind.Size => $"two numbers up to {ImageSize.Largest}, rows x columns, such as 96x128",
            SettingKind.Device => "auto, cpu, cuda or cuda:N",
            SettingKind.Assignments => "a list of PATH=VALUE",
            SettingKind.Constraints => "a list of NAME:KEY=VALUE,...",
            _ => IsList ? "a list of texts" : "a text",
        };

    /// <summary>Its value in a configuration, or null.</summary>
    public object? Get(RunConfiguration configuration) => _get(configuration);

    /// <summary>Changes its value in a configuration; null: it is not said.</summary>
    public void Set(RunConfiguration configuration, object? value) => _set(configuration, value);

    /// <summary>Whether a key means this setting, in any case, also by a name of earlier versions.</summary>
    public bool HasKey(string key) =>
        string.Equals(Key, key, StringComparison.OrdinalIgnoreCase)
        || _said.OldNames.Any(n => string.Equals($"{Section}.{n}", key, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a text is a value of this setting, or one of its list.</summary>
    public bool Accepts(string text) => One(text) is not null;

    /// <summary>The value that texts say, one or those of a list; null where one of them is none.</summary>
    public object? Convert(IReadOnlyList<string> texts)
    {
        if (!IsList)
            return texts.Count == 1 && One(texts[0]) is { } value ? Typed(value) : null;
        object?[] values = [.. texts.Select(One)];
        return Array.Exists(values, v => v is null) ? null
            : Kind == SettingKind.Numbers ? values.Cast<double>().ToArray()
            : values.Cast<string>().ToArray();
    }

    /// <summary>What one occurrence of the option says: itself, or the parts of its list.</summary>
    public IReadOnlyList<string> Parts(string text) => IsList && !IsRepeated ? text.Split(',', StringSplitOptions.TrimEntries) : [text];

    /// <summary>The option, which checks its values while it is parsed.</summary>
    public Option MakeOption() => Kind is SettingKind.Flag or SettingKind.NegatedFlag ? new FlagOption(this) : new ValueOption(this);

    /// <summary>The end of a message about a wrong word: the one that it may have meant.</summary>
    public string Meant(string wrong) => Suggestion.Nearest(wrong, Words) is { } word ? $" Did you mean '{word}'?" : "";

    private object? One(string text) =>
        Kind switch
        {
            SettingKind.Whole => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long whole)
            && IsInRange(whole)
            && Typed(whole) is { } typed
            && (Words.Count == 0 || Words.Contains(text))
                ? typed
                : null,
            SettingKind.Number or SettingKind.Numbers => double.TryParse(
                text,
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out double number
            )
            && double.IsFinite(number)
            && IsInRange(number)
                ? number
                : null,
            SettingKind.Flag or SettingKind.NegatedFlag or SettingKind.Switch => bool.TryParse(text, out bool flag) ? flag : null,
            SettingKind.Word => Words.Count == 0
                ? text
                : Words.FirstOrDefault(w => string.Equals(w, text, StringComparison.OrdinalIgnoreCase)),
            SettingKind.Size => ImageSize.TryParse(text)?.ToString(),
            SettingKind.Device => DeviceChoice.TryParse(text)?.ToString(),
            _ => string.IsNullOrWhiteSpace(text) ? null : text,
        };

    /// <summary>In the type of the property, or null where that is too small.</summary>
    private object? Typed(object value)
    {
        try
        {
            return _type.IsArray ? value : System.Convert.ChangeType(value, _type, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private string Range =>
        (Minimum?.ToString(CultureInfo.InvariantCulture), Maximum?.ToString(CultureInfo.InvariantCulture)) switch
        {
            (null, null) => "",
            (string low, null) => IsAboveMinimum ? $" above {low}" : $" of {low} or more",
            (null, string high) => $" of at most {high}",
            (string low, string high) when IsBelowMaximum && !IsAboveMinimum => $" of {low} or more and below {high}",
            (string low, string high) => $" {(IsAboveMinimum ? "above" : "of")} {low}{Upper} {high}",
        };

    private string Upper =>
        IsBelowMaximum ? " and below"
        : IsAboveMinimum ? ", at most"
        : " to";

    private bool IsInRange(double value) =>
        (Minimum is not { } low || (IsAboveMinimum ? value > low : value >= low))
        && (Maximum is not { } high || (IsBelowMaximum ? value < high : value <= high));

    private static string[] ListOf(string name) =>
        [.. ((IEnumerable)typeof(Words).GetProperty(name)!.GetValue(null)!).Cast<ITuple>().Select(t => (string)t[0]!)];

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
}
