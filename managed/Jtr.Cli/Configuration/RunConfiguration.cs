using System.Text.Json;
using System.Text.Json.Serialization;

namespace Jtr.Cli.Configuration;

/// <summary>
/// The settings of a run as a JSON file holds them. What is null is not said. <see cref="SettingsTable"/> tells what each one means and
/// which option of `jtr train` it is.
/// </summary>
internal sealed class RunConfiguration
{
    [JsonPropertyName("$schema")]
    public string? Schema { get; set; }

    public DataSection Data { get; set; } = new();
    public BenchmarkSection Benchmark { get; set; } = new();
    public NetworkSection Network { get; set; } = new();
    public TrainingSection Training { get; set; } = new();
    public AugmentationSection Augmentation { get; set; } = new();
    public DomainSection Domain { get; set; } = new();
    public OptimizerSection Optimizer { get; set; } = new();
    public JointTaskSection JointTask { get; set; } = new();
    public MethodsSection Methods { get; set; } = new();
    public TeacherSection Teacher { get; set; } = new();
    public BalancingSection Balancing { get; set; } = new();
    public RunSection Run { get; set; } = new();
    public MachineSection Machine { get; set; } = new();

    /// <summary>As a file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ConfigurationJson.Default.RunConfiguration) + "\n";
}

/// <summary>Data and labels.</summary>
internal sealed class DataSection
{
    public string[]? Data { get; set; }
    public double[]? Weights { get; set; }
    public string? Test { get; set; }
    public string[]? Tasks { get; set; }
    public string[]? Inputs { get; set; }
    public double? SceneInputShare { get; set; }
    public string[]? ClassNames { get; set; }
    public string? Scenario { get; set; }
    public string? Labels { get; set; }
    public string[]? LimitLabels { get; set; }
    public string? PseudoLabels { get; set; }
    public double? PseudoWeight { get; set; }
    public double? PseudoThreshold { get; set; }
    public string? Size { get; set; }
    public bool? SkipBad { get; set; }
    public int? VoidId { get; set; }
    public double? DepthScale { get; set; }
    public int? Scenes { get; set; }
    public int? TestScenes { get; set; }
    public ulong? SceneSeed { get; set; }
    public double? SceneVariety { get; set; }
}

/// <summary>How files of benchmarks are read.</summary>
internal sealed class BenchmarkSection
{
    public int? Classes { get; set; }
    public string? CityscapesDepth { get; set; }
    public string[]? ClassMapping { get; set; }
    public string? SplitFile { get; set; }
    public string? Normals { get; set; }
    public string? ExtraFrames { get; set; }
    public string? Buildings { get; set; }
    public string[]? MapRange { get; set; }
    public bool? AllowMissing { get; set; }
}

/// <summary>Backbone, decoder and their weights.</summary>
internal sealed class NetworkSection
{
    public string? Backbone { get; set; }
    public string? Decoder { get; set; }
    public int? DecoderWidth { get; set; }
    public int? OutputStride { get; set; }
    public string? Weights { get; set; }
    public bool? Strict { get; set; }
    public double? BackboneRate { get; set; }
    public double? DecoderRate { get; set; }
    public double? HeadsRate { get; set; }
    public string? Freeze { get; set; }
    public long? FreezeSteps { get; set; }
    public bool? FreezeNorms { get; set; }
    public string? Fusion { get; set; }
    public double? InputDropout { get; set; }
}

/// <summary>Training.</summary>
internal sealed class TrainingSection
{
    public string? Method { get; set; }
    public string[]? Constraints { get; set; }
    public long? Steps { get; set; }
    public int? Epochs { get; set; }
    public int? BatchSize { get; set; }
    public int? Width { get; set; }
    public string? InitFrom { get; set; }
    public ulong? Seed { get; set; }
    public string? Precision { get; set; }
    public string? Recomputation { get; set; }
    public bool? Augment { get; set; }
    public string? Flip { get; set; }
    public bool? Colour { get; set; }
    public string[]? Options { get; set; }
}

/// <summary>How samples change beside crops, flips and the published colours.</summary>
internal sealed class AugmentationSection
{
    public double? Rotate { get; set; }
    public double? Blur { get; set; }
    public double? Noise { get; set; }
    public double? ColorJitter { get; set; }
    public double? Erase { get; set; }
}

/// <summary>What makes domains alike.</summary>
internal sealed class DomainSection
{
    public string[]? Techniques { get; set; }
    public double? FourierShare { get; set; }
}

/// <summary>Optimiser.</summary>
internal sealed class OptimizerSection
{
    public double? LearningRate { get; set; }
    public string? Schedule { get; set; }
    public double? WeightDecay { get; set; }
    public long? DecayEvery { get; set; }
    public double? DecayFactor { get; set; }
    public long? Warmup { get; set; }
    public double? FinalFactor { get; set; }
    public double? Clip { get; set; }
    public double? Ema { get; set; }
}

/// <summary>Joint-Task Regularization.</summary>
internal sealed class JointTaskSection
{
    public double? LambdaDist { get; set; }
    public double? LambdaRecon { get; set; }
    public string? Mode { get; set; }
    public int? MicroBatch { get; set; }
}

/// <summary>The other methods.</summary>
internal sealed class MethodsSection
{
    public long? SpecialistSteps { get; set; }
    public double? Weight { get; set; }
    public double? Temperature { get; set; }
    public int? MapWidth { get; set; }
    public double? ConWeight { get; set; }
    public double? RegWeight { get; set; }
    public long? RampUp { get; set; }
    public double? FilmLearningRate { get; set; }
    public long? FilmDecayEvery { get; set; }
}

/// <summary>The method "teacher".</summary>
internal sealed class TeacherSection
{
    public double? Weight { get; set; }
    public double? ValueWeight { get; set; }
    public long? RampUp { get; set; }
    public string? Target { get; set; }
    public string? Selection { get; set; }
    public double? Threshold { get; set; }
    public double? Color { get; set; }
    public double? CutOut { get; set; }
    public double? CutMix { get; set; }
}

/// <summary>Weights of the tasks.</summary>
internal sealed class BalancingSection
{
    public string? Rule { get; set; }
    public double[]? TaskWeights { get; set; }
    public double? DwaTemperature { get; set; }
}

/// <summary>Scores and checkpoints on the way.</summary>
internal sealed class RunSection
{
    public long? EvalEvery { get; set; }
    public long? SaveEvery { get; set; }
    public int? Keep { get; set; }
    public int? EarlyStopping { get; set; }
    public double? MinImprovement { get; set; }
    public string? Baseline { get; set; }
}

/// <summary>Where and with what to compute.</summary>
internal sealed class MachineSection
{
    public string? Device { get; set; }
    public int? Threads { get; set; }
    public int? Workers { get; set; }
    public long? ChunkBytes { get; set; }
    public bool? Deterministic { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(RunConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
