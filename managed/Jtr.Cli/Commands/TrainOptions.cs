using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>The options of `jtr train` that make <see cref="TrainSettings"/>.</summary>
internal sealed class TrainOptions
{
    private readonly Option<string[]?> _tasks = OptionKinds.List("--tasks", "LIST",
        "Tasks to learn, separated by commas: names of scenes' labels or of label folders. In full NAME[=KIND][:COUNT], such as seg=segmentation:11. Default: all folders; of scenes segmentation,depth,normals.");

    private readonly Option<string[]?> _classNames = OptionKinds.List("--class-names", "LIST",
        "Names of the classes of a folder's segmentation, in the order of their ids, where tasks.json does not tell them.");

    private readonly Option<string?> _method = OptionKinds.Text("--method", "NAME",
        "supervised uses the labels alone; single_task does so with a network for each task; consistency, direct_map, perceptual_map, mtpsl and jtr also learn where labels are missing. Default: jtr.");

    private readonly Option<LabelScenario?> _scenario = OptionKinds.Choice("--scenario",
        "Labels that training may see: asfound all that exist; onelabel one a sample; randomlabels 1 to K-1 a sample; halflabels each with probability 1/2; full all, and a missing one is an error. Default: asfound; for scenes onelabel.", Words.Scenarios);

    private readonly Option<long?> _seed = OptionKinds.Whole("--seed", "N", "Seed of weights, noise, order, crops and scenario. The same seed gives the same run. Default: 1.", 0);

    private readonly Option<long?> _steps = OptionKinds.Whole("--steps", "N", "Steps in all. Default: 2000.", 1);

    private readonly Option<long?> _epochs = OptionKinds.Whole("--epochs", "N", "Passes over the data in all, instead of --steps.", 1, int.MaxValue);

    private readonly Option<long?> _batchSize = OptionKinds.Whole("--batch-size", "N", "Samples of a step. Default: 8.", 1, 65536);

    private readonly Option<long?> _width = OptionKinds.Whole("--width", "N", "First stage width of the networks; published: 64. Small ones train in minutes on a CPU. Default: 16.", 1, TrainerOptions.MaxWidth);

    private readonly Option<double?> _learningRate = OptionKinds.Number("--learning-rate", "RATE", "Adam's rate; published: 1e-4 (for hundreds of epochs). Default: 2e-3.", v => v > 0, "above 0");

    private readonly Option<long?> _lrDecayEvery = OptionKinds.Whole("--lr-decay-every", "STEPS", "Multiply the rate after so many steps, again and again; 0 keeps it. Default: 0.", 0);

    private readonly Option<double?> _lrDecayFactor = OptionKinds.Number("--lr-decay-factor", "F", "By this. Default: 0.5.", v => v is > 0 and <= 1, "above 0, at most 1");

    private readonly Option<LearningRateSchedule?> _lrSchedule = OptionKinds.Choice("--lr-schedule",
        "How the rate changes: constant; step (--lr-decay-every, --lr-decay-factor); cosine, down to --lr-final at the last step. Default: step.", Words.Schedules);

    private readonly Option<long?> _warmup = OptionKinds.Whole("--warmup", "STEPS", "Steps over which the rate rises linearly at the beginning, whatever the schedule. Default: 0.", 0);

    private readonly Option<double?> _lrFinal = OptionKinds.Number("--lr-final", "F", "For --lr-schedule cosine: what the rate ends at, as a part of --learning-rate. Default: 0.", v => v is >= 0 and <= 1, "of 0 to 1");

    private readonly Option<double?> _clip = OptionKinds.Number("--clip", "NORM", "Scale gradients down to this Euclidean norm where they are longer, each network's by itself. Default: off, as published.", v => v > 0, "above 0");

    private readonly Option<double?> _ema = OptionKinds.Number("--ema", "DECAY", "Keep a moving average of the network's weights, such as 0.999; it is what is scored, predicts and is exported. Default: off, as published.", v => v is > 0 and < 1, "above 0 and below 1");

