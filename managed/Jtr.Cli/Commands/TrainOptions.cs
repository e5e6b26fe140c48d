using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>The options of `jtr train` that make <see cref="TrainSettings"/>.</summary>
internal static class TrainOptions
{
    /// <summary>Rate and decay with a backbone. Tried on photographs with one label each (docs/results.md).</summary>
    public const double BackboneLearningRate = 5e-4,
        BackboneWeightDecay = 0.01;

    // First: the next list takes it in.
    private static readonly string[] _looks =
    [
        "augmentation.rotate",
        "augmentation.blur",
        "augmentation.noise",
        "augmentation.colorJitter",
        "augmentation.erase",
        "domain.techniques",
        "domain.fourierShare",
    ];

    private static readonly string[] _training =
    [
        "training.constraints",
        "training.steps",
        "training.epochs",
        "training.batchSize",
        "training.width",
        "optimizer.learningRate",
        "optimizer.weightDecay",
        "optimizer.schedule",
        "optimizer.decayEvery",
        "optimizer.decayFactor",
        "optimizer.warmup",
        "optimizer.finalFactor",
        "optimizer.clip",
        "optimizer.ema",
        "training.seed",
        "training.initFrom",
        "training.augment",
        "training.flip",
        "training.colour",
        .. _looks,
        "training.precision",
        "training.recomputation",
        "training.options",
    ];

    private static readonly string[] _network =
    [
        "network.backbone",
        "network.decoder",
        "network.weights",
        "network.strict",
        "network.decoderWidth",
        "network.outputStride",
        "network.backboneRate",
        "network.decoderRate",
        "network.headsRate",
        "network.freeze",
        "network.freezeSteps",
        "network.freezeNorms",
        "network.fusion",
        "network.inputDropout",
    ];

    private static readonly string[] _jointTask =
    [
        "jointTask.lambdaDist",
        "jointTask.lambdaRecon",
        "jointTask.mode",
        "jointTask.microBatch",
    ];

    private static readonly string[] _otherMethods =
    [
        "methods.specialistSteps",
        "methods.weight",
        "methods.temperature",
        "methods.mapWidth",
        "methods.conWeight",
        "methods.regWeight",
        "methods.rampUp",
        "methods.filmLearningRate",
        "methods.filmDecayEvery",
    ];

    private static readonly string[] _teacher =
    [
        "teacher.weight",
        "teacher.valueWeight",
        "teacher.rampUp",
        "teacher.target",
        "teacher.selection",
        "teacher.threshold",
        "teacher.color",
        "teacher.cutOut",
        "teacher.cutMix",
    ];

    /// <summary>Options about data.</summary>
    public static OptionGroup DataGroup =>
        SettingsTable.Group(
            "Data",
            "data.data",
            "data.weights",
            "data.test",
            "data.tasks",
            "data.classNames",
            "data.inputs",
            "data.sceneInputShare",
            "data.scenario",
            "data.labels",
            "data.limitLabels",
            "data.pseudoLabels",
            "data.pseudoWeight",
            "data.pseudoThreshold",
            "data.size",
            "data.skipBad",
            "data.voidId",
            "data.depthScale",
            "data.scenes",
            "data.testScenes",
            "data.sceneSeed",
            "data.sceneVariety"
        );

    /// <summary>Options about the network.</summary>
    public static OptionGroup NetworkGroup => SettingsTable.Group("Network", _network);

    /// <summary>Options about training.</summary>
    public static OptionGroup TrainingGroup => SettingsTable.Group("Training", ["training.method", .. _training]);

    /// <summary>Options of the method "jtr".</summary>
    public static OptionGroup JtrGroup => SettingsTable.Group("Joint-Task Regularization (--method jtr)", _jointTask);

    /// <summary>Options of the method "teacher".</summary>
    public static OptionGroup TeacherGroup => SettingsTable.Group("Teacher (--method teacher)", _teacher);

    /// <summary>Options of the other methods.</summary>
    public static OptionGroup OtherMethodsGroup => SettingsTable.Group("Other methods", _otherMethods);

    /// <summary>Options that weigh the tasks.</summary>
    public static OptionGroup BalancingGroup =>
        SettingsTable.Group("Task balancing", "balancing.rule", "balancing.taskWeights", "balancing.dwaTemperature");

