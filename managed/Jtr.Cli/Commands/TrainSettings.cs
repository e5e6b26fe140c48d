using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Commands.Presets;
using Jtr.Cli.Comparison;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Cli.Output;
using Jtr.Cli.Specialists;
using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>
/// Everything that a run of `jtr train` depends on: its configuration, defaults filled in. Kept in its checkpoints, so that `--resume`
/// needs no other option and `evaluate` and `predict` know the run's data.
/// </summary>
[JsonConverter(typeof(TrainSettingsConverter))]
internal sealed class TrainSettings
{
    /// <summary>Key of these settings in a checkpoint's metadata.</summary>
    public const string MetadataKey = "jtr-cli.train";

    private const string ConfigurationKey = "configuration",
        SourcesKey = "sources";

    private readonly SettingsTable _table;
    private DataRequest? _data;

    /// <summary>The settings of a run.</summary>
    /// <param name="configuration">What is said, defaults included. It is changed by <see cref="With"/> alone.</param>
    /// <param name="sources">The data sets that are joined, where a file listed them; else null.</param>
    /// <param name="table">The settings that there are, or null for those of the native library that is loaded.</param>
    public TrainSettings(RunConfiguration configuration, IReadOnlyList<SourceRequest>? sources = null, SettingsTable? table = null) =>
        (Configuration, Sources, _table) = (configuration, sources, table ?? SettingsTable.Current);

    /// <summary>What is said, defaults included.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>The data sets that are joined, where a file listed them; else null.</summary>
    public IReadOnlyList<SourceRequest>? Sources { get; }

    /// <summary>The data.</summary>
    public DataRequest Data => _data ??= DataOptions.Request(new RunConfiguration(), Configuration, Sources);

    /// <summary>Name of the method.</summary>
    public string Method => Configuration.Training.Method ?? "";

    /// <summary>The method of the network itself: of "specialists" the student's.</summary>
    public string NetworkMethod => SpecialistStages.StudentOf(Method);

    /// <summary>Which labels training may see.</summary>
    public LabelScenario Scenario => Words.Value(Words.Scenarios, Configuration.Data.Scenario) ?? LabelScenario.AsFound;

    /// <summary>The file of the labels that training may see, instead of a scenario, or null.</summary>
    public string? LabelsFile => Configuration.Data.Labels;

    /// <summary>Seed of weights, noise, order, crops and label scenario.</summary>
    public ulong Seed => Configuration.Training.Seed ?? 0;

    /// <summary>Samples of a step.</summary>
    public int BatchSize => Configuration.Training.BatchSize!.Value;

    /// <summary>The optimizer's rate.</summary>
    public double LearningRate => Configuration.Optimizer.LearningRate!.Value;

    /// <summary>Steps between two scores, or null for none.</summary>
    public long? EvalEvery => Configuration.Run.EvalEvery;

    /// <summary>Steps between two checkpoints.</summary>
    public long SaveEvery => Configuration.Run.SaveEvery!.Value;

    /// <summary>Scores without improvement after which the run ends, or null.</summary>
    public int? EarlyStopping => Configuration.Run.EarlyStopping;

    /// <summary>Threads that read samples, or null.</summary>
    public int? Workers => Configuration.Machine.Workers;

    /// <summary>The network in words.</summary>
    public string NetworkInWords
    {
        get
        {
            NetworkSection network = Configuration.Network;
            string weights = network.Weights is null ? "" : $", from {Path.GetFileName(network.Weights)}";
            return NetworkSettings.IsSegNet(network)
                ? string.Create(CultureInfo.InvariantCulture, $"SegNet of width {Configuration.Training.Width}")
                : $"{NetworkSettings.Kind(network)} and {network.Decoder}{weights}";
        }
    }

    /// <summary>The same settings but for some. Defaults of what they now use are filled in.</summary>
    /// <param name="change">Changes a copy of the configuration.</param>
    public TrainSettings With(Action<RunConfiguration> change)
    {
        RunConfiguration changed = Configuration.Copy();
        change(changed);
        _table.Fill(changed);
        return new TrainSettings(changed, Sources, _table);
    }

