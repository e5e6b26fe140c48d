using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;

namespace Jtr.Interop.Tasks;

/// <summary>Semantic segmentation. Label: class id as a number, -1 where there is none. Prediction: one logit per class.</summary>
public record SegmentationTask : VisionTask
{
    /// <summary>The largest number of classes.</summary>
    public const int MaxClasses = 4096;

    private readonly IReadOnlyList<double>? _classWeights;

    /// <summary>Makes a segmentation task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="classCount">Number of classes, 2 to 4096.</param>
    /// <param name="classNames">A name for each class, or null.</param>
    public SegmentationTask(string name, int classCount, IReadOnlyList<string>? classNames = null)
        : this(name, classCount, classNames, TaskKind.Segmentation) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="classCount">Number of classes, 2 to 4096.</param>
    /// <param name="classNames">A name for each class, or null.</param>
    /// <param name="kind">The kind.</param>
    protected SegmentationTask(string name, int classCount, IReadOnlyList<string>? classNames, TaskKind kind)
        : base(name, kind, Check(classCount), 1)
    {
        if (classNames is not null && classNames.Count != classCount)
            throw new ArgumentException($"task '{name}' has {classCount} classes but {classNames.Count} class names", nameof(classNames));
        ClassNames = classNames ?? [.. Enumerable.Range(0, classCount).Select(DefaultName)];
    }

    /// <summary>Number of classes.</summary>
    public int ClassCount => Channels;

    /// <summary>A name for each class.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>
    /// What the loss of a pixel of each class is multiplied by, 0 or more; null: 1. A rare class may count more, as
    /// <see cref="Labels.ClassBalance"/> works it out.
    /// </summary>
    public IReadOnlyList<double>? ClassWeights
    {
        get => _classWeights;
        init => _classWeights = value is null ? null : [.. value];
    }

    /// <inheritdoc/>
    public override float InvalidLabel => -1f;

    /// <summary>Whether the classes have names of their own.</summary>
    internal bool IsNamed => ClassNames.Where((name, id) => name != DefaultName(id)).Any();

    /// <summary>Whether another task has the same name, classes and weights.</summary>
    public virtual bool Equals(SegmentationTask? other) =>
        base.Equals(other) && ClassNames.SequenceEqual(other.ClassNames) && (ClassWeights ?? []).SequenceEqual(other.ClassWeights ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ClassCount);

    private static string DefaultName(int id) => $"class {id}";

    private static int Check(int classCount) =>
        classCount is >= 2 and <= MaxClasses
            ? classCount
            : throw new ArgumentOutOfRangeException(nameof(classCount), classCount, "a segmentation task has 2 to 4096 classes");
}

/// <summary>The kind of <see cref="SegmentationTask"/>.</summary>
public class SegmentationKind : TaskKind
{
    internal SegmentationKind()
        : base("segmentation") { }

    /// <summary>Makes a kind of your own, of class ids. Its tasks derive from <see cref="SegmentationTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected SegmentationKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "segmentation";

    /// <inheritdoc/>
    public override ChannelChoice Channels => ChannelChoice.Required;

    /// <inheritdoc/>
    public override string ChannelWord => "classes";

    /// <inheritdoc/>
    public override bool HasClassIds => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SettingKeys => ["class_names", "class_weights"];

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Nearest);

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) => new SegmentationTask(name, Required(name, channels));

    /// <inheritdoc/>
    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new SegmentationTask(name, channels, settings.Texts("class_names")) { ClassWeights = settings.Numbers("class_weights") };
    }

    /// <inheritdoc/>
    public override void WriteSettings(VisionTask task, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings["class_names"] = new JsonArray([.. ClassNames(task).Select(n => (JsonNode)n)]);
        TaskWeights.WriteClasses(Of(task).ClassWeights, settings);
    }

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options["classes"] = Of(task).ClassCount;
        TaskWeights.WriteClasses(Of(task).ClassWeights, options);
    }

    /// <inheritdoc/>
    public override void Validate(VisionTask task, string path) =>
        TaskWeights.Check(
            $"{path}.{nameof(SegmentationTask.ClassWeights)}",
            Of(task).ClassWeights,
            Of(task).ClassCount,
            ChannelWord,
            "tasks[segmentation].class_weights"
        );

    /// <inheritdoc/>
    public override VisionTask Weigh(VisionTask task, IReadOnlyList<double> weights) =>
        Of(task).ClassWeights is null ? Of(task) with { ClassWeights = weights } : task;

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new ConfusionMatrix(Of(task));

    internal override TaskOutput CreateOutput(VisionTask task) => new SegmentationOutput(task.Channels);

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new ClassStatistics(task, Of(task).ClassCount);

    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => label[place] >= 0;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames(VisionTask task) => Of(task).ClassNames;

    /// <inheritdoc/>
    public override string Describe(VisionTask task) => $"{Word}, {Of(task).ClassCount} classes";

    /// <inheritdoc/>
    public override string? Difference(VisionTask first, VisionTask second)
    {
        (SegmentationTask a, SegmentationTask b) = (Of(first), Of(second));
        if (!a.IsNamed || !b.IsNamed)
            return null;
        for (int i = 0; i < a.ClassCount; i++)
        {
            if (a.ClassNames[i] != b.ClassNames[i])
                return $"class {i} is '{b.ClassNames[i]}' and '{a.ClassNames[i]}'";
        }
        return null;
    }

    /// <summary>Of two tasks, that whose classes have names: they tell more than numbers.</summary>
    /// <param name="first">A task of this kind.</param>
    /// <param name="second">Another one.</param>
    public override VisionTask Richer(VisionTask first, VisionTask second) => Of(first).IsNamed ? first : second;

    private static int Required(string name, int? classes) =>
        classes ?? throw new ArgumentException($"the number of classes of '{name}' is missing", nameof(classes));

    private static SegmentationTask Of(VisionTask task) => (SegmentationTask)task;
}
