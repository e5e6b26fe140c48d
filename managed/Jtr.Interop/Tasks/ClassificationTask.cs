using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tasks;

/// <summary>
/// One class for the photograph as a whole. Label: [1], the class id as a number, -1 where there is none. Prediction: [classes], one logit
/// per class.
/// </summary>
public record ClassificationTask : VisionTask
{
    /// <summary>The largest number of classes.</summary>
    public const int MaxClasses = 4096;

    private readonly IReadOnlyList<double>? _classWeights;

    /// <summary>Makes a classification task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="classCount">Number of classes, 2 to 4096.</param>
    /// <param name="classNames">A name for each class, all different, or null.</param>
    public ClassificationTask(string name, int classCount, IReadOnlyList<string>? classNames = null)
        : this(name, classCount, classNames, TaskKind.Classification) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="classCount">Number of classes, 2 to 4096.</param>
    /// <param name="classNames">A name for each class, all different, or null.</param>
    /// <param name="kind">The kind.</param>
    protected ClassificationTask(string name, int classCount, IReadOnlyList<string>? classNames, TaskKind kind)
        : base(name, kind, Check(classCount), 1) => ClassNames = NameList.Of(name, Word, classNames, classCount, nameof(classNames));

    /// <summary>Number of classes.</summary>
    public int ClassCount => Channels;

    /// <summary>A name for each class.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How much each class counts in the loss, 0 or more; null: all alike. A rare class may count more.</summary>
    public IReadOnlyList<double>? ClassWeights
    {
        get => _classWeights;
        init => _classWeights = value is null ? null : [.. value];
    }

    /// <summary>The part of the target that is spread over all classes, 0 or more and below 1: it keeps the network from being too
    /// sure.</summary>
    public double LabelSmoothing { get; init; }

    /// <inheritdoc/>
    public override float InvalidLabel => -1f;

    internal const string Word = "class";

    /// <summary>Whether the classes have names of their own.</summary>
    internal bool IsNamed => NameList.AreOwn(Word, ClassNames);

    /// <summary>Whether another task has the same name, classes and settings.</summary>
    public virtual bool Equals(ClassificationTask? other) =>
        base.Equals(other)
        && ClassNames.SequenceEqual(other.ClassNames)
        && (ClassWeights ?? []).SequenceEqual(other.ClassWeights ?? [])
        && LabelSmoothing.Equals(other.LabelSmoothing);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ClassCount);

    private static int Check(int classCount) =>
        classCount is >= 2 and <= MaxClasses
            ? classCount
            : throw new ArgumentOutOfRangeException(nameof(classCount), classCount, "a classification task has 2 to 4096 classes");
}

/// <summary>The kind of <see cref="ClassificationTask"/>.</summary>
public class ClassificationKind : TaskKind
{
    internal ClassificationKind()
        : base("classification") { }

    /// <summary>Makes a kind of your own, of class ids. Its tasks derive from <see cref="ClassificationTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected ClassificationKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "classification";

    /// <inheritdoc/>
    public override TaskExtent Extent => TaskExtent.Image;

    /// <inheritdoc/>
    public override ChannelChoice Channels => ChannelChoice.Required;

    /// <inheritdoc/>
    public override string ChannelWord => "classes";

    /// <inheritdoc/>
    public override bool HasClassIds => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SettingKeys => ["class_names", "class_weights", "label_smoothing"];

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Whole);

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) =>
        new ClassificationTask(
            name,
            channels ?? throw new ArgumentException($"the number of classes of '{name}' is missing", nameof(channels))
        );

    /// <inheritdoc/>
    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ReadWeights(new ClassificationTask(name, channels, settings.Texts("class_names")), settings);
    }

    /// <inheritdoc/>
    public override void WriteSettings(VisionTask task, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ClassificationTask own = Of(task);
        settings["class_names"] = new JsonArray([.. own.ClassNames.Select(n => (JsonNode)n)]);
        WriteWeights(own, settings);
    }

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options["classes"] = Of(task).ClassCount;
        WriteWeights(Of(task), options);
    }

    /// <inheritdoc/>
    public override void Validate(VisionTask task, string path)
    {
        ClassificationTask own = Of(task);
        TaskWeights.Check(
            $"{path}.{nameof(ClassificationTask.ClassWeights)}",
            own.ClassWeights,
            own.ClassCount,
            "classes",
            "tasks[classification].class_weights"
        );
        NativeRange.Check(
            $"{path}.{nameof(ClassificationTask.LabelSmoothing)}",
            own.LabelSmoothing,
            "tasks[classification].label_smoothing"
        );
    }

    /// <inheritdoc/>
    public override VisionTask Weigh(VisionTask task, IReadOnlyList<double> weights) =>
        Of(task).ClassWeights is null ? Of(task) with { ClassWeights = weights } : task;

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new ClassificationMetrics(Of(task));

    internal override TaskOutput CreateOutput(VisionTask task) => new ClassificationOutput(task.Channels);

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new ClassStatistics(task, Of(task).ClassCount);

    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => label[place] >= 0;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames(VisionTask task) => Of(task).ClassNames;

    /// <inheritdoc/>
    public override string Describe(VisionTask task) => $"{Word}, {Of(task).ClassCount} classes";

    /// <inheritdoc/>
    public override string? Difference(VisionTask first, VisionTask second) =>
        NameList.Difference(ClassificationTask.Word, Of(first).ClassNames, Of(second).ClassNames);

    /// <summary>Of two tasks, that whose classes have names: they tell more than numbers.</summary>
    /// <param name="first">A task of this kind.</param>
    /// <param name="second">Another one.</param>
    public override VisionTask Richer(VisionTask first, VisionTask second) => Of(first).IsNamed ? first : second;

    /// <summary>The same task with the weights and the smoothing that a document says, for kinds of your own.</summary>
    /// <param name="task">The task.</param>
    /// <param name="settings">What the document says.</param>
    /// <exception cref="ArgumentException">A value is of another type.</exception>
    protected static ClassificationTask ReadWeights(ClassificationTask task, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(settings);
        return task with { ClassWeights = settings.Numbers("class_weights"), LabelSmoothing = settings.Number("label_smoothing") ?? 0 };
    }

    // Documents and libjtr call them the same; what is not set is left out.
    private static void WriteWeights(ClassificationTask task, JsonObject target)
    {
        TaskWeights.WriteClasses(task.ClassWeights, target);
        if (task.LabelSmoothing != 0)
            target["label_smoothing"] = task.LabelSmoothing;
    }

    private static ClassificationTask Of(VisionTask task) => (ClassificationTask)task;
}
