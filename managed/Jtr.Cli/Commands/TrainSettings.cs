using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Specialists;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>
/// Everything that a run of `jtr train` depends on. Kept in its checkpoints, so that `--resume` needs no other option and `evaluate`
/// and `predict` know the run's data.
/// </summary>
internal sealed record TrainSettings
{
    /// <summary>Key of these settings in a checkpoint's metadata.</summary>
    public const string MetadataKey = "jtr-cli.train";

    // The defaults of a run, once. Those that the library has, too, are its own.
    public const long DefaultSteps = 2000,
        DefaultSaveEvery = 500;
    public const int DefaultBatchSize = 8,
        DefaultWidth = 16;
    public const ulong DefaultSeed = 1;
    public const double DefaultLearningRate = 2e-3,
        DefaultLrDecayFactor = 0.5;

    /// <summary>The data.</summary>
    public required DataRequest Data { get; init; }

    /// <summary>Name of the method.</summary>
    public string Method { get; init; } = "jtr";

    /// <summary>Which labels training may see.</summary>
    public LabelScenario Scenario { get; init; }

    /// <summary>Seed of weights, noise, order, crops and label scenario.</summary>
    public ulong Seed { get; init; } = DefaultSeed;

    /// <summary>Steps in all, or null.</summary>
    public long? Steps { get; init; }

    /// <summary>Passes over the data in all, or null.</summary>
    public int? Epochs { get; init; }

    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>First stage width of the networks.</summary>
    public int Width { get; init; } = DefaultWidth;

    /// <summary>Adam's rate.</summary>
    public double LearningRate { get; init; } = DefaultLearningRate;

    /// <summary>Steps between two reductions of the rate, 0 for none.</summary>
    public long LrDecayEvery { get; init; }

    /// <summary>What the rate is multiplied by.</summary>
    public double LrDecayFactor { get; init; } = DefaultLrDecayFactor;

    /// <summary>Weight of the distance term.</summary>
    public double LambdaDist { get; init; } = new JointTaskOptions().LambdaDist;

    /// <summary>Weight of the reconstruction term.</summary>
    public double LambdaRecon { get; init; } = new JointTaskOptions().LambdaRecon;

    /// <summary>Whether to compute the published code's quirks.</summary>
    public JointTaskMode Mode { get; init; }

    /// <summary>Samples that go through the auto-encoder at once, 0 chooses.</summary>
    public int MicroBatch { get; init; }

    /// <summary>The network; null: a SegNet.</summary>
    public NetworkSettings? Network { get; init; }

    /// <summary>How planes beside the photograph enter the network; null: early.</summary>
    public InputFusion? Fusion { get; init; }

    /// <summary>How often a step leaves out a sample's input; null: never.</summary>
    public double? InputDropout { get; init; }

    /// <summary>Decoupled weight decay, or null.</summary>
    public double? WeightDecay { get; init; }

    // What came later is null in older checkpoints: then the library's default counts.

    /// <summary>Weight of what a method adds: of "consistency", "direct_map", "perceptual_map".</summary>
    public double? MethodWeight { get; init; }

    /// <summary>What "consistency" divides segmentation logits by.</summary>
    public double? Temperature { get; init; }

    /// <summary>First stage width of the networks of "direct_map" and "perceptual_map".</summary>
    public int? MapWidth { get; init; }

    /// <summary>Weight of MTPSL's consistency.</summary>
    public double? ConWeight { get; init; }

    /// <summary>Weight of MTPSL's tie to the backbone's feature.</summary>
    public double? RegWeight { get; init; }

    /// <summary>Steps over which MTPSL's weight rises.</summary>
    public long? RampUpSteps { get; init; }

    /// <summary>Rate of MTPSL's FiLM weights.</summary>
    public double? FilmLearningRate { get; init; }

    /// <summary>Steps between two halvings of that rate.</summary>
    public long? FilmDecayEvery { get; init; }

    /// <summary>The method "teacher", or null for its defaults.</summary>
    public TeacherOptions? Teacher { get; init; }

    /// <summary>Steps of each specialist of the method "specialists"; null: as many as the student has.</summary>
    public long? SpecialistSteps { get; init; }

    /// <summary>What is known of predictions, each as a text, or null for nothing.</summary>
    public IReadOnlyList<string>? Constraints { get; init; }

    /// <summary>The rule that weighs the tasks' losses.</summary>
    public string? Balance { get; init; }

    /// <summary>The tasks' weights for the rule "fixed".</summary>
    public IReadOnlyList<double>? TaskWeights { get; init; }

    /// <summary>Temperature of the rule "dwa".</summary>
    public double? DwaTemperature { get; init; }

    /// <summary>How the rate changes; null: step.</summary>
    public LearningRateSchedule? LrSchedule { get; init; }

    /// <summary>Steps over which the rate rises at the beginning.</summary>
    public long? WarmupSteps { get; init; }

    /// <summary>What a cosine ends at, as a part of the rate.</summary>
    public double? LrFinal { get; init; }

    /// <summary>The longest gradient, or null.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Decay of the moving average of the weights, or null.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Steps between two scores, or null for none.</summary>
    public long? EvalEvery { get; init; }