    /// <summary>The same with what the run's preset says of its length.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public TrainSettings Completed(int samples) =>
        Configuration.Training.Preset is null ? this : With(run => Preset.Of(run).Complete(run, TotalSteps(samples)));

    /// <summary>The trainer's part of the settings.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="labels">The labels that training sees, with whose means and deviations fresh heads begin.</param>
    /// <param name="device">Where to run.</param>
    public TrainerOptions ToTrainerOptions(IMultiTaskDataset data, LabelAssignment labels, DeviceChoice device)
    {
        TrainingSection training = Configuration.Training;
        BalancingSection balancing = Configuration.Balancing;
        return new()
        {
            Tasks = balancing.ClassBalance is > 0 and var power ? ClassBalance.Weigh(data, labels, power) : data.Tasks,
            Inputs = data.Inputs,
            Fusion = InputFusions.Options(Words.Value(Words.Fusions, Configuration.Network.Fusion)),
            InputDropout = data.Inputs.Count == 0 ? 0 : Configuration.Network.InputDropout ?? 0,
            Method = NetworkMethod,
            Width = training.Width!.Value,
            Network = Network(data, labels),
            Seed = Seed,
            Precision = Words.Parse<Precision>(training.Precision),
            Recomputation = Recomputation,
            Device = device.Kind,
            DeviceIndex = device.Index,
            Constraints = Constraints,
            TaskGraph = Configuration.Methods.TaskGraph is { } graph ? TaskGraphOptions.Parse(graph) : null,
            // Their techniques are native options.
            Domains =
                data.Domains.Count > 1 ? new DomainOptions { Names = data.Domains, Weights = DomainWeights(data) } : new DomainOptions(),
            Balancing = new BalancingOptions
            {
                Name = SettingsTable.InUse(Configuration, "balancing")[0],
                Weights = balancing.TaskWeights,
                Temperature = balancing.DwaTemperature ?? new BalancingOptions().Temperature,
                PeriodSteps = StepsPerEpoch(data.Count),
            },
            Optimizer = ToOptimizer(data.Count),
            MaxGradientNorm = Configuration.Optimizer.Clip is > 0 and var norm ? norm : null,
            EmaDecay = Configuration.Optimizer.Ema is > 0 and var decay ? decay : null,
            Accumulate = training.Accumulate ?? 1,
            NativeOptions = NativeDocument.Of(Configuration, _table, TotalSteps(data.Count)),
        };
    }

    /// <summary>What is known of predictions and labels.</summary>
    public IReadOnlyList<ConstraintOptions> Constraints => ConstraintInput.Parse(Configuration.Training.Constraints);

    /// <summary>How much terms count on domains. Where that is learned, all tasks are named.</summary>
    private DomainWeight[] DomainWeights(IMultiTaskDataset data)
    {
        DomainWeight[] said = [.. (Configuration.Domain.Weights ?? []).Select(DomainWeight.Parse)];
        return Configuration.Domain.LearnWeights is null
            ? said
            :
            [
                .. said,
                .. data
                    .Domains.SelectMany(d => data.Tasks.Select(t => new DomainWeight(d, t.Name, 1)))
                    .Where(w => !Array.Exists(said, s => s.Domain == w.Domain && s.Term == w.Term)),
            ];
    }

    /// <summary>How weights of tasks on domains are learned, and the labels that training then sees; null where they are not.</summary>
    /// <param name="data">The training set.</param>
    /// <param name="labels">The labels that training could see.</param>
    /// <exception cref="UsageException">There is no such domain, or too few labels.</exception>
    public (DomainWeightLearning Learning, LabelAssignment Labels)? LearnedWeights(IMultiTaskDataset data, LabelAssignment labels)
    {
        if (Configuration.Domain.LearnWeights is not { } target || data.Domains.Count < 2)
            return null;
        if (!data.Domains.Contains(target))
            throw new UsageException($"--learn-domain-weights: there is no domain '{target}' (known: {string.Join(", ", data.Domains)}).");
        HeldOut held = new(labels, PartHeldOut, "--learn-domain-weights");
        return (
            new DomainWeightLearning
            {
                Target = target,
                Validation = held.Samples(data),
                Every = Math.Max(1, TotalSteps(data.Count) / LooksAtWeights),
            },
            held.Without(labels)
        );
    }