    private readonly Option<double?> _lambdaDist = OptionKinds.Number("--lambda-dist", "X", "Weight of the distance between predictions and labels in the joint-task space. Default: 4.", v => v >= 0, "of 0 or more");

    private readonly Option<double?> _lambdaRecon = OptionKinds.Number("--lambda-recon", "X", "Weight of the auto-encoder's reconstruction. Default: 2.", v => v >= 0, "of 0 or more");

    private readonly Option<JointTaskMode?> _mode = OptionKinds.Choice("--mode", "The JTR loss as the published code computes it, or with its quirks mended. Default: published.", Words.Modes);

    private readonly Option<long?> _microBatch = OptionKinds.Whole("--micro-batch", "N", "Samples that go through the auto-encoder at once (mtpsl: pairs of tasks through its mapping network), against memory; the result is the same. Default: chosen.", 0, 65536);

    private readonly Option<double?> _methodWeight = OptionKinds.Number("--method-weight", "X", "Weight of the term that consistency, direct_map or perceptual_map adds. Default: 1.", v => v >= 0, "of 0 or more");

    private readonly Option<double?> _temperature = OptionKinds.Number("--temperature", "X", "What consistency divides segmentation logits by. Default: 1.", v => v > 0, "above 0");

    private readonly Option<long?> _mapWidth = OptionKinds.Whole("--map-width", "N", "First stage width of the networks of direct_map and perceptual_map. Default: that of the network.", 1, TrainerOptions.MaxWidth);

    private readonly Option<double?> _conWeight = OptionKinds.Number("--con-weight", "X", "Weight of mtpsl's cross-task consistency; published: 2 for NYU-v2, 1 for Cityscapes. Default: 2.", v => v >= 0, "of 0 or more");

    private readonly Option<double?> _regWeight = OptionKinds.Number("--reg-weight", "X", "Weight of what ties mtpsl's joint spaces to the backbone's feature. Default: 0.5.", v => v >= 0, "of 0 or more");

    private readonly Option<long?> _rampUp = OptionKinds.Whole("--ramp-up", "STEPS", "Steps over which mtpsl's weight rises from 0; published: none, or 100 epochs. Default: 0.", 0);

    private readonly Option<double?> _filmRate = OptionKinds.Number("--film-learning-rate", "RATE", "Adam's rate for mtpsl's FiLM weights; published: 1e-3 for NYU-v2, 1e-5 for Cityscapes. Default: 1e-3.", v => v > 0, "above 0");

    private readonly Option<long?> _filmDecayEvery = OptionKinds.Whole("--film-lr-decay-every", "STEPS", "Halve that rate after so many steps; published: 30 epochs; 0 keeps it. Default: 0.", 0);

    private readonly Option<string?> _balance = OptionKinds.Text("--balance", "RULE",
        "How the tasks' losses are weighed, whatever the method: equal; fixed (--task-weights); uncertainty; dwa; random; pcgrad. Default: equal.");

    private readonly Option<string[]?> _taskWeights = OptionKinds.List("--task-weights", "LIST", "For --balance fixed: a weight of 0 or more for each task, in order, separated by commas.");

    private readonly Option<double?> _dwaTemperature = OptionKinds.Number("--dwa-temperature", "X", "For --balance dwa. Default: 2, as published.", v => v > 0, "above 0");

    private readonly Option<Precision?> _precision = OptionKinds.Choice("--precision", "Number format; bfloat16 is for GPUs (maps and convolutions; weights stay in float32), float64 is slow, for checking. Default: float32.", Words.Precisions);

    private readonly Option<Recomputation?> _recomputation = OptionKinds.Choice("--recomputation",
        "What the backward pass computes again instead of keeping it: norms; stages, nearly a whole forward pass, where memory is too short for a batch; none, which takes the most memory. The results are the same. Default: norms.", Words.Recomputations);

    private readonly Option<string[]?> _native = OptionKinds.Several("--option", "PATH=VALUE",
        "An option of the native library that has none here, such as optimizer.name=adamw; may be there several times. 'jtr options' lists them all.");

    private readonly Option<bool> _noAugment = new("--no-augment") { Description = "Train on whole images instead of random crops." };