    /// <summary>Options about training that all methods of a comparison share.</summary>
    public static OptionGroup SharedTrainingGroup => SettingsTable.Group("Training", _training.Except(["training.seed"]));

    /// <summary>Options of the methods that a comparison may change.</summary>
    public static OptionGroup MethodsGroup =>
        SettingsTable.Group("Methods", [.. _jointTask.Except(["jointTask.mode"]), .. _teacher, .. _otherMethods]);

    /// <summary>The settings: what is said, on top of what the run to resume says or of the defaults.</summary>
    /// <param name="said">What is said.</param>
    /// <param name="saved">The run to resume, or null.</param>
    /// <param name="defaults">What to change of the defaults of a new run, or null.</param>
    /// <exception cref="UsageException">Options contradict each other, or would change a run that is resumed.</exception>
    public static TrainSettings Settings(RunConfiguration said, TrainSettings? saved, Func<TrainSettings, TrainSettings>? defaults = null)
    {
        long? steps = said.Training.Steps;
        int? epochs = said.Training.Epochs;
        if (steps is not null && epochs is not null)
            throw new UsageException("--steps and --epochs say the same thing in two ways; give one of them.");
        string? labels = said.Data.Labels is string file ? Path.GetFullPath(file) : null;
        if (labels is not null && said.Data.Scenario is not null)
            throw new UsageException("--labels and --scenario say the same thing in two ways; give one of them.");
        string[]? tasks = said.Data.Tasks,
            classNames = said.Data.ClassNames;
        DataRequest data = DataOptions.Request(said, saved?.Data);
        if (saved is null)
            data = data with { Tasks = tasks, ClassNames = classNames };
        else
        {
            Keep("--tasks", tasks, saved.Data.Tasks);
            Keep("--class-names", classNames, saved.Data.ClassNames);
        }
        if (data.Sources is not null && (tasks ?? classNames) is not null)
            throw new UsageException("--tasks and --class-names are for one data set; of joined ones a .json file says them for each.");
        if (data.IsScenes && classNames is not null)
            throw new UsageException("--class-names is for folders: the classes of scenes have names.");
        if (saved is not null && data.Size != saved.Data.Size)
            throw Changed("--size", saved.Data.Size.ToString());

        TrainSettings basis =
            saved
            ?? new TrainSettings
            {
                Data = data,
                Scenario = data.IsScenes ? LabelScenario.OneLabel : LabelScenario.AsFound,
                Flip = DefaultFlip(data),
            };
        if (saved is null && defaults is not null)
            basis = defaults(basis);
        basis = WithNetwork(said, saved, basis);
        bool fixedNow = saved is not null;
        return basis with
        {
            Data = saved is null
                ? data with
                {
                    SceneCount = said.Data.Scenes ?? basis.Data.SceneCount,
                    TestSceneCount = said.Data.TestScenes ?? basis.Data.TestSceneCount,
                }
                : data,
            Steps = steps ?? (epochs is null ? basis.Steps : null),
            Epochs = epochs ?? (steps is null ? basis.Epochs : null),
            Method = Pick(said.Training.Method, basis.Method, "--method", fixedNow),
            Scenario = Pick(
                Words.Value(Words.Scenarios, said.Data.Scenario),
                basis.Scenario,
                "--scenario",
                fixedNow,
                v => Words.Of(Words.Scenarios, v)
            ),
            Fusion = Pick(Words.Value(Words.Fusions, said.Network.Fusion), basis.Fusion, "--fusion", fixedNow),
            InputDropout = Pick(said.Network.InputDropout, basis.InputDropout, "--input-dropout", fixedNow),
            Seed = Pick(said.Training.Seed, basis.Seed, "--seed", fixedNow),
            BatchSize = Pick(said.Training.BatchSize, basis.BatchSize, "--batch-size", fixedNow),
            Width = Pick(said.Training.Width, basis.Width, "--width", fixedNow),
            LearningRate = Pick(said.Optimizer.LearningRate, basis.LearningRate, "--learning-rate", fixedNow),
            WeightDecay = Pick(said.Optimizer.WeightDecay, basis.WeightDecay, "--weight-decay", fixedNow),
            LrDecayEvery = Pick(said.Optimizer.DecayEvery, basis.LrDecayEvery, "--lr-decay-every", fixedNow),
            LrDecayFactor = Pick(said.Optimizer.DecayFactor, basis.LrDecayFactor, "--lr-decay-factor", fixedNow),
            LrSchedule = Pick(Words.Value(Words.Schedules, said.Optimizer.Schedule), basis.LrSchedule, "--lr-schedule", fixedNow),
            WarmupSteps = Pick(said.Optimizer.Warmup, basis.WarmupSteps, "--warmup", fixedNow),
            LrFinal = Pick(said.Optimizer.FinalFactor, basis.LrFinal, "--lr-final", fixedNow),
            ClipNorm = Pick(said.Optimizer.Clip, basis.ClipNorm, "--clip", fixedNow),
            EmaDecay = Pick(said.Optimizer.Ema, basis.EmaDecay, "--ema", fixedNow),
            LambdaDist = Pick(said.JointTask.LambdaDist, basis.LambdaDist, "--lambda-dist", fixedNow),
            LambdaRecon = Pick(said.JointTask.LambdaRecon, basis.LambdaRecon, "--lambda-recon", fixedNow),
            Mode = Pick(Words.Value(Words.Modes, said.JointTask.Mode), basis.Mode, "--mode", fixedNow, v => Words.Of(Words.Modes, v)),
            MicroBatch = Pick(said.JointTask.MicroBatch, basis.MicroBatch, "--micro-batch", fixedNow),
            MethodWeight = Pick(said.Methods.Weight, basis.MethodWeight, "--method-weight", fixedNow),
            Temperature = Pick(said.Methods.Temperature, basis.Temperature, "--temperature", fixedNow),
            MapWidth = Pick(said.Methods.MapWidth, basis.MapWidth, "--map-width", fixedNow),
            ConWeight = Pick(said.Methods.ConWeight, basis.ConWeight, "--con-weight", fixedNow),
            RegWeight = Pick(said.Methods.RegWeight, basis.RegWeight, "--reg-weight", fixedNow),
            RampUpSteps = Pick(said.Methods.RampUp, basis.RampUpSteps, "--ramp-up", fixedNow),
            FilmLearningRate = Pick(said.Methods.FilmLearningRate, basis.FilmLearningRate, "--film-learning-rate", fixedNow),
            FilmDecayEvery = Pick(said.Methods.FilmDecayEvery, basis.FilmDecayEvery, "--film-lr-decay-every", fixedNow),
            Teacher = Taught(said.Teacher, basis.Teacher, fixedNow),
            SpecialistSteps = Pick(said.Methods.SpecialistSteps, basis.SpecialistSteps, "--specialist-steps", fixedNow),
            Constraints = Known(said.Training.Constraints, basis.Constraints, fixedNow),
            Balance = Pick(said.Balancing.Rule, basis.Balance ?? "equal", "--balance", fixedNow),
            TaskWeights = Weights(said.Balancing.TaskWeights, basis.TaskWeights, fixedNow),
            DwaTemperature = Pick(said.Balancing.DwaTemperature, basis.DwaTemperature, "--dwa-temperature", fixedNow),
            NativeOptions = Native(NativeOption.Parse(said.Training.Options), basis.NativeOptions, fixedNow),
            Precision = Pick(
                Words.Value(Words.Precisions, said.Training.Precision),
                basis.Precision,
                "--precision",
                fixedNow,
                v => Words.Of(Words.Precisions, v)
            ),
            // It changes no number, so a run that is resumed may have another one.
            Recomputation = Words.Value(Words.Recomputations, said.Training.Recomputation) ?? basis.Recomputation,
            Augment = !Pick(said.Training.Augment is bool augment ? !augment : null, !basis.Augment, "--no-augment", fixedNow),
            Flip = Pick(Words.Value(Words.Flips, said.Training.Flip), basis.Flip, "--flip", fixedNow, v => Words.Of(Words.Flips, v)),
            NoColour = Pick(said.Training.Colour is bool color ? !color : null, basis.NoColour, "--no-colour", fixedNow),
            Looks = Look(said, basis.Looks, fixedNow),
            InitFrom = Begun(said.Training.InitFrom, basis.InitFrom, fixedNow),
            LabelLimits = Limits(said.Data.LimitLabels, basis.LabelLimits, fixedNow),
            PseudoLabels = Folder(said.Data.PseudoLabels, basis.PseudoLabels, fixedNow),
            PseudoWeight = Pick(said.Data.PseudoWeight, basis.PseudoWeight, "--pseudo-weight", fixedNow),
            PseudoThreshold = Pick(said.Data.PseudoThreshold, basis.PseudoThreshold, "--pseudo-threshold", fixedNow),
            LabelsFile =
                labels is null || !fixedNow || labels == basis.LabelsFile
                    ? labels ?? basis.LabelsFile
                    : throw Changed("--labels", basis.LabelsFile ?? "not given"),
        };
    }

