using System.Text.Json.Serialization;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>Everything that a <see cref="Trainer"/> is made of.</summary>
public sealed record TrainerOptions
{
    /// <summary>What <see cref="EmaDecay"/> is where a method has a teacher and nothing else is said.</summary>
    public const double DefaultTeacherDecay = 0.99;

    /// <summary>The largest first stage width of a network.</summary>
    public const int MaxWidth = 1024;

    /// <summary>The tasks that the network learns.</summary>
    public required TaskSet Tasks { get; init; }

    /// <summary>What the network reads beside the photograph: those of the data set that it is trained on, or none.</summary>
    public InputSet Inputs { get; init; } = InputSet.None;

    /// <summary>How they enter the network.</summary>
    public FusionOptions Fusion { get; init; } = new();

    /// <summary>
    /// How often a training step leaves out a sample's further input, each by itself, so that the network learns to do without it; in
    /// [0, 1). The photograph stays.
    /// </summary>
    public double InputDropout { get; init; }

    /// <summary>
    /// Name of the training method, one of <see cref="JtrRuntime.Methods"/>: "supervised", "single_task", "consistency", "direct_map",
    /// "perceptual_map", "mtpsl", "jtr", "teacher", "supervised+", "prototypes". Several add their terms with '+' between: "jtr+teacher".
    /// </summary>
    public string Method { get; init; } = "jtr";

    /// <summary>A backbone and a decoder in place of the SegNet, or null.</summary>
    public NetworkOptions? Network { get; init; }

    /// <summary>
    /// First stage width of the multi-task SegNet, 1 to 1024; its five stages have 1, 2, 4, 8, 8 times it. Published: 64. With
    /// <see cref="Network"/> it is that of the networks that methods have beside it, such as the auto-encoder of "jtr".
    /// </summary>
    public int Width { get; init; } = 64;

    /// <summary>The JTR loss, used by the method "jtr".</summary>
    public JointTaskOptions JointTask { get; init; } = new();

    /// <summary>The method "consistency".</summary>
    public ConsistencyOptions Consistency { get; init; } = new();

    /// <summary>The method "direct_map".</summary>
    public PairMapOptions DirectMap { get; init; } = new();

    /// <summary>The method "perceptual_map".</summary>
    public PairMapOptions PerceptualMap { get; init; } = new();

    /// <summary>The method "mtpsl".</summary>
    public MtpslOptions Mtpsl { get; init; } = new();

    /// <summary>The method "teacher".</summary>
    public TeacherOptions Teacher { get; init; } = new();

    /// <summary>The method "prototypes".</summary>
    public PrototypesOptions Prototypes { get; init; } = new();

    /// <summary>The methods above, by name: what one of them has here goes to the native library with it.</summary>
    internal IEnumerable<(string Method, IMethodOptions Options)> OfMethods =>
        [
            ("jtr", JointTask),
            ("consistency", Consistency),
            ("direct_map", DirectMap),
            ("perceptual_map", PerceptualMap),
            ("mtpsl", Mtpsl),
            ("teacher", Teacher),
            ("prototypes", Prototypes),
        ];

    /// <summary>What is known of predictions, as terms beside the method's.</summary>
    public IReadOnlyList<ConstraintOptions> Constraints { get; init; } = [];

    /// <summary>Which tasks may inform which, for methods that relate them; null: every task informs every other one.</summary>
    public TaskGraphOptions? TaskGraph { get; init; }

    /// <summary>Sources that differ, and what is done about it.</summary>
    public DomainOptions Domains { get; init; } = new();

    /// <summary>Weights of the tasks' supervised losses, whatever the method.</summary>
    public BalancingOptions Balancing { get; init; } = new();

    /// <summary>The optimiser.</summary>
    public AdamOptions Optimizer { get; init; } = new();

    /// <summary>
    /// Largest Euclidean norm of a network's gradient, above 0: a longer one is scaled down to it (Pascanu, Mikolov, Bengio, ICML 2013).
    /// The multi-task network and each network of the method have each their own. Null: none, as published.
    /// </summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>
    /// Decay of the moving average of the multi-task network's weights and norm statistics, in (0, 1), such as 0.999; after t steps it is
    /// at most t / (t + 10), so that the average forgets the initial weights. Where it is set, the averaged network predicts, is scored and
    /// is exported, while training goes on with the plain one. Null: none, as published; with the method "teacher"
    /// <see cref="DefaultTeacherDecay"/>.
    /// </summary>
    public double? EmaDecay { get; init; }

