using Jtr.Cli.CommandLine;
using Jtr.Interop.Training;

namespace Jtr.Cli.Configuration;

/// <summary>
/// All settings of a configuration file. The JSON schema, the table in docs/configuration.md, the check of a file and its translation into
/// options of `jtr train` are made from it; what a setting means is the option's description.
/// </summary>
internal static class SettingsTable
{
    /// <summary>The settings, section by section.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("data.data", "--data", SettingKind.DataSets, c => c.Data.Data),
        new("data.weights", "--weights", SettingKind.Numbers, c => c.Data.Weights) { Minimum = 0, IsAboveMinimum = true },
        new("data.test", "--test", SettingKind.Data, c => c.Data.Test),
        new("data.tasks", "--tasks", SettingKind.Texts, c => c.Data.Tasks),
        new("data.classNames", "--class-names", SettingKind.Texts, c => c.Data.ClassNames),
        new("data.scenario", "--scenario", SettingKind.Word, c => c.Data.Scenario) { Words = Of(CommandLine.Words.Scenarios) },
        new("data.labels", "--labels", SettingKind.Path, c => c.Data.Labels),
        new("data.size", "--size", SettingKind.Text, c => c.Data.Size),
        new("data.skipBad", "--skip-bad", SettingKind.Flag, c => c.Data.SkipBad),
        new("data.voidId", "--void-id", SettingKind.Whole, c => c.Data.VoidId) { Minimum = 0, Maximum = 65535 },
        new("data.depthScale", "--depth-scale", SettingKind.Number, c => c.Data.DepthScale) { Minimum = 0, IsAboveMinimum = true },
        new("data.scenes", "--scenes", SettingKind.Whole, c => c.Data.Scenes) { Minimum = 1, Maximum = 100_000_000 },
        new("data.testScenes", "--test-scenes", SettingKind.Whole, c => c.Data.TestScenes) { Minimum = 1, Maximum = 100_000_000 },
        new("data.sceneSeed", "--scene-seed", SettingKind.Whole, c => c.Data.SceneSeed) { Minimum = 0 },
        new("data.sceneVariety", "--scene-variety", SettingKind.Number, c => c.Data.SceneVariety) { Minimum = 0, Maximum = 1 },

        new("benchmark.classes", "--classes", SettingKind.Whole, c => c.Benchmark.Classes),
        new("benchmark.cityscapesDepth", "--cityscapes-depth", SettingKind.Word, c => c.Benchmark.CityscapesDepth) { Words = ["inverse", "metric", "none"] },
        new("benchmark.classMapping", "--class-mapping", SettingKind.Paths, c => c.Benchmark.ClassMapping),
        new("benchmark.splitFile", "--split-file", SettingKind.Path, c => c.Benchmark.SplitFile),
        new("benchmark.normals", "--normals", SettingKind.Path, c => c.Benchmark.Normals),
        new("benchmark.extraFrames", "--extra-frames", SettingKind.Path, c => c.Benchmark.ExtraFrames),
        new("benchmark.buildings", "--buildings", SettingKind.Path, c => c.Benchmark.Buildings),
        new("benchmark.mapRange", "--map-range", SettingKind.Texts, c => c.Benchmark.MapRange),
        new("benchmark.allowMissing", "--allow-missing", SettingKind.Flag, c => c.Benchmark.AllowMissing),

        new("training.method", "--method", SettingKind.Text, c => c.Training.Method),
        new("training.steps", "--steps", SettingKind.Whole, c => c.Training.Steps) { Minimum = 1 },
        new("training.epochs", "--epochs", SettingKind.Whole, c => c.Training.Epochs) { Minimum = 1, Maximum = int.MaxValue },
        new("training.batchSize", "--batch-size", SettingKind.Whole, c => c.Training.BatchSize) { Minimum = 1, Maximum = 65536 },
        new("training.width", "--width", SettingKind.Whole, c => c.Training.Width) { Minimum = 1, Maximum = TrainerOptions.MaxWidth },
        new("training.seed", "--seed", SettingKind.Whole, c => c.Training.Seed) { Minimum = 0 },
        new("training.precision", "--precision", SettingKind.Word, c => c.Training.Precision) { Words = Of(CommandLine.Words.Precisions) },
        new("training.recomputation", "--recomputation", SettingKind.Word, c => c.Training.Recomputation) { Words = Of(CommandLine.Words.Recomputations) },
        new("training.augment", "--no-augment", SettingKind.NegatedFlag, c => c.Training.Augment),
        new("training.flip", "--flip", SettingKind.Word, c => c.Training.Flip) { Words = Of(CommandLine.Words.Flips) },
        new("training.colour", "--no-colour", SettingKind.NegatedFlag, c => c.Training.Colour),
        new("training.options", "--option", SettingKind.Assignments, c => c.Training.Options),

