using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands;
using Jtr.Cli.Data;
using Jtr.Cli.Specialists;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Training;

namespace Jtr.Cli.Configuration;

/// <summary>The settings of a run with all defaults filled in: what a run folder keeps, and what repeats the run.</summary>
internal static class ResolvedConfiguration
{
    /// <summary>Makes it.</summary>
    /// <param name="settings">The run.</param>
    /// <param name="samples">Samples of the training set.</param>
    /// <param name="machine">Where and with what it computes.</param>
    /// <param name="baseline">A results.json to compare with, or null.</param>
    public static RunConfiguration Of(TrainSettings settings, int samples, MachineSection machine, string? baseline) =>
        new()
        {
            Data = Data(settings),
            Benchmark = Benchmark(settings.Data.Layout),
            Network = Network(settings),
            Training = new TrainingSection
            {
                Method = settings.Method,
                Constraints = settings.Constraints?.ToArray(),
                Steps = settings.Epochs is null ? settings.TotalSteps(samples) : null,
                Epochs = settings.Epochs,
                BatchSize = settings.BatchSize,
                Width = settings.Width,
                InitFrom = settings.InitFrom,
                Seed = settings.Seed,
                Precision = Words.Of(Words.Precisions, settings.Precision),
                Recomputation = Words.Of(Words.Recomputations, settings.Recomputation),
                Augment = settings.Augment,
                Flip = Words.Of(Words.Flips, settings.Flip),
                Colour = !settings.NoColour,
                Options = settings.NativeOptions is null ? null : [.. NativeOption.Write(settings.NativeOptions)],
            },
            Augmentation = Augmentation(settings.Looks?.Augmentation ?? new()),
            Domain = new DomainSection
            {
                Techniques = settings.Looks is { Domain.Count: > 0 } looks ? [.. looks.Domain] : null,
                FourierShare = settings.Looks?.FourierShare,
            },
            Optimizer = Optimizer(settings),
            JointTask = new JointTaskSection
            {
                LambdaDist = settings.LambdaDist,
                LambdaRecon = settings.LambdaRecon,
                Mode = Words.Of(Words.Modes, settings.Mode),
                MicroBatch = settings.MicroBatch,
            },
            Methods = Methods(settings),
            Teacher = Teacher(settings.Teacher),
            Balancing = new BalancingSection
            {
                Rule = settings.Balance ?? "equal",
                TaskWeights = settings.TaskWeights?.ToArray(),
                DwaTemperature = settings.DwaTemperature ?? new BalancingOptions().Temperature,
            },
            Run = new RunSection
            {
                EvalEvery = settings.EvalEvery,
                SaveEvery = settings.SaveEvery,
                Keep = settings.Keep,
                EarlyStopping = settings.EarlyStopping,
                MinImprovement = settings.MinImprovement,
                Baseline = baseline is null ? null : Path.GetFullPath(baseline),
            },
            Machine = machine,
        };

    private static AugmentationSection Augmentation(AugmentationOptions options) =>
        new()
        {
            Rotate = options.Rotation,
            Blur = options.Blur,
            Noise = options.Noise,
            ColorJitter = options.ColorJitter,
            Erase = options.Erase,
        };

    private static DataSection Data(TrainSettings settings)
    {
        DataRequest data = settings.Data;
        // Data sets that were named one by one; a .json file that joins them names them itself.
        bool isListed =
            data.Sources is not null
            && DataLocation.Parse(data.Sources[0].Data.Data).Kind != DataKind.Joined
            && !data.Data.StartsWith("joined:", StringComparison.Ordinal);
        bool isOfSpecialists = SpecialistStages.AreIn(settings.Method);
        return new DataSection
        {
            Data = isListed ? [.. data.Sources!.Select(s => s.Data.Data)] : [data.Data],
            Weights = isListed ? [.. data.Sources!.Select(s => s.Weight)] : null,
            Test = data.Test,
            Tasks = data.Sources is null ? data.Tasks?.ToArray() : null,
            ClassNames = data.Sources is null ? data.ClassNames?.ToArray() : null,
            Inputs = data.Inputs is { Count: 0 } ? [DataOptions.NoInputs] : data.Inputs?.ToArray(),
            SceneInputShare = data.IsScenes ? data.SceneInputShare : null,
            Scenario = settings.LabelsFile is null ? Words.Of(Words.Scenarios, settings.Scenario) : null,
            Labels = settings.LabelsFile,
            LimitLabels = settings.LabelLimits?.ToArray(),
            // Specialists make their own.
            PseudoLabels = isOfSpecialists ? null : settings.PseudoLabels,
            PseudoWeight = settings.PseudoLabels is null ? null : settings.PseudoWeight,
            PseudoThreshold = settings.PseudoLabels is null ? null : settings.PseudoThreshold,
            Size = data.Size.ToString(),
            SkipBad = data.SkipBad,
            VoidId = data.VoidId,
            DepthScale = data.DepthScale,
            Scenes = data.IsScenes ? data.SceneCount : null,
            TestScenes = data.IsScenes ? data.TestSceneCount : null,
            SceneSeed = data.IsScenes ? data.SceneSeed : null,
            SceneVariety = data.IsScenes ? data.SceneVariety : null,
        };
    }