    /// <summary>
    /// Parts that a step's samples are worked on in, one after another, whose gradients are summed: 1 to 4096. More take less memory, and
    /// norms see a part at a time. Every batch needs a sample for each part, on every process.
    /// </summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Seed of the initial weights and of the noise of the steps.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number format.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>What backward passes compute a second time, against memory; the numbers are the same.</summary>
    public Recomputation Recomputation { get; init; } = Recomputation.Norms;

    /// <summary>Where to run.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Auto;

    /// <summary>Which GPU, 0 or more.</summary>
    public int DeviceIndex { get; init; }

    /// <summary>
    /// This process among those that train together, or null: it trains by itself. Checkpoints do not keep it, so that any number of
    /// processes may go on with one.
    /// </summary>
    [JsonIgnore]
    public JtrProcessGroup? Parallel { get; init; }

    /// <summary>
    /// Options that have no property here, or null: a JSON object that is merged into the document that the native library gets (RFC 7396,
    /// JSON merge patch), such as <c>{"optimizer": {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 0.05}}</c>.
    /// <see cref="JtrRuntime.OptionsSchema"/> describes them all. Unlike properties, they are checked when the trainer is made.
    /// </summary>
    [JsonConverter(typeof(JsonObjectText))]
    public string? NativeOptions { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">
    /// A property is outside its range (<see cref="ArgumentOutOfRangeException"/>) or missing (<see cref="ArgumentNullException"/>);
    /// ParamName is its name, such as "Optimizer.LearningRate". Whether the method exists is asked of the native library when a trainer is
    /// made.
    /// </exception>
    public void Validate()
    {
        ValidateTasks(OptionRange.NotNull(nameof(Tasks), Tasks));
        if (string.IsNullOrWhiteSpace(Method))
            throw new ArgumentException($"{nameof(Method)} must be the name of a training method.", nameof(Method));
        OptionRange.NotNull(nameof(Inputs), Inputs);
        OptionRange.NotNull(nameof(Fusion), Fusion).Validate();
        NativeRange.Check(nameof(InputDropout), InputDropout, "input_dropout");
        Network?.Validate();
        NativeRange.Check(nameof(Width), Width, "network[segnet].width");
        OptionRange.NotNull(nameof(JointTask), JointTask).Validate();
        OptionRange.NotNull(nameof(Consistency), Consistency).Validate();
        OptionRange.NotNull(nameof(DirectMap), DirectMap).Validate(nameof(DirectMap));
        OptionRange.NotNull(nameof(PerceptualMap), PerceptualMap).Validate(nameof(PerceptualMap));
        OptionRange.NotNull(nameof(Mtpsl), Mtpsl).Validate();
        OptionRange.NotNull(nameof(Teacher), Teacher).Validate();
        OptionRange.NotNull(nameof(Prototypes), Prototypes);
        TaskGraph?.Validate();
        foreach (ConstraintOptions constraint in OptionRange.NotNull(nameof(Constraints), Constraints))
            OptionRange.NotNull(nameof(Constraints), constraint);
        OptionRange.NotNull(nameof(Domains), Domains).Validate();
        OptionRange.NotNull(nameof(Balancing), Balancing).Validate(Tasks.Count);
        OptionRange.NotNull(nameof(Optimizer), Optimizer).Validate();
        if (MaxGradientNorm is { } norm)
            OptionRange.Holds(nameof(MaxGradientNorm), norm, norm > 0, "above 0 and finite, or null");
        if (EmaDecay is { } decay)
            OptionRange.Holds(nameof(EmaDecay), decay, decay is > 0 and < 1, "in (0, 1), or null");
        NativeRange.Check(nameof(Accumulate), Accumulate, "accumulate");
        OptionRange.Named(nameof(Precision), Precision);
        OptionRange.Named(nameof(Recomputation), Recomputation);
        OptionRange.Named(nameof(Device), Device);
        NativeRange.Check(nameof(DeviceIndex), DeviceIndex, "device_index");
        Parallel?.Validate();
        if (NativeOptions is not null && OptionsWriter.HasGroup(OptionsWriter.Parse(NativeOptions, nameof(NativeOptions))))
            throw new ArgumentException(
                $"{nameof(NativeOptions)} has processes that train together ('parallel'), which {nameof(Parallel)} says.",
                nameof(NativeOptions)
            );
    }

    /// <summary>Checks what the tasks themselves leave unchecked.</summary>
    internal static void ValidateTasks(TaskSet tasks)
    {
        foreach (VisionTask task in tasks)
            task.Kind.Validate(task, $"{nameof(Tasks)}[{task.Name}]");
    }
}
