using System.CommandLine;
using System.CommandLine.Parsing;

namespace Jtr.Cli.Configuration;

/// <summary>An option of the command line that says a setting.</summary>
internal interface ISettingOption
{
    /// <summary>The setting.</summary>
    Setting Setting { get; }

    /// <summary>The values that a command line says, or null where it does not have the option.</summary>
    IReadOnlyList<string>? Values(ParseResult parsed);
}

/// <summary>A setting with a value, or with several.</summary>
internal sealed class ValueOption : Option<string[]?>, ISettingOption
{
    /// <summary>Makes it.</summary>
    public ValueOption(Setting setting)
        : base(setting.Option)
    {
        Setting = setting;
        HelpName = setting.HelpName;
        Description = setting.Description;
        Arity = setting.IsRepeated ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne;
        CustomParser = Parse;
        foreach (string alias in setting.Aliases)
            Aliases.Add(alias);
        if (setting.Words.Count > 0)
            CompletionSources.Add(setting.Words.ToArray());
    }

    /// <inheritdoc/>
    public Setting Setting { get; }

    // An array that is not given is empty, not null.
    /// <inheritdoc/>
    public IReadOnlyList<string>? Values(ParseResult parsed) => parsed.GetResult(this) is null ? null : parsed.GetValue(this);

    private string[] Parse(ArgumentResult result)
    {
        string[] parts = [.. result.Tokens.SelectMany(t => Setting.Parts(t.Value))];
        if (Array.Find(parts, p => !Setting.Accepts(p)) is string wrong)
            result.AddError(
                $"{Name} must be {(Setting.IsList && !Setting.IsNumber ? Listed : Setting.Expected)}, not "
                    + $"'{(wrong.Length == 0 ? result.Tokens[0].Value : wrong)}'.{Setting.Meant(wrong)}"
            );
        return parts;
    }

    private string Listed => Setting.IsRepeated ? "a text" : "a list separated by commas";
}

/// <summary>A setting that is true or false.</summary>
internal sealed class FlagOption : Option<bool>, ISettingOption
{
    /// <summary>Makes it.</summary>
    public FlagOption(Setting setting)
        : base(setting.Option)
    {
        Setting = setting;
        Description = setting.Description;
        foreach (string alias in setting.Aliases)
            Aliases.Add(alias);
    }

    /// <inheritdoc/>
    public Setting Setting { get; }

    // A flag that is not given has a result too.
    /// <inheritdoc/>
    public IReadOnlyList<string>? Values(ParseResult parsed) =>
        parsed.GetResult(this) is null or { Implicit: true }
            ? null
            : [parsed.GetValue(this) == (Setting.Kind == SettingKind.Flag) ? "true" : "false"];
}
