using System.Reflection;
using System.Text;
using System.Text.Json;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;

namespace Jtr.Cli.Configuration;

/// <summary>
/// All settings of a run: those that the sections of <see cref="RunConfiguration"/> declare, and one for each option of a method, balancing
/// rule, optimizer, schedule or domain technique of the native library that none of them sets. The options of `jtr train` with their help,
/// the JSON schema of configuration files, the table in docs/configuration.md and the checks of what is said are made from it.
/// </summary>
internal sealed class SettingsTable
{
    // What the tool says itself, from other settings.
    private static readonly string[] _ofTheTool =
    [
        "schedule[cosine].decay_steps",
        "balancing[dwa].period_steps",
        "optimizer[adamw].decayed",
    ];

    /// <summary>What a help page says where <see cref="IsWhole"/> is false.</summary>
    public const string Missing =
        "The native library libjtr cannot be loaded here, as 'jtr doctor' explains. Ranges, words and the options of its methods, which it "
        + "tells, are missing from this page.";

    private readonly Func<OptionsSchema?> _schema;
    private readonly Setting[] _declared;
    private readonly Lazy<(Setting[] Settings, (string Name, string Title)[] Sections)> _ofSchema;

    /// <summary>Makes the table.</summary>
    /// <param name="schema">The native library's schema, or null where it cannot be loaded; asked for when it is needed.</param>
    public SettingsTable(Func<OptionsSchema?> schema)
    {
        _schema = schema;
        _declared =
        [
            .. SectionProperties.SelectMany(section =>
                section
                    .PropertyType.GetProperties()
                    .Where(p => p.GetCustomAttribute<SettingAttribute>() is not null)
                    .Select(p => Setting.Of(section, p, p.GetCustomAttribute<SettingAttribute>()!, schema))
            ),
        ];
        _ofSchema = new(OfSchema);
    }

    /// <summary>The settings that are known without the native library, for commands that are not asked for.</summary>
    public static SettingsTable Unloaded { get; } = new(() => null);

    /// <summary>That of the native library which is loaded here.</summary>
    public static SettingsTable Current { get; } = new(() => OptionsSchema.Current);

    /// <summary>Whether the native library tells the rest.</summary>
    public bool IsWhole => _schema() is not null;

    /// <summary>The settings that the sections declare. To know what they are called needs no native library.</summary>
    public static IReadOnlyList<Setting> Declared => Current._declared;

    /// <summary>Settings that say the same as another one: the command line's counts, and the file's other one does not.</summary>
    public static IReadOnlyList<(string One, string Other)> Rivals { get; } =
    [("training.steps", "training.epochs"), ("data.labels", "data.scenario"), ("network.weights", "training.initFrom")];

    /// <summary>The settings, section by section.</summary>
    public IReadOnlyList<Setting> All =>
        [.. Sections.SelectMany(s => _declared.Concat(_ofSchema.Value.Settings).Where(setting => setting.Section == s.Name))];

    /// <summary>Sections and what they are about.</summary>
    public IReadOnlyList<(string Name, string Title)> Sections =>
        [
            .. SectionProperties.Select(p =>
                (JsonNamingPolicy.CamelCase.ConvertName(p.Name), p.GetCustomAttribute<SectionAttribute>()!.Title)
            ),
            .. _ofSchema.Value.Sections,
        ];