    private static LookSettings? Look(RunConfiguration said, LookSettings? basis, bool fixedNow)
    {
        LookSettings looks = LookSettings.Of(said.Augmentation, said.Domain, basis ?? new());
        return !fixedNow || looks == (basis ?? new())
            ? looks == new LookSettings()
                ? null
                : looks
            : throw Changed(string.Join(", ", _looks.Select(key => SettingsTable.Get(key).Option)), "other");
    }

    private static IReadOnlyList<string>? Known(string[]? given, IReadOnlyList<string>? basis, bool fixedNow)
    {
        if (given is null)
            return basis;
        foreach (string text in given)
        {
            try
            {
                ConstraintOptions.Parse(text);
            }
            catch (FormatException e)
            {
                throw new UsageException($"--constraint {text}: {e.Message}.");
            }
        }
        return !fixedNow || given.SequenceEqual(basis ?? [])
            ? given
            : throw Changed("--constraint", basis is null ? "not given" : string.Join(' ', basis));
    }

    private static IReadOnlyList<string>? Limits(string[]? given, IReadOnlyList<string>? basis, bool fixedNow)
    {
        if (given is null)
            return basis;
        string[] limits = [.. given.Select(text => LabelLimit.Parse(text).ToString())];
        return !fixedNow || limits.SequenceEqual(basis ?? [])
            ? limits
            : throw Changed("--limit-labels", basis is null ? "not given" : string.Join(",", basis));
    }