    private static BenchmarkSection Benchmark(LayoutRequest? layout) =>
        layout is null
            ? new BenchmarkSection()
            : new BenchmarkSection
            {
                Classes = layout.Classes,
                CityscapesDepth = layout.Depth switch
                {
                    CityscapesDepth.Inverse => "inverse",
                    CityscapesDepth.Metric => "metric",
                    CityscapesDepth.None => "none",
                    _ => null,
                },
                ClassMapping = layout.ClassMapping?.ToArray(),
                SplitFile = layout.SplitFile,
                Normals = layout.Normals,
                ExtraFrames = layout.ExtraFrames,
                Buildings = layout.Buildings,
                MapRange = layout.MapRange?.ToArray(),
                AllowMissing = layout.AllowMissing,
            };

    private static NetworkSection Network(TrainSettings settings)
    {
        NetworkSection section = Network(settings.Network);
        section.Fusion = settings.Fusion is { } fusion ? Words.Of(Words.Fusions, fusion) : null;
        section.InputDropout = settings.InputDropout;
        return section;
    }

    private static NetworkSection Network(NetworkSettings? network) =>
        network is null
            ? new NetworkSection { Backbone = NetworkSettings.SegNet }
            : new NetworkSection
            {
                Backbone = network.Asked,
                Decoder = network.Decoder,
                DecoderWidth = network.DecoderWidth,
                OutputStride = network.OutputStride,
                Weights = network.Weights,
                Strict = network.Strict,
                BackboneRate = network.BackboneRate,
                DecoderRate = network.DecoderRate,
                HeadsRate = network.HeadsRate,
                Freeze = Words.Of(Words.BackboneStages, network.Freeze),
                FreezeSteps = network.FreezeSteps,
                FreezeNorms = network.FreezeNorms,
            };

    private static OptimizerSection Optimizer(TrainSettings settings)
    {
        LearningRateSchedule schedule = settings.LrSchedule ?? LearningRateSchedule.Step;
        return new OptimizerSection
        {
            LearningRate = settings.LearningRate,
            Schedule = Words.Of(Words.Schedules, schedule),
            WeightDecay = settings.WeightDecay,
            DecayEvery = schedule == LearningRateSchedule.Step ? settings.LrDecayEvery : null,
            DecayFactor = schedule == LearningRateSchedule.Step ? settings.LrDecayFactor : null,
            Warmup = settings.WarmupSteps ?? 0,
            FinalFactor = schedule == LearningRateSchedule.Cosine ? settings.LrFinal ?? 0 : null,
            Clip = settings.ClipNorm,
            Ema = settings.EmaDecay,
        };
    }

    /// <summary>What is not said keeps the library's default.</summary>
    private static TeacherSection Teacher(TeacherOptions? teacher) =>
        new()
        {
            Weight = teacher?.Weight,
            ValueWeight = teacher?.ValueWeight,
            RampUp = teacher?.RampUpSteps,
            Target = teacher?.Target is { } target ? Words.Of(Words.TeacherTargets, target) : null,
            Selection = teacher?.Selection is { } selection ? Words.Of(Words.TeacherSelections, selection) : null,
            Threshold = teacher?.Threshold,
            Color = teacher?.Color,
            CutOut = teacher?.CutOut,
            CutMix = teacher?.CutMix,
        };

    private static MethodsSection Methods(TrainSettings settings)
    {
        MtpslOptions mtpsl = new();
        return new MethodsSection
        {
            SpecialistSteps = settings.SpecialistSteps,
            Weight = settings.MethodWeight ?? new ConsistencyOptions().Weight,
            Temperature = settings.Temperature ?? new ConsistencyOptions().Temperature,
            MapWidth = settings.MapWidth,
            ConWeight = settings.ConWeight ?? mtpsl.ConWeight,
            RegWeight = settings.RegWeight ?? mtpsl.RegWeight,
            RampUp = settings.RampUpSteps ?? mtpsl.RampUpSteps,
            FilmLearningRate = settings.FilmLearningRate ?? mtpsl.Film.LearningRate,
            FilmDecayEvery = settings.FilmDecayEvery ?? mtpsl.Film.DecaySteps,
        };
    }
}