    // Of the labelled samples, the part that weights of domains are learned from; and how often.
    private const double PartHeldOut = 0.2;
    private const long LooksAtWeights = 10;

    /// <summary>Whose samples the statistics of norms are of, where several processes train together.</summary>
    private NormSync SyncNorms => Configuration.Training.SyncNorms is { } word ? Words.Parse<NormSync>(word) : NormSync.Auto;

    /// <summary>A group with what these settings say of it; null for none.</summary>
    public JtrProcessGroup? Of(JtrProcessGroup? group) =>
        group is null
            ? null
            : group with
            {
                SyncNorms = SyncNorms,
                Compression = Configuration.Training.GradientCompression is { } word
                    ? Words.Parse<GradientCompression>(word)
                    : group.Compression,
                BucketMebibytes = Configuration.Training.BucketMib ?? group.BucketMebibytes,
            };

    private NetworkOptions? Network(IMultiTaskDataset data, LabelAssignment labels)
    {
        if (NetworkSettings.Options(Configuration.Network) is not { } network)
            return null;
        LabelMoments moments = LabelMoments.Of(data, labels);
        return network with { HeadBias = moments.Means, HeadScale = moments.Deviations };
    }

    /// <summary>What backward passes compute a second time.</summary>
    public Recomputation Recomputation => Words.Parse<Recomputation>(Configuration.Training.Recomputation);

    /// <summary>How to train, without how long and what is written.</summary>
    /// <param name="labels">The labels that training sees.</param>
    public FitOptions ToFitOptions(LabelAssignment labels) =>
        new()
        {
            BatchSize = BatchSize,
            DropLast = DropsLast,
            Labels = labels,
            Augment = Configuration.Training.Augment != false,
            Flip = Words.Value(Words.Flips, Configuration.Training.Flip) ?? FlipMode.None,
            Color = Configuration.Training.Color != false,
            Augmentation = LookSettings.Augmentation(Configuration.Augmentation),
            Appearance = LookSettings.Exchanges(Configuration.Domain),
        };

    /// <summary>What checkpoints keep of the settings.</summary>
    public Dictionary<string, string> ToMetadata() => new() { [MetadataKey] = ToJson() };

