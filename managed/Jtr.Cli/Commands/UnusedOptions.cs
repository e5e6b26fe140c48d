using System.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Specialists;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>Options of a command line that have no effect beside the others, which a user should know before the run is over.</summary>
internal static class UnusedOptions
{
    /// <summary>What an option is for.</summary>
    /// <param name="Key">The setting.</param>
    /// <param name="For">The option and value that it goes with.</param>
    /// <param name="Counts">Whether it has an effect.</param>
    private sealed record Effect(string Key, string For, Func<TrainSettings, bool> Counts);

    private static readonly Effect[] _effects =
    [
        new("methods.specialistSteps", "--method specialists", s => SpecialistStages.AreIn(s.Method)),
        new("teacher.threshold", "--teacher-selection fixed", s => s.Configuration.Teacher.Selection == "fixed"),
        new("domain.fourierShare", "--domain fourier", s => s.Configuration.Domain.Techniques?.Contains("fourier") == true),
        new(
            "optimizer.decayFactor",
            "--lr-schedule step with --lr-decay-every",
            s => s.Configuration.Optimizer is { Schedule: "step", DecayEvery: > 0 }
        ),
        new("network.freezeSteps", "--freeze", s => s.Configuration.Network.Freeze is not (null or "none")),
        new("run.minImprovement", "--eval-every", s => s.EvalEvery is not null),
        new("data.pseudoWeight", "--pseudo-labels", LearnsMadeLabels),
        new("data.pseudoThreshold", "--pseudo-labels", LearnsMadeLabels),
        new("network.inputDropout", "--inputs", HasInputs),
        new("network.fusion", "--inputs", HasInputs),
        new("data.sceneInputShare", "--inputs of the built-in scenes", s => IsScenes(s) && s.Data.Inputs is { Count: > 0 }),
        new("data.scenes", "the built-in scenes", IsScenes),
        new("data.testScenes", "the built-in scenes", IsScenes),
        new("data.sceneSeed", "the built-in scenes", IsScenes),
        new("data.sceneVariety", "the built-in scenes", IsScenes),
        new("data.sceneShift", "the built-in scenes", IsScenes),
        new("domain.weights", "data of several domains", s => s.Data.Sources is not null || !IsScenes(s)),
        new("domain.learnWeights", "data of several domains", s => s.Data.Sources is not null || !IsScenes(s)),
        new("data.voidId", "folders of photographs", s => !IsScenes(s)),
        new("data.depthScale", "folders of photographs", s => !IsScenes(s)),
    ];

    /// <summary>A note for each option of the command line that has no effect.</summary>
    public static IEnumerable<string> Notes(ParseResult parsed, TrainSettings settings)
    {
        foreach (ISettingOption option in parsed.CommandResult.Command.Options.OfType<ISettingOption>())
        {
            if (option.Values(parsed) is null)
                continue;
            if (Array.Find(_effects, e => e.Key == option.Setting.Key && !e.Counts(settings)) is { } effect)
                yield return Note(option.Setting, effect.For);
            else if (!SettingsTable.Applies(option.Setting, settings.Configuration))
                yield return Note(option.Setting, Users(option.Setting));
        }
    }

    private static string Note(Setting setting, string users) => $"note: {setting.Option} has no effect here: it is for {users}";

    /// <summary>What has the native option that a setting sets: "--method consistency or direct_map".</summary>
    private static string Users(Setting setting)
    {
        string slot = setting.Natives[0].Path.Slot!;
        if (slot == "network")
            return "a --backbone other than segnet";
        string option = SettingsTable.Declared.First(s => s.Selects == slot).Option;
        return $"{option} {string.Join(" or ", setting.Natives.Select(n => n.Path.Steps[0].Variant).Distinct())}";
    }

    // Folders have those of tasks.json where nothing is said.
    private static bool HasInputs(TrainSettings settings) =>
        IsScenes(settings) ? settings.Data.Inputs is { Count: > 0 } : settings.Data.Inputs is not { Count: 0 };

    private static bool LearnsMadeLabels(TrainSettings settings) =>
        settings.Configuration.Data.PseudoLabels is not null || SpecialistStages.AreIn(settings.Method);

    private static bool IsScenes(TrainSettings settings) => settings.Data.Sources is null && settings.Data.Data == DataRequest.Scenes;
}