    private readonly Option<FlipMode?> _flip = OptionKinds.Choice("--flip",
        "Views that are mirrored at random: none; all; or those that the published code for Cityscapes mirrors, which leaves out the third. Default: all for Cityscapes, else none.", Words.Flips);

    private readonly Option<bool> _noColour = new("--no-colour") { Description = "Leave the photographs' colours as they are; by default each view undergoes two random colour operations, as published." };

    private readonly Option<string?> _labels = OptionKinds.Text("--labels", "FILE",
        "Labels that training may see, instead of --scenario: a published assignment (.pth or .npy, samples x tasks of 0 and 1) or the labels.json of a run.");

    private readonly DataOptions _data = new();

    /// <summary>Options about data.</summary>
    public OptionGroup DataGroup => new("Data", [_data.Data, _data.Weights, _data.Test, _tasks, _classNames, _scenario, _labels, _data.Size, _data.SkipBad, _data.VoidId, _data.DepthScale, _data.Scenes, _data.TestScenes, _data.SceneSeed, _data.SceneVariety]);

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _data.LayoutGroup;

    /// <summary>Options about training.</summary>
    public OptionGroup TrainingGroup => new("Training",
        [_method, _steps, _epochs, _batchSize, _width, _learningRate, _lrSchedule, _lrDecayEvery, _lrDecayFactor, _warmup, _lrFinal, _clip, _ema, _seed, _noAugment, _flip, _noColour, _precision, _recomputation, _native]);

    /// <summary>Options of the method "jtr".</summary>
    public OptionGroup JtrGroup => new("Joint-Task Regularization (--method jtr)", [_lambdaDist, _lambdaRecon, _mode, _microBatch]);

    /// <summary>Options of the other methods.</summary>
    public OptionGroup OtherMethodsGroup => new("Other methods", [_methodWeight, _temperature, _mapWidth, _conWeight, _regWeight, _rampUp, _filmRate, _filmDecayEvery]);

    /// <summary>Options that weigh the tasks.</summary>
    public OptionGroup BalancingGroup => new("Task balancing", [_balance, _taskWeights, _dwaTemperature]);

    /// <summary>Options about training that all methods of a comparison share.</summary>
    public OptionGroup SharedTrainingGroup => new("Training", [.. TrainingGroup.Options.Except([_method, _seed])]);

    /// <summary>Options of the methods that a comparison may change.</summary>
    public OptionGroup MethodsGroup => new("Methods", [.. JtrGroup.Options.Except([_mode]), .. OtherMethodsGroup.Options]);

    /// <summary>Whether a scenario is named.</summary>
    public bool HasScenario(ParseResult parsed) => parsed.GetValue(_scenario) is not null;