    /// <summary>A trainer at its beginning.</summary>
    /// <param name="options">What <see cref="ToTrainerOptions"/> made.</param>
    /// <param name="console">Where it is told which weights were taken from another run.</param>
    /// <param name="isTold">Whether it is.</param>
    public Trainer Begin(TrainerOptions options, CliConsole console, bool isTold = true)
    {
        string? initFrom = Configuration.Training.InitFrom;
        if ((initFrom ?? Configuration.Network.Weights) is not { } weights)
            return Sized(new Trainer(options, console.Logger));
        string option = initFrom is null ? "--weights" : "--init-from";
        Trainer trainer;
        try
        {
            InitFrom from = new(initFrom ?? WeightsInput.File(weights)) { Strict = Configuration.Network.Strict == true };
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

    /// <summary>The optimizer's part. A cosine ends with the run; what Adam and its schedules are not is left to native options.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public AdamOptions ToOptimizer(int samples)
    {
        OptimizerSection said = Configuration.Optimizer;
        AdamOptions standard = new();
        string schedule = SettingsTable.InUse(Configuration, "schedule")[0];
        bool isCosine = schedule == Words.Of(LearningRateSchedule.Cosine);
        return new()
        {
            LearningRate = LearningRate,
            WeightDecay = SettingsTable.InUse(Configuration, "optimizer")[0] == "adamw" ? said.WeightDecay ?? 0 : null,
            Schedule = NativeDocument.IsOfOptions("schedule", schedule)
                ? Words.Parse<LearningRateSchedule>(schedule)
                : LearningRateSchedule.Constant,
            DecaySteps = isCosine ? TotalSteps(samples) : said.DecayEvery ?? 0,
            DecayFactor = said.DecayFactor ?? standard.DecayFactor,
            WarmupSteps = said.Warmup ?? 0,
            FinalFactor = said.FinalFactor ?? 0,
        };
    }

    /// <summary>Throws unless the options of the rate go together.</summary>
    /// <param name="samples">Samples of the training set.</param>
    /// <exception cref="UsageException">They do not.</exception>
    public void CheckRate(int samples)
    {
        OptimizerSection said = Configuration.Optimizer;
        string schedule = SettingsTable.InUse(Configuration, "schedule")[0];
        bool isCosine = schedule == Words.Of(LearningRateSchedule.Cosine);
        if (isCosine && (said.Warmup ?? 0) >= TotalSteps(samples))
            throw new UsageException(
                $"the rate rises for {said.Warmup} steps (--warmup) before it falls by a cosine, and the run has {TotalSteps(samples)}: "
                    + "give it more with --steps, or a shorter --warmup."
            );
        if (schedule != Words.Of(LearningRateSchedule.Step) && said.DecayEvery > 0)
            throw new UsageException("--lr-decay-every is for --lr-schedule step.");
        if (said.FinalFactor is not null && !isCosine)
            throw new UsageException("--lr-final is for --lr-schedule cosine.");
    }

    /// <summary>Throws unless the tasks' weights are there where the rule needs them, and nowhere else.</summary>
    /// <exception cref="UsageException">It is not so.</exception>
    public void CheckBalance()
    {
        if (Configuration.Balancing.Rule == "fixed" != Configuration.Balancing.TaskWeights is not null)
            throw new UsageException("--balance fixed and --task-weights belong together.");
    }

    /// <summary>Steps of a pass over the data.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public long StepsPerEpoch(int samples) => DropsLast ? Math.Max(samples / BatchSize, 1) : (samples - 1) / BatchSize + 1;

    private bool DropsLast => Configuration.Training.DropLast == true;

    /// <summary>Steps in all.</summary>
    /// <param name="samples">Samples of the training set.</param>
    public long TotalSteps(int samples) =>
        Configuration.Training.Epochs is { } epochs ? epochs * StepsPerEpoch(samples) : Configuration.Training.Steps!.Value;

    /// <summary>As text, for a checkpoint's metadata.</summary>
    public string ToJson() => ToNode().ToJsonString();

    /// <summary>As JSON.</summary>
    public JsonObject ToNode()
    {
        JsonObject node = new() { [ConfigurationKey] = Configuration.ToNode() };
        if (Sources is not null)
            node[SourcesKey] = JsonSerializer.SerializeToNode(Sources, SettingsJson.Default.IReadOnlyListSourceRequest);
        return node;
    }

    /// <summary>The settings in a checkpoint's metadata, or null when it was not written by `jtr train`.</summary>
    /// <exception cref="JtrFormatException">They are damaged.</exception>
    public static TrainSettings? From(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue(MetadataKey, out string? json))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return From(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JtrFormatException(path, $"the settings of its run are damaged: {e.Message}", innerException: e);
        }
    }

    /// <summary>What <see cref="ToNode"/> made, or an earlier version.</summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static TrainSettings From(JsonElement root) =>
        !root.TryGetProperty(ConfigurationKey, out JsonElement configuration)
            ? OlderSettings.Read(root)
            : new TrainSettings(
                RunConfiguration.FromNode(configuration),
                root.TryGetProperty(SourcesKey, out JsonElement sources)
                    ? sources.Deserialize(SettingsJson.Default.IReadOnlyListSourceRequest)
                    : null
            );
}

/// <summary>The settings in a file, as in a checkpoint.</summary>
internal sealed class TrainSettingsConverter : JsonConverter<TrainSettings>
{
    /// <inheritdoc/>
    public override TrainSettings Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        try
        {
            return TrainSettings.From(document.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TrainSettings value, JsonSerializerOptions options) => value.ToNode().WriteTo(writer);
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DataRequest))]
[JsonSerializable(typeof(IReadOnlyList<SourceRequest>))]
internal sealed partial class SettingsJson : JsonSerializerContext;