        new("optimizer.learningRate", "--learning-rate", SettingKind.Number, c => c.Optimizer.LearningRate) { Minimum = 0, IsAboveMinimum = true },
        new("optimizer.schedule", "--lr-schedule", SettingKind.Word, c => c.Optimizer.Schedule) { Words = Of(CommandLine.Words.Schedules) },
        new("optimizer.decayEvery", "--lr-decay-every", SettingKind.Whole, c => c.Optimizer.DecayEvery) { Minimum = 0 },
        new("optimizer.decayFactor", "--lr-decay-factor", SettingKind.Number, c => c.Optimizer.DecayFactor) { Minimum = 0, IsAboveMinimum = true, Maximum = 1 },
        new("optimizer.warmup", "--warmup", SettingKind.Whole, c => c.Optimizer.Warmup) { Minimum = 0 },
        new("optimizer.finalFactor", "--lr-final", SettingKind.Number, c => c.Optimizer.FinalFactor) { Minimum = 0, Maximum = 1 },
        new("optimizer.clip", "--clip", SettingKind.Number, c => c.Optimizer.Clip) { Minimum = 0, IsAboveMinimum = true },
        new("optimizer.ema", "--ema", SettingKind.Number, c => c.Optimizer.Ema) { Minimum = 0, IsAboveMinimum = true, Maximum = 1, IsBelowMaximum = true },

        new("jointTask.lambdaDist", "--lambda-dist", SettingKind.Number, c => c.JointTask.LambdaDist) { Minimum = 0 },
        new("jointTask.lambdaRecon", "--lambda-recon", SettingKind.Number, c => c.JointTask.LambdaRecon) { Minimum = 0 },
        new("jointTask.mode", "--mode", SettingKind.Word, c => c.JointTask.Mode) { Words = Of(CommandLine.Words.Modes) },
        new("jointTask.microBatch", "--micro-batch", SettingKind.Whole, c => c.JointTask.MicroBatch) { Minimum = 0, Maximum = 65536 },

        new("methods.weight", "--method-weight", SettingKind.Number, c => c.Methods.Weight) { Minimum = 0 },
        new("methods.temperature", "--temperature", SettingKind.Number, c => c.Methods.Temperature) { Minimum = 0, IsAboveMinimum = true },
        new("methods.mapWidth", "--map-width", SettingKind.Whole, c => c.Methods.MapWidth) { Minimum = 1, Maximum = TrainerOptions.MaxWidth },
        new("methods.conWeight", "--con-weight", SettingKind.Number, c => c.Methods.ConWeight) { Minimum = 0 },
        new("methods.regWeight", "--reg-weight", SettingKind.Number, c => c.Methods.RegWeight) { Minimum = 0 },
        new("methods.rampUp", "--ramp-up", SettingKind.Whole, c => c.Methods.RampUp) { Minimum = 0 },
        new("methods.filmLearningRate", "--film-learning-rate", SettingKind.Number, c => c.Methods.FilmLearningRate) { Minimum = 0, IsAboveMinimum = true },
        new("methods.filmDecayEvery", "--film-lr-decay-every", SettingKind.Whole, c => c.Methods.FilmDecayEvery) { Minimum = 0 },

        new("balancing.rule", "--balance", SettingKind.Text, c => c.Balancing.Rule),
        new("balancing.taskWeights", "--task-weights", SettingKind.Numbers, c => c.Balancing.TaskWeights) { Minimum = 0 },
        new("balancing.dwaTemperature", "--dwa-temperature", SettingKind.Number, c => c.Balancing.DwaTemperature) { Minimum = 0, IsAboveMinimum = true },