    /// <summary>Steps between two checkpoints, or null for the default.</summary>
    public long? SaveEvery { get; init; }

    /// <summary>Checkpoints to keep under their steps, or null for none.</summary>
    public int? Keep { get; init; }

    /// <summary>How many scores in a row may be no better before the run ends, or null.</summary>
    public int? EarlyStopping { get; init; }

    /// <summary>By how many percent scores have to be better to count, or null.</summary>
    public double? MinImprovement { get; init; }

    /// <summary>Options of the native library that have none here, as a JSON object, or null.</summary>
    public string? NativeOptions { get; init; }

    /// <summary>Number format.</summary>
    public Precision Precision { get; init; }

    /// <summary>What backward passes compute a second time.</summary>
    public Recomputation Recomputation { get; init; }

    /// <summary>Whether views are random crops.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>Which views are mirrored at random.</summary>
    public FlipMode Flip { get; init; }

    /// <summary>Whether views keep their colours. (Not "Colour", which checkpoints that do not tell it would set to false.)</summary>
    public bool NoColour { get; init; }

    /// <summary>How samples change besides, and what they take from other domains; null: they do not.</summary>
    public LookSettings? Looks { get; init; }

    /// <summary>The file of the labels that training may see, instead of a scenario, or null.</summary>
    public string? LabelsFile { get; init; }

    /// <summary>How many labels of some tasks training may see, or null for all.</summary>
    public IReadOnlyList<string>? LabelLimits { get; init; }

    /// <summary>The folder of labels that a network has made, or null.</summary>
    public string? PseudoLabels { get; init; }

    /// <summary>How much such a label counts.</summary>
    public double PseudoWeight { get; init; } = new PseudoLabelOptions().Weight;

    /// <summary>The least probability of their classes.</summary>
    public double PseudoThreshold { get; init; } = new PseudoLabelOptions().Threshold;

    /// <summary>The file whose weights the run began with, or null for fresh ones.</summary>
    public string? InitFrom { get; init; }

    /// <summary>With what the run computes, or null where it was not kept.</summary>
    public MachineSettings? Machine { get; init; }

    /// <summary>The method of the network itself: of "specialists" the student's.</summary>
    [JsonIgnore]
    public string NetworkMethod => SpecialistStages.StudentOf(Method);

    /// <summary>The network in words.</summary>
    [JsonIgnore]
    public string NetworkInWords =>
        Network is null
            ? string.Create(CultureInfo.InvariantCulture, $"SegNet of width {Width}")
            : $"{Network.Backbone} and {Network.Decoder}{(Network.Weights is null ? "" : $", from {Path.GetFileName(Network.Weights)}")}";

    /// <summary>The trainer's part of the settings.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="device">Where to run.</param>
    public TrainerOptions ToTrainerOptions(IMultiTaskDataset data, DeviceChoice device)
    {
        int samples = data.Count;
        return new()
        {
            Tasks = data.Tasks,
            Inputs = data.Inputs,
            Fusion = InputFusions.Options(Fusion),
            InputDropout = data.Inputs.Count == 0 ? 0 : InputDropout ?? 0,
            Method = NetworkMethod,
            Width = Width,
            Network = Network?.ToOptions(),
            Seed = Seed,
            Precision = Precision,
            Recomputation = Recomputation,
            Device = device.Kind,
            DeviceIndex = device.Index,
            JointTask = new JointTaskOptions
            {
                Mode = Mode,
                LambdaDist = LambdaDist,
                LambdaRecon = LambdaRecon,
                MicroBatch = MicroBatch,
            },
            Consistency = new ConsistencyOptions
            {
                Weight = MethodWeight ?? new ConsistencyOptions().Weight,
                Temperature = Temperature ?? new ConsistencyOptions().Temperature,
            },
            DirectMap = new PairMapOptions { Width = MapWidth, Weight = MethodWeight ?? new PairMapOptions().Weight },
            PerceptualMap = new PairMapOptions { Width = MapWidth, Weight = MethodWeight ?? new PairMapOptions().Weight },
            Mtpsl = new MtpslOptions
            {
                ConWeight = ConWeight ?? new MtpslOptions().ConWeight,
                RegWeight = RegWeight ?? new MtpslOptions().RegWeight,
                RampUpSteps = RampUpSteps ?? 0,
                MicroBatch = MicroBatch,
                Film = new AdamOptions
                {
                    LearningRate = FilmLearningRate ?? new MtpslOptions().Film.LearningRate,
                    DecaySteps = FilmDecayEvery ?? 0,
                },
            },
            Teacher = Teacher ?? new TeacherOptions(),
            Constraints = [.. (Constraints ?? []).Select(ConstraintOptions.Parse)],
            Balancing = new BalancingOptions
            {
                Name = Balance ?? "equal",
                Weights = TaskWeights,
                Temperature = DwaTemperature ?? new BalancingOptions().Temperature,
                PeriodSteps = StepsPerEpoch(samples),
            },
            Optimizer = ToOptimizer(samples),
            MaxGradientNorm = ClipNorm,
            EmaDecay = EmaDecay,
            NativeOptions = NativeOptions,
        };
    }

