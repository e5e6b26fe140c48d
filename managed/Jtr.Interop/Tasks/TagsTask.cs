using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;

namespace Jtr.Interop.Tasks;

/// <summary>
/// Any number of tags for the photograph as a whole, each of which it has or has not. Label: [tags], 1 or 0, NaN where it is not known.
/// Prediction: [tags], a logit each, whose sigmoid is the probability.
/// </summary>
public record TagsTask : VisionTask
{
    /// <summary>The largest number of tags.</summary>
    public const int MaxTags = 4096;

    private readonly IReadOnlyList<double>? _positiveWeights;

    /// <summary>Makes a task of tags.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="tagCount">Number of tags, 1 to 4096.</param>
    /// <param name="tagNames">A name for each tag, all different, or null.</param>
    public TagsTask(string name, int tagCount, IReadOnlyList<string>? tagNames = null)
        : this(name, tagCount, tagNames, TaskKind.Tags) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="tagCount">Number of tags, 1 to 4096.</param>
    /// <param name="tagNames">A name for each tag, all different, or null.</param>
    /// <param name="kind">The kind.</param>
    protected TagsTask(string name, int tagCount, IReadOnlyList<string>? tagNames, TaskKind kind)
        : base(name, kind, Check(tagCount), tagCount) => TagNames = NameList.Of(name, Word, tagNames, tagCount, nameof(tagNames));

    /// <summary>Number of tags.</summary>
    public int TagCount => Channels;

    /// <summary>A name for each tag.</summary>
    public IReadOnlyList<string> TagNames { get; }

    /// <summary>
    /// How much a photograph that has the tag counts beside one that has not, above 0, for each tag; null: alike. A rare tag may count
    /// more.
    /// </summary>
    public IReadOnlyList<double>? PositiveWeights
    {
        get => _positiveWeights;
        init => _positiveWeights = value is null ? null : [.. value];
    }

    /// <inheritdoc/>
    public override float InvalidLabel => float.NaN;

    internal const string Word = "tag";

    /// <summary>Whether the tags have names of their own.</summary>
    internal bool IsNamed => NameList.AreOwn(Word, TagNames);

    /// <summary>Whether another task has the same name, tags and weights.</summary>
    public virtual bool Equals(TagsTask? other) =>
        base.Equals(other) && TagNames.SequenceEqual(other.TagNames) && (PositiveWeights ?? []).SequenceEqual(other.PositiveWeights ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, TagCount);

    private static int Check(int tagCount) =>
        tagCount is >= 1 and <= MaxTags
            ? tagCount
            : throw new ArgumentOutOfRangeException(nameof(tagCount), tagCount, "a task of tags has 1 to 4096 tags");
}

/// <summary>The kind of <see cref="TagsTask"/>.</summary>
public class TagsKind : TaskKind
{
    internal TagsKind()
        : base("tags") { }

    /// <summary>Makes a kind of your own, of tags. Its tasks derive from <see cref="TagsTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected TagsKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "tags";

    /// <inheritdoc/>
    public override TaskExtent Extent => TaskExtent.Image;

    /// <inheritdoc/>
    public override ChannelChoice Channels => ChannelChoice.Required;

    /// <inheritdoc/>
    public override string ChannelWord => "tags";

    /// <inheritdoc/>
    public override string ClassWord => "tag";

    /// <inheritdoc/>
    public override IReadOnlyList<string> SettingKeys => ["tag_names", "positive_weights"];

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Whole);

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) =>
        new TagsTask(name, channels ?? throw new ArgumentException($"the number of tags of '{name}' is missing", nameof(channels)));

    /// <inheritdoc/>
    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TagsTask(name, channels, settings.Texts("tag_names")) { PositiveWeights = settings.Numbers("positive_weights") };
    }

    /// <inheritdoc/>
    public override void WriteSettings(VisionTask task, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings["tag_names"] = new JsonArray([.. Of(task).TagNames.Select(n => (JsonNode)n)]);
        WriteWeights(Of(task), settings);
    }

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options["tags"] = Of(task).TagCount;
        WriteWeights(Of(task), options);
    }

    /// <inheritdoc/>
    public override void Validate(VisionTask task, string path) =>
        TaskWeights.Check(
            $"{path}.{nameof(TagsTask.PositiveWeights)}",
            Of(task).PositiveWeights,
            Of(task).TagCount,
            "tags",
            "tasks[tags].positive_weights"
        );

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new TagMetrics(Of(task));

    internal override TaskOutput CreateOutput(VisionTask task) => new TagsOutput(task.Channels);

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new TagStatistics(Of(task));

    /// <summary>Whether any tag of a label is known.</summary>
    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => TaskValues.AnyKnown(label, place, places);

    /// <summary>The names of the tags.</summary>
    /// <param name="task">A task of this kind.</param>
    public override IReadOnlyList<string> ClassNames(VisionTask task) => Of(task).TagNames;

    /// <inheritdoc/>
    public override string Describe(VisionTask task) => Of(task).TagCount == 1 ? $"{Word}, 1 tag" : $"{Word}, {Of(task).TagCount} tags";

    /// <inheritdoc/>
    public override string? Difference(VisionTask first, VisionTask second) =>
        NameList.Difference(TagsTask.Word, Of(first).TagNames, Of(second).TagNames);

    /// <summary>Of two tasks, that whose tags have names: they tell more than numbers.</summary>
    /// <param name="first">A task of this kind.</param>
    /// <param name="second">Another one.</param>
    public override VisionTask Richer(VisionTask first, VisionTask second) => Of(first).IsNamed ? first : second;

    // Documents and libjtr call them the same; what is not set is left out.
    private static void WriteWeights(TagsTask task, JsonObject target)
    {
        if (task.PositiveWeights is { } weights)
            target["positive_weights"] = TaskWeights.Write(weights);
    }

    private static TagsTask Of(VisionTask task) => (TagsTask)task;
}