    private static string? TitleOf(string section) =>
        SectionProperties
            .FirstOrDefault(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name) == section)
            ?.GetCustomAttribute<SectionAttribute>()!
            .Title;

    private static IEnumerable<PropertyInfo> SectionProperties =>
        typeof(RunConfiguration).GetProperties().Where(p => p.GetCustomAttribute<SectionAttribute>() is not null);

    /// <summary>A setting that a section declares, by its key.</summary>
    public static Setting Get(string key) =>
        Declared.FirstOrDefault(s => s.Key == key) ?? throw new ArgumentException($"there is no setting '{key}'", nameof(key));

    /// <summary>Options of some settings that sections declare, for the help page of a command.</summary>
    /// <param name="title">What they are about.</param>
    /// <param name="keys">The settings' keys.</param>
    public static OptionGroup Group(string title, params IEnumerable<string> keys) =>
        new(title, [.. keys.Select(k => Get(k).MakeOption())]);

    /// <summary>Options of the settings that a section declares, for the help page of a command.</summary>
    /// <param name="section">Its name.</param>
    public static OptionGroup Group(string section) =>
        new(TitleOf(section)!, [.. Declared.Where(s => s.Section == section).Select(s => s.MakeOption())]);

    /// <summary>Options of all settings, a group for each section, for the help page of a command.</summary>
    /// <param name="except">Keys of settings, and names of sections, that are left out.</param>
    public IReadOnlyList<OptionGroup> Groups(IReadOnlyList<string> except) =>
        [
            .. Sections
                .Where(s => !except.Contains(s.Name))
                .Select(s => new OptionGroup(
                    s.Title,
                    [.. All.Where(o => o.Section == s.Name && !except.Contains(o.Key)).Select(o => o.MakeOption())]
                )),
        ];

    /// <summary>The variants of a native option that a configuration uses, such as its methods.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="slot">The option: "method".</param>
    public static IReadOnlyList<string> InUse(RunConfiguration configuration, string slot) =>
        slot switch
        {
            "method" => NativeDocument.MethodsOf(configuration),
            "network" => [NetworkSettings.IsSegNet(configuration.Network) ? NetworkSettings.SegNet : "encoder_decoder"],
            "balancing" => [configuration.Balancing.Rule ?? "equal"],
            "optimizer" => [configuration.Optimizer.Name ?? (configuration.Optimizer.WeightDecay is null ? "adam" : "adamw")],
            "schedule" => [configuration.Optimizer.Schedule ?? "step"],
            // Of one process too: it may be resumed by several.
            "parallel" => ["c10d"],
            "domain_techniques" => configuration.Domain.Techniques ?? [],
            _ => throw new ArgumentException($"'{slot}' has no setting that chooses one", nameof(slot)),
        };

    /// <summary>Whether a setting has an effect: what it sets is an option of something that the configuration uses.</summary>
    public static bool Applies(Setting setting, RunConfiguration configuration) =>
        setting.Paths.Count == 0
        || setting.Paths.Any(p => p.Slot is null)
        || setting.Natives.Any(n => InUse(configuration, n.Path.Slot!).Contains(n.Path.Steps[0].Variant!));

    /// <summary>
    /// Fills in defaults where nothing is said, and takes out those of what is not used, so that equal runs have equal settings. Data and
    /// their files have defaults of their own.
    /// </summary>
    public void Fill(RunConfiguration configuration)
    {
        foreach (Setting setting in All.OrderBy(s => s.Selects is null).Where(s => s.Section is not ("data" or "benchmark")))
        {
            object? value = setting.Get(configuration),
                standard = setting.Default;
            bool isRival = Rivals.Any(r =>
                (r.Other == setting.Key && IsSaid(r.One, configuration)) || (r.One == setting.Key && IsSaid(r.Other, configuration))
            );
            if (value is null && !isRival && Applies(setting, configuration))
                setting.Set(configuration, standard);
            else if (value is not null && SettingValue.Same(value, standard) && !Applies(setting, configuration))
                setting.Set(configuration, null);
        }
    }

    /// <summary>Whether a setting is said.</summary>
    public static bool IsSaid(string key, RunConfiguration configuration) => Get(key).Get(configuration) is not null;

    /// <summary>A setting by its key, in any case, or null.</summary>
    public Setting? Find(string key) => _declared.FirstOrDefault(s => s.HasKey(key)) ?? All.FirstOrDefault(s => s.HasKey(key));

    /// <summary>The key that a wrong one may have meant, or null.</summary>
    public string? Suggest(string key)
    {
        string name = Last(key);
        // As the option is spelled: batch-size, --lr-schedule.
        string option = $"--{name.TrimStart('-')}";
        if (All.FirstOrDefault(s => string.Equals(s.Option, option, StringComparison.OrdinalIgnoreCase)) is { } spelled)
            return spelled.Key;
        string section = key[..^name.Length];
        Setting[] near = [.. All.Where(IsIn(section))];
        if ((Nearest(near) ?? Nearest(All)) is { } nearest)
            return nearest.Key;
        // A part of a name, where it is one setting's alone: first of the section, then of all.
        return Only(near) ?? Only(All);

        // The right name in the wrong section too, unless several have it.
        Setting? Nearest(IEnumerable<Setting> among)
        {
            (Setting Setting, int Slips)[] best =
            [
                .. among
                    .Select(s => (s, Slips: Suggestion.Distance(name.ToUpperInvariant(), Last(s.Key).ToUpperInvariant())))
                    .OrderBy(s => s.Slips)
                    .Take(2),
            ];
            bool isNear = best.Length > 0 && best[0].Slips <= 2 && best[0].Slips < name.Length / 2 + 1;
            return isNear && (best.Length < 2 || best[0].Slips < best[1].Slips) ? best[0].Setting : null;
        }

        static Func<Setting, bool> IsIn(string section) => s => s.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase);

        string? Only(IEnumerable<Setting> among)
        {
            Setting[] found =
                name.Length < 3 ? [] : [.. among.Where(s => Last(s.Key).Contains(name, StringComparison.OrdinalIgnoreCase)).Take(2)];
            return found.Length == 1 ? found[0].Key : null;
        }
    }

    /// <summary>
    /// A sentence with the settings of the section that a wrong key is in, where no single one suggests itself; else null.
    /// </summary>
    public string? Siblings(string key)
    {
        if (Suggest(key) is not null)
            return null;
        string section = key.Split('.')[0];
        string[] names = [.. All.Where(s => s.Key.StartsWith(section + ".", StringComparison.OrdinalIgnoreCase)).Select(s => Last(s.Key))];
        return names.Length > 0
            ? $"'{section}' has {string.Join(", ", names)}."
            : $"The sections are {string.Join(", ", Sections.Select(s => s.Name))}.";
    }

    /// <summary>A setting for each native option that no section declares.</summary>
    private (Setting[], (string, string)[]) OfSchema()
    {
        List<Setting> settings = [];
        List<(string, string)> sections = [];
        if (_schema() is not { } schema)
            return ([], []);
        NativePath[] covered = [.. _declared.SelectMany(s => s.Paths), .. _ofTheTool.Select(NativePath.Parse)];
        foreach (Setting choice in _declared.Where(s => s.Selects is not null))
        {
            foreach (NativeVariant variant in choice.Variants)
            {
                foreach (
                    NativeSetting native in schema.Options(choice.Selects!, variant.Name).Where(n => !covered.Any(c => c.Covers(n.Path)))
                )
                {
                    string word = variant.Name,
                        name = native.Path.Steps[^1].Name;
                    // Where two are called the same, the later one says what it is.
                    if (settings.Concat(_declared).Any(s => s.HasKey($"{Camel(word)}.{Camel(name)}") || s.Option == OptionOf(word, name)))
                        word = $"{choice.Selects}_{word}";
                    settings.Add(Setting.Of($"{Camel(word)}.{Camel(name)}", OptionOf(word, name), native, schema));
                    string source = variant.Source.Length == 0 ? "" : $" ({variant.Source})";
                    if (_declared.All(s => s.Section != Camel(word)) && sections.All(s => s.Item1 != Camel(word)))
                        sections.Add((Camel(word), $"More of {choice.Option} {variant.Name}{source}"));
                }
            }
        }
        return ([.. settings], [.. sections]);

        static string OptionOf(string variant, string option) => $"--{Plain(variant)}-{Plain(option)}".Replace('_', '-');
        static string Plain(string name) => name.Replace("+", "_plus", StringComparison.Ordinal);
        static string Camel(string name)
        {
            StringBuilder text = new();
            foreach (string part in Plain(name).Split('_', '-'))
                text.Append(text.Length == 0 || part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]);
            return text.ToString();
        }
    }

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];
}