    /// <summary>The settings: what is said, on top of what the run to resume says or of the defaults.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="saved">The run to resume, or null.</param>
    /// <param name="defaults">What to change of the defaults of a new run, or null.</param>
    /// <exception cref="UsageException">Options contradict each other, or would change a run that is resumed.</exception>
    public TrainSettings Settings(ParseResult parsed, TrainSettings? saved, Func<TrainSettings, TrainSettings>? defaults = null)
    {
        long? steps = parsed.GetValue(_steps);
        int? epochs = (int?)parsed.GetValue(_epochs);
        if (steps is not null && epochs is not null) throw new UsageException("--steps and --epochs say the same thing in two ways; give one of them.");
        string? labels = parsed.GetValue(_labels) is string file ? Path.GetFullPath(file) : null;
        if (labels is not null && parsed.GetValue(_scenario) is not null) throw new UsageException("--labels and --scenario say the same thing in two ways; give one of them.");
        string[]? tasks = Given(parsed, _tasks), classNames = Given(parsed, _classNames);
        DataRequest data = _data.Request(parsed, saved?.Data);
        if (saved is null) data = data with { Tasks = tasks, ClassNames = classNames };
        else
        {
            Keep("--tasks", tasks, saved.Data.Tasks);
            Keep("--class-names", classNames, saved.Data.ClassNames);
        }
        if (data.Sources is not null && (tasks ?? classNames) is not null) throw new UsageException("--tasks and --class-names are for one data set; of joined ones a .json file says them for each.");
        if (data.IsScenes && classNames is not null) throw new UsageException("--class-names is for folders: the classes of scenes have names.");
        if (saved is not null && data.Size != saved.Data.Size) throw Changed("--size", saved.Data.Size.ToString());

        TrainSettings basis = saved ?? new TrainSettings { Data = data, Scenario = data.IsScenes ? LabelScenario.OneLabel : LabelScenario.AsFound, Flip = DefaultFlip(data) };
        if (saved is null && defaults is not null) basis = defaults(basis);
        bool fixedNow = saved is not null;
        return basis with
        {
            Data = saved is null ? data with { SceneCount = (int?)parsed.GetValue(_data.Scenes) ?? basis.Data.SceneCount, TestSceneCount = (int?)parsed.GetValue(_data.TestScenes) ?? basis.Data.TestSceneCount } : data,
            Steps = steps ?? (epochs is null ? basis.Steps : null),
            Epochs = epochs ?? (steps is null ? basis.Epochs : null),
            Method = Pick(parsed.GetValue(_method), basis.Method, "--method", fixedNow),
            Scenario = Pick(parsed.GetValue(_scenario), basis.Scenario, "--scenario", fixedNow, v => Words.Of(Words.Scenarios, v)),
            Seed = Pick((ulong?)parsed.GetValue(_seed), basis.Seed, "--seed", fixedNow),
            BatchSize = Pick((int?)parsed.GetValue(_batchSize), basis.BatchSize, "--batch-size", fixedNow),
            Width = Pick((int?)parsed.GetValue(_width), basis.Width, "--width", fixedNow),
            LearningRate = Pick(parsed.GetValue(_learningRate), basis.LearningRate, "--learning-rate", fixedNow),
            LrDecayEvery = Pick(parsed.GetValue(_lrDecayEvery), basis.LrDecayEvery, "--lr-decay-every", fixedNow),
            LrDecayFactor = Pick(parsed.GetValue(_lrDecayFactor), basis.LrDecayFactor, "--lr-decay-factor", fixedNow),
            LrSchedule = Pick(parsed.GetValue(_lrSchedule), basis.LrSchedule, "--lr-schedule", fixedNow),
            WarmupSteps = Pick(parsed.GetValue(_warmup), basis.WarmupSteps, "--warmup", fixedNow),
            LrFinal = Pick(parsed.GetValue(_lrFinal), basis.LrFinal, "--lr-final", fixedNow),
            ClipNorm = Pick(parsed.GetValue(_clip), basis.ClipNorm, "--clip", fixedNow),
            EmaDecay = Pick(parsed.GetValue(_ema), basis.EmaDecay, "--ema", fixedNow),
            LambdaDist = Pick(parsed.GetValue(_lambdaDist), basis.LambdaDist, "--lambda-dist", fixedNow),
            LambdaRecon = Pick(parsed.GetValue(_lambdaRecon), basis.LambdaRecon, "--lambda-recon", fixedNow),
            Mode = Pick(parsed.GetValue(_mode), basis.Mode, "--mode", fixedNow, v => Words.Of(Words.Modes, v)),
            MicroBatch = Pick((int?)parsed.GetValue(_microBatch), basis.MicroBatch, "--micro-batch", fixedNow),
            MethodWeight = Pick(parsed.GetValue(_methodWeight), basis.MethodWeight, "--method-weight", fixedNow),
            Temperature = Pick(parsed.GetValue(_temperature), basis.Temperature, "--temperature", fixedNow),
            MapWidth = Pick((int?)parsed.GetValue(_mapWidth), basis.MapWidth, "--map-width", fixedNow),
            ConWeight = Pick(parsed.GetValue(_conWeight), basis.ConWeight, "--con-weight", fixedNow),
            RegWeight = Pick(parsed.GetValue(_regWeight), basis.RegWeight, "--reg-weight", fixedNow),
            RampUpSteps = Pick(parsed.GetValue(_rampUp), basis.RampUpSteps, "--ramp-up", fixedNow),
            FilmLearningRate = Pick(parsed.GetValue(_filmRate), basis.FilmLearningRate, "--film-learning-rate", fixedNow),
            FilmDecayEvery = Pick(parsed.GetValue(_filmDecayEvery), basis.FilmDecayEvery, "--film-lr-decay-every", fixedNow),
            Balance = Pick(parsed.GetValue(_balance), basis.Balance ?? "equal", "--balance", fixedNow),
            TaskWeights = Weights(Given(parsed, _taskWeights), basis.TaskWeights, fixedNow),
            DwaTemperature = Pick(parsed.GetValue(_dwaTemperature), basis.DwaTemperature, "--dwa-temperature", fixedNow),
            NativeOptions = Native(NativeOption.Parse(Given(parsed, _native)), basis.NativeOptions, fixedNow),
            Precision = Pick(parsed.GetValue(_precision), basis.Precision, "--precision", fixedNow, v => Words.Of(Words.Precisions, v)),
            // It changes no number, so a run that is resumed may have another one.
            Recomputation = parsed.GetValue(_recomputation) ?? basis.Recomputation,
            Augment = basis.Augment && !Pick(parsed.GetValue(_noAugment) ? true : null, !basis.Augment, "--no-augment", fixedNow),
            Flip = Pick(parsed.GetValue(_flip), basis.Flip, "--flip", fixedNow, v => Words.Of(Words.Flips, v)),
            NoColour = Pick(parsed.GetValue(_noColour) ? true : null, basis.NoColour, "--no-colour", fixedNow),
            LabelsFile = labels is null || !fixedNow || labels == basis.LabelsFile ? labels ?? basis.LabelsFile : throw Changed("--labels", basis.LabelsFile ?? "not given"),
        };
    }

