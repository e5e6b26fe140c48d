using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;

namespace Jtr.Cli.Commands;

/// <summary>Options of `jtr train` about its configuration, about scores and checkpoints on the way, and about trying out.</summary>
internal sealed class TrainRunOptions
{
    private readonly Option<string?> _config = OptionKinds.Text("--config", "FILE", "Settings of a run as JSON, such as the config.json of a run's folder, which repeats that run. Options of the command line count more. 'jtr config schema' tells what may be in it.");

    private readonly Option<string[]?> _set = OptionKinds.Several("--set", "KEY=VALUE", "A setting by its name in --config, such as training.batchSize=8; lists are separated by commas.");

    private readonly Option<long?> _keep = OptionKinds.Whole("--keep", "N", "Keep the last N checkpoints under their steps too, such as checkpoint-00000500.safetensors. Default: only the last one.", 1, 1_000_000);

    private readonly Option<long?> _earlyStopping = OptionKinds.Whole("--early-stopping", "N", "End when scores were no better N times in a row; needs --eval-every. Default: off.", 1, int.MaxValue);

    private readonly Option<double?> _minImprovement = OptionKinds.Number("--min-improvement", "PERCENT", "By how much scores have to be better to count, on geometric average over the tasks. Default: 0.", v => v >= 0, "of 0 or more");

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Do a few steps, tell parameters, memory, time per step and in all, and end; nothing is written." };

    private readonly Option<bool> _findRate = new("--find-lr") { Description = "Search a learning rate: train 100 steps while it grows from 1e-6 to 1, show the losses, suggest a rate and end; nothing is written." };

    /// <summary>Options about the configuration.</summary>
    public OptionGroup ConfigurationGroup => new("Configuration", [_config, _set]);

    /// <summary>Options about what happens on the way.</summary>
    public OptionGroup OnTheWayGroup => new("On the way", [_keep, _earlyStopping, _minImprovement]);

    /// <summary>Options about trying out.</summary>
    public OptionGroup TrialGroup => new("Trying out", [_dryRun, _findRate]);

    /// <summary>Whether nothing is to be written.</summary>
    public bool IsTrial(ParseResult parsed) => IsDryRun(parsed) || parsed.GetValue(_findRate);

    /// <summary>Whether to do a dry run.</summary>
    public bool IsDryRun(ParseResult parsed) => parsed.GetValue(_dryRun);

    /// <summary>The command line with the settings of --config and --set added as options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isResumed">Whether it goes on with a run, which has its own settings.</param>
    /// <exception cref="UsageException">They do not go together, or a setting is wrong.</exception>
    public ParseResult WithConfiguration(ParseResult parsed, bool isResumed)
    {
        string? file = parsed.GetValue(_config);
        string[] sets = parsed.GetResult(_set) is null ? [] : parsed.GetValue(_set) ?? [];
        if (isResumed && (file is not null || sets.Length > 0 || IsTrial(parsed)))
            throw new UsageException("A run that is resumed has its settings: --config, --set, --dry-run and --find-lr are for new runs.");
        if (IsDryRun(parsed) && parsed.GetValue(_findRate)) throw new UsageException("--dry-run and --find-lr are two things: give one of them.");
        if (file is null && sets.Length == 0) return parsed;

        RunConfiguration configuration = ConfigurationFile.Read(file, sets);
        Command train = parsed.CommandResult.Command;
        List<string> arguments = [.. parsed.Tokens.Select(t => t.Value)];
        Dictionary<string, string> keys = [];
        foreach (Setting setting in SettingsTable.All)
        {
            if (IsGiven(setting.Option) || SettingsTable.Rivals.Any(r => (r.One == setting.Option && IsGiven(r.Other)) || (r.Other == setting.Option && IsGiven(r.One)))) continue;
            IReadOnlyList<string> added = setting.Arguments(configuration);
            if (added.Count == 0) continue;
            arguments.AddRange(added);
            keys[setting.Option] = setting.Key;
        }
        ParseResult all = parsed.RootCommandResult.Command.Parse(arguments, parsed.Configuration);
        if (all.Errors.Count == 0) return all;
        string message = all.Errors[0].Message;
        // The user wrote the setting, not the option.
        foreach ((string option, string key) in keys) message = message.StartsWith(option + " ", StringComparison.Ordinal) ? key + message[option.Length..] : message;
        throw new UsageException(message);

        // A flag that is not given has a result too.
        bool IsGiven(string option) => train.Options.FirstOrDefault(o => o.Name == option) is Option known && parsed.GetResult(known) is { Implicit: false };
    }

    /// <summary>The settings with what is said about scores and checkpoints; a run that is resumed keeps the rest.</summary>
    /// <exception cref="UsageException">They do not go together.</exception>
    public TrainSettings Settings(ParseResult parsed, TrainSettings settings, long? evalEvery, long? saveEvery)
    {
        TrainSettings result = settings with
        {
            EvalEvery = evalEvery ?? settings.EvalEvery,
            SaveEvery = saveEvery ?? settings.SaveEvery ?? 500,
            Keep = (int?)parsed.GetValue(_keep) ?? settings.Keep,
            EarlyStopping = (int?)parsed.GetValue(_earlyStopping) ?? settings.EarlyStopping,
            MinImprovement = parsed.GetValue(_minImprovement) ?? settings.MinImprovement,
        };
        if (result.EarlyStopping is not null && result.EvalEvery is null) throw new UsageException("--early-stopping needs --eval-every, which says when to score.");
        return result;
    }
}
