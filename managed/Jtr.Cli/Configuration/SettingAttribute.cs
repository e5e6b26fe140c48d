namespace Jtr.Cli.Configuration;

/// <summary>A part of a configuration file, and of a help page.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SectionAttribute(string title) : Attribute
{
    /// <summary>What it is about.</summary>
    public string Title => title;
}

/// <summary>
/// A setting of a run: a key of configuration files, an option of the command line, a line of the help and of the documentation. What has a
/// native option takes its type, range, sentence and default from the native library's schema, where nothing else is said here.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingAttribute(string option, string? helpName = null) : Attribute
{
    /// <summary>The option that says the same.</summary>
    public string Option => option;

    /// <summary>What stands for its value on a help page; null for a flag, and for words, which stand there themselves.</summary>
    public string? HelpName => helpName;

    /// <summary>What it means, in sentences.</summary>
    public string? Text { get; set; }

    /// <summary>What its value is, where the property's type does not tell.</summary>
    public SettingKind Kind { get; set; } = SettingKind.OfType;

    /// <summary>
    /// Paths of the native options that it sets, with commas between: "method[jtr].lambda_dist"; [*] stands for every variant that has it.
    /// </summary>
    public string? Native { get; set; }

    /// <summary>The native option whose variant it names, such as "method".</summary>
    public string? Selects { get; set; }

    /// <summary>The default; that of the native option counts where neither this is said nor <see cref="DefaultText"/>.</summary>
    public object? Default { get; set; }

    /// <summary>The default in words, where it depends on other settings.</summary>
    public string? DefaultText { get; set; }

    /// <summary>The smallest number.</summary>
    public double Minimum { get; set; } = double.NaN;

    /// <summary>The largest number.</summary>
    public double Maximum { get; set; } = double.NaN;

    /// <summary>What the number has to be above.</summary>
    public double Above { get; set; } = double.NaN;

    /// <summary>What the number has to be below.</summary>
    public double Below { get; set; } = double.NaN;

    /// <summary>Name of a list of <see cref="CommandLine.Words"/>, whose words the value is one of.</summary>
    public string? Words { get; set; }

    /// <summary>The values that there are; those of <see cref="Selects"/> beside them.</summary>
    public string[] Choices { get; set; } = [];

    /// <summary>Other names of the option, which are understood: those that it has elsewhere.</summary>
    public string[] Aliases { get; set; } = [];

    /// <summary>Names of earlier versions, of the option and of the key: understood, not shown.</summary>
    public string[] OldNames { get; set; } = [];

    /// <summary>Whether a run that is resumed may have another value.</summary>
    public bool MayChange { get; set; }
}