    private static FlipMode DefaultFlip(DataRequest data) => DataSource.Locate(data).Kind == DataKind.Cityscapes ? FlipMode.EveryView : FlipMode.None;

    // An array that is not given is empty, not null.
    private static string[]? Given(ParseResult parsed, Option<string[]?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static void Keep(string option, string[]? given, IReadOnlyList<string>? saved)
    {
        if (given is not null && !given.SequenceEqual(saved ?? [])) throw Changed(option, saved is null ? "not given" : string.Join(',', saved));
    }

    private static string Pick(string? given, string basis, string option, bool fixedNow) =>
        given is null || given == basis ? basis : fixedNow ? throw Changed(option, basis) : given;

    // Null is the default, which a run that is resumed keeps too.
    private static T? Pick<T>(T? given, T? basis, string option, bool fixedNow) where T : struct =>
        given is null || given.Equals(basis)
            ? basis
            : fixedNow
            ? throw Changed(option, basis is null ? "the default" : Text(basis.Value))
            : given;

    private static string? Native(string? given, string? basis, bool fixedNow) =>
        given is null || given == basis ? basis : fixedNow ? throw Changed("--option", basis is null ? "not given" : string.Join(' ', NativeOption.Write(basis))) : given;

    private static IReadOnlyList<double>? Weights(string[]? given, IReadOnlyList<double>? basis, bool fixedNow)
    {
        if (given is null) return basis;
        double[] weights = [.. given.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value >= 0
            ? value
            : throw new UsageException($"--task-weights must be numbers of 0 or more, not '{text}'."))];
        if (fixedNow && !weights.SequenceEqual(basis ?? []))
            throw Changed("--task-weights", basis is null ? "not given" : string.Join(',', basis.Select(Text)));
        return weights;
    }

    private static T Pick<T>(T? given, T basis, string option, bool fixedNow, Func<T, string>? word = null) where T : struct =>
        given is not T value || value.Equals(basis)
            ? basis
            : fixedNow
            ? throw Changed(option, word is null ? Text(basis) : word(basis))
            : value;

    private static string Text<T>(T value) where T : struct => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static UsageException Changed(string option, string saved) =>
        new($"{option} was {saved} when the run began, and a run that is resumed keeps it (only --steps, --epochs, --data, --test and --recomputation may change).");
}
