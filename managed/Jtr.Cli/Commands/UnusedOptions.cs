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
        OfMethods("jointTask.lambdaDist", "jtr"),
        OfMethods("jointTask.lambdaRecon", "jtr"),
        OfMethods("jointTask.mode", "jtr"),
        OfMethods("jointTask.microBatch", "jtr", "mtpsl"),
        new("methods.specialistSteps", "--method specialists", s => SpecialistStages.AreIn(s.Method)),
        OfMethods("methods.weight", "consistency", "direct_map", "perceptual_map"),
        OfMethods("methods.temperature", "consistency"),
        OfMethods("methods.mapWidth", "direct_map", "perceptual_map"),
        OfMethods("methods.conWeight", "mtpsl"),
        OfMethods("methods.regWeight", "mtpsl"),
        OfMethods("methods.rampUp", "mtpsl"),
        OfMethods("methods.filmLearningRate", "mtpsl"),
        OfMethods("methods.filmDecayEvery", "mtpsl"),
        OfMethods("teacher.weight", "teacher"),
        OfMethods("teacher.valueWeight", "teacher"),
        OfMethods("teacher.rampUp", "teacher"),
        OfMethods("teacher.target", "teacher"),
        OfMethods("teacher.selection", "teacher"),
        new("teacher.threshold", "--teacher-selection fixed", s => s.Teacher?.Selection == TeacherSelection.Fixed),
        OfMethods("teacher.color", "teacher"),
        OfMethods("teacher.cutOut", "teacher"),
        OfMethods("teacher.cutMix", "teacher"),
        new("domain.fourierShare", "--domain fourier", s => s.Looks?.Domain.Contains("fourier") == true),
        new("balancing.dwaTemperature", "--balance dwa", s => s.Balance == "dwa"),
        new("optimizer.decayFactor", "--lr-schedule step with --lr-decay-every", s => IsStep(s) && s.LrDecayEvery > 0),
        new("network.freezeSteps", "--freeze", s => s.Network?.Freeze is not null),
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
                yield return $"note: {option.Setting.Option} has no effect here: it is for {effect.For}";
        }
    }

    private static Effect OfMethods(string key, params string[] methods) =>
        new(
            key,
            $"--method {string.Join(" or ", methods)}",
            s => JtrRuntime.FindMethod(s.NetworkMethod)?.Parts.Any(m => methods.Contains(m.Name)) == true
        );

    // No schedule is that of steps, which keeps the rate where nothing else is said.
    private static bool IsStep(TrainSettings settings) =>
        settings.LrSchedule is not (LearningRateSchedule.Cosine or LearningRateSchedule.Constant);

    // Folders have those of tasks.json where nothing is said.
    private static bool HasInputs(TrainSettings settings) =>
        IsScenes(settings) ? settings.Data.Inputs is { Count: > 0 } : settings.Data.Inputs is not { Count: 0 };

    private static bool LearnsMadeLabels(TrainSettings settings) =>
        settings.PseudoLabels is not null || SpecialistStages.AreIn(settings.Method);

    private static bool IsScenes(TrainSettings settings) => settings.Data.Sources is null && settings.Data.Data == DataRequest.Scenes;
}
