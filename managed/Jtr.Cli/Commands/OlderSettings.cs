using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;

namespace Jtr.Cli.Commands;

/// <summary>The settings of a run as checkpoints and plans of earlier versions have them: a flat record with names of its own.</summary>
internal static class OlderSettings
{
    // Where a value stands there, and the setting that it is now.
    private static readonly (string Path, string Key)[] _names =
    [
        ("Method", "training.method"),
        ("Scenario", "data.scenario"),
        ("Seed", "training.seed"),
        ("Steps", "training.steps"),
        ("Epochs", "training.epochs"),
        ("BatchSize", "training.batchSize"),
        ("Width", "training.width"),
        ("LearningRate", "optimizer.learningRate"),
        ("WeightDecay", "optimizer.weightDecay"),
        ("LrSchedule", "optimizer.schedule"),
        ("LrDecayEvery", "optimizer.decayEvery"),
        ("LrDecayFactor", "optimizer.decayFactor"),
        ("WarmupSteps", "optimizer.warmup"),
        ("LrFinal", "optimizer.finalFactor"),
        ("ClipNorm", "optimizer.clip"),
        ("EmaDecay", "optimizer.ema"),
        ("LambdaDist", "jointTask.lambdaDist"),
        ("LambdaRecon", "jointTask.lambdaRecon"),
        ("Mode", "jointTask.mode"),
        ("MicroBatch", "jointTask.microBatch"),
        ("MethodWeight", "methods.weight"),
        ("Temperature", "methods.temperature"),
        ("MapWidth", "methods.mapWidth"),
        ("ConWeight", "methods.conWeight"),
        ("RegWeight", "methods.regWeight"),
        ("RampUpSteps", "methods.rampUp"),
        ("FilmLearningRate", "methods.filmLearningRate"),
        ("FilmDecayEvery", "methods.filmDecayEvery"),
        ("SpecialistSteps", "methods.specialistSteps"),
        ("Teacher.Weight", "teacher.weight"),
        ("Teacher.ValueWeight", "teacher.valueWeight"),
        ("Teacher.RampUpSteps", "teacher.rampUp"),
        ("Teacher.Target", "teacher.target"),
        ("Teacher.Selection", "teacher.selection"),
        ("Teacher.Threshold", "teacher.threshold"),
        ("Teacher.Color", "teacher.color"),
        ("Teacher.CutOut", "teacher.cutOut"),
        ("Teacher.CutMix", "teacher.cutMix"),
        ("Constraints", "training.constraints"),
        ("Balance", "balancing.rule"),
        ("TaskWeights", "balancing.taskWeights"),
        ("DwaTemperature", "balancing.dwaTemperature"),
        ("Fusion", "network.fusion"),
        ("InputDropout", "network.inputDropout"),
        ("Network.Backbone", "network.backbone"),
        ("Network.Decoder", "network.decoder"),
        ("Network.DecoderWidth", "network.decoderWidth"),
        ("Network.OutputStride", "network.outputStride"),
        ("Network.Weights", "network.weights"),
        ("Network.Strict", "network.strict"),
        ("Network.BackboneRate", "network.backboneRate"),
        ("Network.DecoderRate", "network.decoderRate"),
        ("Network.HeadsRate", "network.headsRate"),
        ("Network.Freeze", "network.freeze"),
        ("Network.FreezeSteps", "network.freezeSteps"),
        ("Network.FreezeNorms", "network.freezeNorms"),
        ("EvalEvery", "run.evalEvery"),
        ("SaveEvery", "run.saveEvery"),
        ("Keep", "run.keep"),
        ("EarlyStopping", "run.earlyStopping"),
        ("MinImprovement", "run.minImprovement"),
        ("Precision", "training.precision"),
        ("Recomputation", "training.recomputation"),
        ("Augment", "training.augment"),
        ("Flip", "training.flip"),
        ("Looks.Augmentation.Rotation", "augmentation.rotate"),
        ("Looks.Augmentation.Blur", "augmentation.blur"),
        ("Looks.Augmentation.Noise", "augmentation.noise"),
        ("Looks.Augmentation.ColorJitter", "augmentation.colorJitter"),
        ("Looks.Augmentation.Erase", "augmentation.erase"),
        ("Looks.Domain", "domain.techniques"),
        ("Looks.FourierShare", "domain.fourierShare"),
        ("LabelsFile", "data.labels"),
        ("LabelLimits", "data.limitLabels"),
        ("PseudoLabels", "data.pseudoLabels"),
        ("PseudoWeight", "data.pseudoWeight"),
        ("PseudoThreshold", "data.pseudoThreshold"),
        ("InitFrom", "training.initFrom"),
        ("Machine.Threads", "machine.threads"),
        ("Machine.Workers", "machine.workers"),
        ("Machine.ChunkBytes", "machine.chunkBytes"),
        ("Machine.Deterministic", "machine.deterministic"),
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="JsonException">They are damaged.</exception>
    public static TrainSettings Read(JsonElement root)
    {
        RunConfiguration run = new();
        DataRequest data =
            (root.TryGetProperty("Data", out JsonElement request) ? request.Deserialize(SettingsJson.Default.DataRequest) : null)
            ?? throw new JsonException("they do not say the data");
        DataOptions.Write(data, run);
        foreach ((string path, string key) in _names)
        {
            if (Find(root, path) is { } value && SettingValue.Texts(value) is { Count: > 0 } texts)
            {
                Setting setting = SettingsTable.Get(key);
                // Names of enumerations are words now.
                setting.Set(run, setting.Convert([.. texts.Select(Word)]));
            }
        }
        // That of a plan, whose runs have each their own.
        run.Training.Method ??= ComparedMethod.Baseline;
        run.Training.Color = Find(root, "NoColour") is not { ValueKind: JsonValueKind.True };
        run.Network.Backbone = Find(root, "Network.BackboneFile") is { } file ? $"torchscript:{file}" : run.Network.Backbone;
        if (Find(root, "Network") is null)
            (run.Network.Backbone, run.Network.Decoder) = (NetworkSettings.SegNet, NetworkSettings.SegNet);
        if (run.Data.Labels is not null)
            run.Data.Scenario = null;
        // They were there whether used or not.
        if (run.Data.PseudoLabels is null)
            (run.Data.PseudoWeight, run.Data.PseudoThreshold) = (null, null);
        if (Find(root, "NativeOptions")?.GetString() is { } native)
            run.Training.Options = [.. NativeOption.Write(JsonNode.Parse(native)?.AsObject())];
        run.Optimizer.Warmup ??= 0;
        SettingsTable.Current.Fill(run);
        return new TrainSettings(run, DataOptions.IsFile(data) ? data.Sources : null);
    }

    private static JsonElement? Find(JsonElement place, string path)
    {
        foreach (string name in path.Split('.'))
        {
            if (place.ValueKind != JsonValueKind.Object || !place.TryGetProperty(name, out place))
                return null;
        }
        return place.ValueKind == JsonValueKind.Null ? null : place;
    }

    private static string Word(string name) => name == "EveryView" ? "all" : name;
}