        new("run.evalEvery", "--eval-every", SettingKind.Whole, c => c.Run.EvalEvery) { Minimum = 1 },
        new("run.saveEvery", "--save-every", SettingKind.Whole, c => c.Run.SaveEvery) { Minimum = 1 },
        new("run.keep", "--keep", SettingKind.Whole, c => c.Run.Keep) { Minimum = 1, Maximum = 1_000_000 },
        new("run.earlyStopping", "--early-stopping", SettingKind.Whole, c => c.Run.EarlyStopping) { Minimum = 1, Maximum = int.MaxValue },
        new("run.minImprovement", "--min-improvement", SettingKind.Number, c => c.Run.MinImprovement) { Minimum = 0 },
        new("run.baseline", "--baseline", SettingKind.Path, c => c.Run.Baseline),

        new("machine.device", "--device", SettingKind.Text, c => c.Machine.Device),
        new("machine.threads", "--threads", SettingKind.Whole, c => c.Machine.Threads) { Minimum = 1, Maximum = 1024 },
        new("machine.workers", "--workers", SettingKind.Whole, c => c.Machine.Workers) { Minimum = 1, Maximum = 256 },
        new("machine.chunkBytes", "--chunk-bytes", SettingKind.Whole, c => c.Machine.ChunkBytes) { Minimum = 1 },
        new("machine.deterministic", "--deterministic", SettingKind.Flag, c => c.Machine.Deterministic),
    ];

    /// <summary>Sections and what they are about.</summary>
    public static IReadOnlyList<(string Name, string Title)> Sections { get; } =
    [
        ("data", "Data and labels"),
        ("benchmark", "How the files of benchmarks are read"),
        ("training", "Network and training"),
        ("optimizer", "Adam, its rate, clipping and average"),
        ("jointTask", "Joint-Task Regularization (method jtr)"),
        ("methods", "The other methods"),
        ("balancing", "Weights of the tasks' losses"),
        ("run", "Scores and checkpoints on the way"),
        ("machine", "Where and with what to compute"),
    ];

    /// <summary>Options that say the same as another one: the command line's counts, and the file's other one with it.</summary>
    public static IReadOnlyList<(string One, string Other)> Rivals { get; } = [("--steps", "--epochs"), ("--scenario", "--labels")];

    /// <summary>A setting by its key, in any case, or null.</summary>
    public static Setting? Find(string key) => All.FirstOrDefault(s => string.Equals(s.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The key that a wrong one may have meant, or null.</summary>
    public static string? Suggest(string key)
    {
        string name = Last(key);
        // As the option is spelled: batch-size, --lr-schedule.
        string option = $"--{name.TrimStart('-')}";
        if (All.FirstOrDefault(s => string.Equals(s.Option, option, StringComparison.OrdinalIgnoreCase)) is { } spelled) return spelled.Key;
        (string Key, int Slips) best = All.Select(s => (s.Key, Math.Min(
            Suggestion.Distance(key.ToUpperInvariant(), s.Key.ToUpperInvariant()),
            // The right name in the wrong section, or in none.
            Suggestion.Distance(name.ToUpperInvariant(), Last(s.Key).ToUpperInvariant())))).MinBy(s => s.Item2);
        if (best.Slips <= 2 && best.Slips < name.Length / 2 + 1) return best.Key;
        // A part of a name, where it is one setting's alone: first of the section, then of all.
        string section = key[..^name.Length];
        return Only(All.Where(s => s.Key.StartsWith(section, StringComparison.OrdinalIgnoreCase))) ?? Only(All);

        string? Only(IEnumerable<Setting> among)
        {
            Setting[] found = name.Length < 3 ? [] : [.. among.Where(s => Last(s.Key).Contains(name, StringComparison.OrdinalIgnoreCase)).Take(2)];
            return found.Length == 1 ? found[0].Key : null;
        }
    }

    /// <summary>A sentence with the settings of the section that a wrong key is in, where no single one suggests itself; else null.</summary>
    public static string? Siblings(string key)
    {
        if (Suggest(key) is not null) return null;
        string section = key.Split('.')[0];
        string[] names = [.. All.Where(s => s.Key.StartsWith(section + ".", StringComparison.OrdinalIgnoreCase)).Select(s => Last(s.Key))];
        return names.Length > 0 ? $"'{section}' has {string.Join(", ", names)}." : $"The sections are {string.Join(", ", Sections.Select(s => s.Name))}.";
    }

    private static string Last(string key) => key[(key.LastIndexOf('.') + 1)..];

    private static string[] Of<T>(IReadOnlyList<(string Word, T Value)> words) => [.. words.Select(w => w.Word)];
}
