using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>What is said of a run, on top of what the run to resume says or of the defaults.</summary>
internal static class TrainOptions
{
    /// <summary>Rates with a SegNet and with a backbone, and decay with that. Tried on photographs (docs/results.md).</summary>
    public const double LearningRate = 2e-3,
        BackboneLearningRate = 5e-4,
        BackboneWeightDecay = 0.01;

    /// <summary>The settings.</summary>
    /// <param name="said">What is said.</param>
    /// <param name="saved">The run to resume, or null.</param>
    /// <param name="defaults">What to change of the defaults of a new run, or null.</param>
    /// <param name="table">The settings that there are, or null for those of the native library that is loaded.</param>
    /// <exception cref="UsageException">Options contradict each other, or would change a run that is resumed.</exception>
    public static TrainSettings Settings(
        RunConfiguration said,
        TrainSettings? saved,
        RunConfiguration? defaults = null,
        SettingsTable? table = null
    )
    {
        table ??= SettingsTable.Current;
        foreach ((string one, string other) in SettingsTable.Rivals)
        {
            if (SettingsTable.IsSaid(one, said) && SettingsTable.IsSaid(other, said))
                throw new UsageException(
                    $"{SettingsTable.Get(one).Option} and {SettingsTable.Get(other).Option} say the same thing in two ways; give one of "
                        + "them."
                );
        }
        said = Completed(said, table);
        RunConfiguration run = saved is null ? New(said, defaults) : Resumed(said, saved, table);
        DataRequest data = saved is null ? DataOptions.Request(said, run, sources: null) : DataOptions.Request(said, saved);
        if (data.IsScenes && said.Data.ClassNames is not null)
            throw new UsageException("--class-names is for folders: the classes of scenes have names.");
        if (saved is null)
            SetDefaults(run, data);
        DataOptions.Write(data, run);
        table.Fill(run);
        if (run.Run.EarlyStopping is not null && run.Run.EvalEvery is null)
            throw new UsageException("--early-stopping needs --eval-every, which says when to score.");
        return new TrainSettings(run, DataOptions.IsFile(data) ? data.Sources : null, table);
    }

    /// <summary>The same, checked, with paths in full and in the form in which it is kept.</summary>
    private static RunConfiguration Completed(RunConfiguration said, SettingsTable table)
    {
        RunConfiguration run = said.Copy();
        // First of all: the folder of a run stands for its checkpoint.
        if (run.Training.InitFrom is { } from)
            run.Training.InitFrom = CheckpointInput.Find(from);
        foreach (Setting setting in SettingsTable.Declared)
        {
            if (setting.Kind == SettingKind.Path && setting.Get(run) is string path)
                setting.Set(run, Path.GetFullPath(path));
            else if (setting.Kind == SettingKind.Paths && setting.Get(run) is string[] paths)
                setting.Set(run, paths.Select(Path.GetFullPath).ToArray());
        }
        run.Network.Backbone = NetworkSettings.Full(run.Network.Backbone);
        run.Network.Weights = WeightsInput.Name(run.Network.Weights);
        run.Data.LimitLabels = run.Data.LimitLabels?.Select(text => LabelLimit.Parse(text).ToString()).ToArray();
        if (run.Training.Options is not null)
            run.Training.Options = [.. NativeOption.Write(NativeOption.Parse(run.Training.Options))];
        ConstraintInput.Parse(run.Training.Constraints);
        try
        {
            if (run.Methods.TaskGraph is { } graph)
                TaskGraphOptions.Parse(graph);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--task-graph: {e.Message}.");
        }
        try
        {
            run.Domain.Weights = run.Domain.Weights?.Select(w => DomainWeight.Parse(w).ToString()).ToArray();
        }
        catch (FormatException e)
        {
            throw new UsageException($"--domain-weights: {e.Message}.");
        }
        IReadOnlyList<string> known = table.Find("domain.techniques")!.Words;
        if (run.Domain.Techniques?.FirstOrDefault(t => !known.Contains(t)) is { } unknown)
            throw new UsageException($"--domain takes {string.Join(", ", known)}, not '{unknown}'.");
        return run;
    }

    /// <summary>A new run: what is said, and what the command has as defaults besides.</summary>
    private static RunConfiguration New(RunConfiguration said, RunConfiguration? defaults)
    {
        RunConfiguration run = said.Copy();
        foreach (Setting setting in defaults is null ? [] : SettingsTable.Declared)
        {
            bool isRival = SettingsTable.Rivals.Any(r =>
                (r.One == setting.Key && SettingsTable.IsSaid(r.Other, said))
                || (r.Other == setting.Key && SettingsTable.IsSaid(r.One, said))
            );
            if (setting.Get(run) is null && !isRival)
                setting.Set(run, setting.Get(defaults!));
        }
        return run;
    }

    /// <summary>Says the defaults that depend on the data and on the network.</summary>
    private static void SetDefaults(RunConfiguration run, DataRequest data)
    {
        if (run.Data.Labels is null)
            run.Data.Scenario ??= data.IsScenes ? "onelabel" : "asfound";
        Preset.Of(run).Begin(run, data);
        run.Training.Flip ??= DataSource.Locate(data).Kind == DataKind.Cityscapes ? "all" : "none";
        NetworkSettings.Complete(run);
        if (run.Optimizer.Name == "adamw")
            run.Optimizer.WeightDecay ??= BackboneWeightDecay;
        if (NetworkSettings.IsSegNet(run.Network))
        {
            run.Optimizer.LearningRate ??= LearningRate;
            (run.Training.InitFrom, run.Network.Weights) = (run.Training.InitFrom ?? run.Network.Weights, null);
            return;
        }
        run.Optimizer.LearningRate ??= BackboneLearningRate;
        run.Optimizer.Schedule ??= Words.Of(LearningRateSchedule.Cosine);
        if (run.Optimizer.Name is null)
            run.Optimizer.WeightDecay ??= BackboneWeightDecay;
    }

    /// <summary>The run to resume, with what may change of it.</summary>
    private static RunConfiguration Resumed(RunConfiguration said, TrainSettings saved, SettingsTable table)
    {
        RunConfiguration run = saved.Configuration.Copy();
        foreach (Setting setting in table.All)
        {
            if (setting.Get(said) is not { } value)
                continue;
            object? before = setting.Get(run);
            if (!setting.MayChange && !SettingValue.Same(value, before) && !(before is null && SettingValue.Same(value, setting.Default)))
                throw new UsageException(
                    $"{setting.Option} was {Shown(setting, before)} when the run began, and a run that is resumed keeps it (only --steps, "
                        + "--epochs, --data, --test and --recomputation may change)."
                );
            setting.Set(run, value);
        }
        if (said.Training.Steps is not null)
            run.Training.Epochs = null;
        if (said.Training.Epochs is not null)
            run.Training.Steps = null;
        return run;
    }

    private static string Shown(Setting setting, object? value) =>
        value is null || (value is bool flag && flag == (setting.Kind == SettingKind.NegatedFlag)) ? "not given"
        : value is bool ? "given"
        : SettingValue.Text(value);
}