    /// <summary>How to train, without how long and what is written.</summary>
    /// <param name="labels">The labels that training sees.</param>
    public FitOptions ToFitOptions(LabelAssignment labels) =>
        new()
        {
            BatchSize = BatchSize,
            Labels = labels,
            Augment = Augment,
            Flip = Flip,
            Color = !NoColour,
            Augmentation = Looks?.Augmentation,
            Appearance = Looks?.ToExchanges() ?? [],
        };

    /// <summary>A trainer at its beginning.</summary>
    /// <param name="options">What <see cref="ToTrainerOptions"/> made.</param>
    /// <param name="console">Where it is told which weights were taken from another run.</param>
    /// <param name="isTold">Whether it is.</param>
    public Trainer Begin(TrainerOptions options, CliConsole console, bool isTold = true)
    {
        if ((InitFrom ?? Network?.Weights) is not { } weights)
            return Sized(new Trainer(options, console.Logger));
        string option = InitFrom is null ? "--weights" : "--init-from";
        Trainer trainer;
        try
        {
            InitFrom from = new(InitFrom ?? WeightsInput.File(weights)) { Strict = Network?.Strict == true };
            trainer = Trainer.Create(options, from, console.Logger);
        }
        catch (ArgumentException e) when (e.ParamName == "from")
        {
            // Without the name of the library's parameter.
            throw new UsageException($"{option}: {e.Message.Split(" (Parameter", 2)[0]}");
        }
        if (isTold)
            console.Line($"Begins with the weights of {trainer.Init}");
        return Sized(trainer);
    }

    /// <summary>The trainer, where samples have a size that it can be trained on.</summary>
    private Trainer Sized(Trainer trainer)
    {
        int stride = trainer.Stride;
        if (Data.Size.Height % stride == 0 && Data.Size.Width % stride == 0)
            return trainer;
        trainer.Dispose();
        ImageSize near = new(Near(Data.Size.Height), Near(Data.Size.Width));
        throw new UsageException($"--size is {Data.Size}; this network and method take multiples of {stride}, such as {near}.");

        int Near(int side) => Math.Max(1, (int)Math.Round((double)side / stride)) * stride;
    }

    /// <summary>The optimiser's part. A cosine ends with the run.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public AdamOptions ToOptimizer(int samples) =>
        new()
        {
            LearningRate = LearningRate,
            WeightDecay = WeightDecay,
            Schedule = LrSchedule ?? LearningRateSchedule.Step,
            DecaySteps = LrSchedule == LearningRateSchedule.Cosine ? TotalSteps(samples) : LrDecayEvery,
            DecayFactor = LrDecayFactor,
            WarmupSteps = WarmupSteps ?? 0,
            FinalFactor = LrFinal ?? 0,
        };

    /// <summary>Throws unless the options of the rate go together.</summary>
    /// <param name="samples">Samples of the training set.</param>
    /// <exception cref="UsageException">They do not.</exception>
    public void CheckRate(int samples)
    {
        if (LrSchedule == LearningRateSchedule.Cosine && (WarmupSteps ?? 0) >= TotalSteps(samples))
            throw new UsageException($"--warmup has {WarmupSteps} steps, the run {TotalSteps(samples)}: nothing is left for the cosine.");
        if (LrSchedule is LearningRateSchedule.Cosine or LearningRateSchedule.Constant && LrDecayEvery > 0)
            throw new UsageException("--lr-decay-every is for --lr-schedule step.");
        if (LrFinal is not null && LrSchedule != LearningRateSchedule.Cosine)
            throw new UsageException("--lr-final is for --lr-schedule cosine.");
    }

    /// <summary>Throws unless there is a rule <see cref="Balance"/>, with weights where it needs them and nowhere else.</summary>
    /// <exception cref="UsageException">It is not so.</exception>
    public void CheckBalance()
    {
        if (Balance is not null && !JtrRuntime.BalancingRules.Contains(Balance))
            throw new UsageException($"--balance must be one of {string.Join(", ", JtrRuntime.BalancingRules)}, not '{Balance}'.");
        if (Balance == "fixed" != TaskWeights is not null)
            throw new UsageException("--balance fixed and --task-weights belong together.");
    }

    /// <summary>Steps of a pass over the data.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public long StepsPerEpoch(int samples) => (samples - 1) / BatchSize + 1;

    /// <summary>Steps in all.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public long TotalSteps(int samples) => Epochs is int epochs ? epochs * StepsPerEpoch(samples) : Steps ?? DefaultSteps;

    /// <summary>As text, for a checkpoint's metadata.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SettingsJson.Default.TrainSettings);

    /// <summary>The settings in a checkpoint's metadata, or null when it was not written by `jtr train`.</summary>
    /// <exception cref="JtrFormatException">They are damaged.</exception>
    public static TrainSettings? From(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue(MetadataKey, out string? json))
            return null;
        try
        {
            return JsonSerializer.Deserialize(json, SettingsJson.Default.TrainSettings);
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"the settings of its run are damaged: {e.Message}", innerException: e);
        }
    }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TrainSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
