using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;

namespace Jtr.Cli.Commands;

/// <summary>Options of `jtr train` about its configuration and about trying out.</summary>
internal sealed class TrainRunOptions
{
    private readonly Option<string?> _config = OptionKinds.Text(
        "--config",
        "FILE",
        "Settings of a run as JSON, such as the config.json "
            + "of a run's folder, which repeats that run. Options of the command line count more. 'jtr config schema' tells what may be "
            + "in it."
    );

    private readonly Option<string[]?> _set = OptionKinds.Several(
        "--set",
        "KEY=VALUE",
        "A setting by its name in --config, such as training.batchSize=8; lists are separated by commas."
    );

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Do a few steps, tell parameters, memory, time per step and in all, and end; nothing is written.",
    };

    private readonly Option<bool> _findRate = new("--find-lr")
    {
        Description =
            "Search a learning rate: train 100 steps while it grows "
            + "from 1e-6 to 1, show the losses, suggest a rate and end; nothing is written.",
    };

    /// <summary>Options about the configuration.</summary>
    public OptionGroup ConfigurationGroup => new("Configuration", [_config, _set]);

    /// <summary>Options about trying out.</summary>
    public OptionGroup TrialGroup => new("Trying out", [_dryRun, _findRate]);

    /// <summary>Whether nothing is to be written.</summary>
    public bool IsTrial(ParseResult parsed) => IsDryRun(parsed) || parsed.GetValue(_findRate);

    /// <summary>Whether to do a dry run.</summary>
    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>What --config, --set and the other options of a command line say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isResumed">Whether it goes on with a run, which has its own settings.</param>
    /// <exception cref="UsageException">They do not go together, or a setting is wrong.</exception>
    public RunConfiguration Configuration(ParseResult parsed, bool isResumed)
    {
        string? file = parsed.GetValue(_config);
        string[] sets = parsed.GetResult(_set) is null ? [] : parsed.GetValue(_set) ?? [];
        if (isResumed && (file is not null || sets.Length > 0 || IsTrial(parsed)))
            throw new UsageException("A run that is resumed has its settings: --config, --set, --dry-run and --find-lr are for new runs.");
        if (IsDryRun(parsed) && parsed.GetValue(_findRate))
            throw new UsageException("--dry-run and --find-lr are two things: give one of them.");
        return RunConfigurationReader.Read(parsed, file, sets);
    }
}