    /// <summary>The teacher's options.</summary>
    private static TeacherOptions? Taught(TeacherSection said, TeacherOptions? basis, bool fixedNow)
    {
        TeacherOptions b = basis ?? new TeacherOptions();
        TeacherOptions options = b with
        {
            Weight = Pick(said.Weight, b.Weight, "--teacher-weight", fixedNow),
            ValueWeight = Pick(said.ValueWeight, b.ValueWeight, "--teacher-value-weight", fixedNow),
            RampUpSteps = Pick(said.RampUp, b.RampUpSteps, "--teacher-ramp-up", fixedNow),
            Target = Pick(Words.Value(Words.TeacherTargets, said.Target), b.Target, "--teacher-target", fixedNow),
            Selection = Pick(Words.Value(Words.TeacherSelections, said.Selection), b.Selection, "--teacher-selection", fixedNow),
            Threshold = Pick(said.Threshold, b.Threshold, "--teacher-threshold", fixedNow),
            Color = Pick(said.Color, b.Color, "--teacher-color", fixedNow),
            CutOut = Pick(said.CutOut, b.CutOut, "--cut-out", fixedNow),
            CutMix = Pick(said.CutMix, b.CutMix, "--cut-mix", fixedNow),
        };
        return options == new TeacherOptions() ? null : options;
    }

    /// <summary>The settings with the network that is asked for, and with the defaults that suit it.</summary>
    private static TrainSettings WithNetwork(RunConfiguration said, TrainSettings? saved, TrainSettings basis)
    {
        if (saved is not null)
        {
            Kept(said.Network, saved.Network);
            return basis;
        }
        string? weights = said.Network.Weights;
        if (weights is not null && said.Training.InitFrom is not null)
            throw new UsageException("--weights and --init-from say the same thing in two ways; give one of them.");
        if (said.Network.Strict == true && weights is null)
            throw new UsageException("--strict is for --weights.");
        NetworkSettings? network = NetworkSettings.Of(said.Network);
        if (network is null)
            return weights is null ? basis : basis with { InitFrom = WeightsInput.Name(weights) };
        return basis with
        {
            Network = network,
            LearningRate = BackboneLearningRate,
            LrSchedule = LearningRateSchedule.Cosine,
            WeightDecay = BackboneWeightDecay,
        };
    }

    /// <summary>Throws if a run that is resumed is to have another network.</summary>
    private static void Kept(NetworkSection said, NetworkSettings? saved)
    {
        Keep("--backbone", said.Backbone, saved?.Asked ?? NetworkSettings.SegNet);
        Keep("--decoder", said.Decoder, saved?.Decoder ?? NetworkSettings.SegNet);
        Keep("--weights", said.Weights is null ? null : WeightsInput.Name(said.Weights), saved?.Weights);
        Keep("--strict", said.Strict, saved?.Strict ?? false);
        Keep("--decoder-width", said.DecoderWidth, saved?.DecoderWidth);
        Keep("--output-stride", said.OutputStride, saved?.OutputStride);
        Keep("--backbone-rate", said.BackboneRate, saved?.BackboneRate);
        Keep("--decoder-rate", said.DecoderRate, saved?.DecoderRate);
        Keep("--heads-rate", said.HeadsRate, saved?.HeadsRate);
        Keep("--freeze", Words.Value(Words.BackboneStages, said.Freeze), saved?.Freeze);
        Keep("--freeze-steps", said.FreezeSteps, saved?.FreezeSteps);
        Keep("--freeze-norms", said.FreezeNorms, saved?.FreezeNorms ?? false);
    }

    private static void Keep(string option, object? given, object? saved)
    {
        if (given is not null && !given.Equals(saved))
            throw Changed(option, saved is null ? "not given" : string.Create(CultureInfo.InvariantCulture, $"{saved}"));
    }

    /// <summary>The file whose weights a run begins with.</summary>
    private static string? Begun(string? given, string? basis, bool fixedNow)
    {
        if (given is null)
            return basis;
        string file = Path.GetFullPath(CheckpointInput.Find(given));
        return !fixedNow || file == basis ? file : throw Changed("--init-from", basis ?? "not given");
    }

    private static string? Folder(string? given, string? basis, bool fixedNow)
    {
        if (given is null)
            return basis;
        string folder = Path.GetFullPath(given);
        return !fixedNow || folder == basis ? folder : throw Changed("--pseudo-labels", basis ?? "not given");
    }

    private static FlipMode DefaultFlip(DataRequest data) =>
        DataSource.Locate(data).Kind == DataKind.Cityscapes ? FlipMode.EveryView : FlipMode.None;

    private static void Keep(string option, string[]? given, IReadOnlyList<string>? saved)
    {
        if (given is not null && !given.SequenceEqual(saved ?? []))
            throw Changed(option, saved is null ? "not given" : string.Join(',', saved));
    }

    private static string Pick(string? given, string basis, string option, bool fixedNow) =>
        given is null || given == basis ? basis
        : fixedNow ? throw Changed(option, basis)
        : given;

    // Null is the default, which a run that is resumed keeps too.
    private static T? Pick<T>(T? given, T? basis, string option, bool fixedNow)
        where T : struct =>
        given is null || given.Equals(basis) ? basis
        : fixedNow ? throw Changed(option, basis is null ? "the default" : Text(basis.Value))
        : given;

    private static string? Native(string? given, string? basis, bool fixedNow) =>
        given is null || given == basis ? basis
        : fixedNow ? throw Changed("--option", basis is null ? "not given" : string.Join(' ', NativeOption.Write(basis)))
        : given;

    private static IReadOnlyList<double>? Weights(double[]? given, IReadOnlyList<double>? basis, bool fixedNow)
    {
        if (given is null)
            return basis;
        if (fixedNow && !given.SequenceEqual(basis ?? []))
            throw Changed("--task-weights", basis is null ? "not given" : string.Join(',', basis.Select(Text)));
        return given;
    }

    private static T Pick<T>(T? given, T basis, string option, bool fixedNow, Func<T, string>? word = null)
        where T : struct =>
        given is not T value || value.Equals(basis) ? basis
        : fixedNow ? throw Changed(option, word is null ? Text(basis) : word(basis))
        : value;

    private static string Text<T>(T value)
        where T : struct => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static UsageException Changed(string option, string saved) =>
        new(
            $"{option} was {saved} when the run began, and a run that is resumed keeps it (only --steps, --epochs, --data, --test and "
                + $"--recomputation may change)."
        );
}
