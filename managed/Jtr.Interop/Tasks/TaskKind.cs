using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;

namespace Jtr.Interop.Tasks;

/// <summary>What a task's labels and predictions are made of.</summary>
public enum TaskExtent
{
    /// <summary>Values for every pixel, [channels, H, W].</summary>
    Pixel = 0,

    /// <summary>Values for the photograph as a whole, [channels].</summary>
    Image = 1,
}

/// <summary>Whether a kind's tasks have a number of channels, or classes, to choose.</summary>
public enum ChannelChoice
{
    /// <summary>All have the same.</summary>
    Fixed = 0,

    /// <summary>It may be said.</summary>
    Optional = 1,

    /// <summary>It has to be said.</summary>
    Required = 2,
}

/// <summary>
/// A kind of task: everything in which kinds differ, said once. There are <see cref="Segmentation"/>, <see cref="Depth"/>,
/// <see cref="Normals"/> and <see cref="Map"/> for every pixel, <see cref="Classification"/>, <see cref="Tags"/> and
/// <see cref="Regression"/> for the photograph as a whole. One of your own derives from that kind whose head and loss in libjtr it shares,
/// and is made known by <see cref="Register"/>.
/// </summary>
/// <remarks>
/// What needs image files or pictures hangs beside it: <c>LabelFormat</c> of Jtr.Interop.Datasets (folders and packed files), and
/// <c>LabelPainter</c> of Jtr.Interop.Reporting. A kind without its own has those of its <see cref="NativeKind"/>.
/// Kinds are immutable; several threads may use one.
/// </remarks>
public abstract class TaskKind : IEquatable<TaskKind>
{
    private static readonly Lock _lock = new();

    // Replaced as a whole, so that readers need no lock.
    private static TaskKind[] _all;

#pragma warning disable CA1810 // The order counts: the kinds, then the list.
    static TaskKind()
#pragma warning restore CA1810
    {
        (Segmentation, Depth, Normals, Map) = (new SegmentationKind(), new DepthKind(), new NormalsKind(), new MapKind());
        (Classification, Tags, Regression) = (new ClassificationKind(), new TagsKind(), new RegressionKind());
        _all = [Segmentation, Depth, Normals, Map, Classification, Tags, Regression];
    }

    /// <summary>Makes a kind.</summary>
    /// <param name="word">Its word; see <see cref="Word"/>.</param>
    /// <exception cref="ArgumentException">The word is no word.</exception>
    protected TaskKind(string word)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(word);
        if (!char.IsAsciiLetterLower(word[0]) || !word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-'))
            throw new ArgumentException($"the word of a kind of task has a-z, 0-9, '_' and '-', unlike '{word}'", nameof(word));
        Word = word;
        Name = char.ToUpperInvariant(word[0]) + word[1..];
    }

    /// <summary>A class for every pixel.</summary>
    public static TaskKind Segmentation { get; }

    /// <summary>Metres, or any positive measure.</summary>
    public static TaskKind Depth { get; }

    /// <summary>Unit vectors.</summary>
    public static TaskKind Normals { get; }

    /// <summary>Values in [0, 1], such as edges and keypoints.</summary>
    public static TaskKind Map { get; }

    /// <summary>One class for the photograph as a whole.</summary>
    public static TaskKind Classification { get; }

    /// <summary>Tags of the photograph as a whole, each of which it has or has not.</summary>
    public static TaskKind Tags { get; }

    /// <summary>Numbers for the photograph as a whole.</summary>
    public static TaskKind Regression { get; }

    /// <summary>The kinds that are known: the built-in ones, then those that were registered, in that order.</summary>
    public static IReadOnlyList<TaskKind> All => Volatile.Read(ref _all);

    /// <summary>
    /// The kind in a word: that of tasks.json, results, the command line and checkpoints (there with a capital). It begins with a letter
    /// and has a-z, 0-9, '_' and '-'.
    /// </summary>
    public string Word { get; }

    /// <summary>The word with a capital, as messages, checkpoints and exported models have it.</summary>
    public string Name { get; }

    /// <summary>The kind of libjtr, one of the words of its options, whose head, loss and encoding the kind's tasks have.</summary>
    public virtual string NativeKind => Word;

    /// <summary>What labels and predictions are made of.</summary>
    public virtual TaskExtent Extent => TaskExtent.Pixel;

    /// <summary>Whether tasks have a number of channels, or classes, to choose.</summary>
    public virtual ChannelChoice Channels => ChannelChoice.Fixed;

    /// <summary>What a prediction's channels are called: "channels", "classes", "tags" or "values".</summary>
    public virtual string ChannelWord => "channels";

    /// <summary>What one of <see cref="ClassNames"/> is called: "class" or "tag".</summary>
    public virtual string ClassWord => "class";

    /// <summary>Whether a label is the id of one class at each place, and a prediction a logit for each class.</summary>
    public virtual bool HasClassIds => false;

    /// <summary>
    /// The keys of settings that documents may have for a task of this kind beside "name", "kind" and "channels": those that
    /// <see cref="WriteSettings"/> writes, such as "unit".
    /// </summary>
    public virtual IReadOnlyList<string> SettingKeys => [];

    /// <summary>How labels follow views.</summary>
    public abstract ViewRule Views { get; }

    /// <summary>
    /// Whether a prediction's channels are a direction: exported networks then end in a division by their Euclidean length, as libjtr's own
    /// predictions do.
    /// </summary>
    public virtual bool PredictsDirections => false;

    /// <summary>
    /// Whether a prediction is what the network's head gives out, channel by channel a value as labels have it. Then a fresh head does well
    /// to begin at the mean of the labels (<see cref="LabelMoments"/>).
    /// </summary>
    public virtual bool PredictsLabelValues => false;

    /// <summary>The kind of a word, or null.</summary>
    /// <param name="word">The word, in upper or lower case.</param>
    public static TaskKind? Find(string? word) =>
        Array.Find(Volatile.Read(ref _all), k => k.Word.Equals(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Makes a kind known by its word, so that checkpoints, packed files, results and tasks.json that name it can be read. Again, it does
    /// nothing.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="ArgumentException">Another kind has its word.</exception>
    public static void Register(TaskKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        lock (_lock)
        {
            if (Find(kind.Word) is not { } known)
                Volatile.Write(ref _all, [.. _all, kind]);
            else if (known != kind)
                throw new ArgumentException($"there is another kind of task with the word '{kind.Word}', {known.GetType()}", nameof(kind));
        }
    }

    /// <summary>The words of all known kinds for a sentence: "segmentation, depth, normals or map".</summary>
    public static string Words()
    {
        string[] words = [.. All.Select(k => k.Word)];
        return $"{string.Join(", ", words[..^1])} or {words[^1]}";
    }

    /// <summary>Makes a task.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="channels">Channels of its prediction, or classes; null for the usual number.</param>
    /// <exception cref="ArgumentException">A task cannot have that name or that many; or the number is missing.</exception>
    public abstract VisionTask Create(string name, int? channels = null);

    /// <summary>Makes a task from a document, such as a checkpoint.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="channels">Channels of its prediction.</param>
    /// <param name="settings">What the document says beside them.</param>
    /// <exception cref="ArgumentException">A value is missing, of another type, or outside its range.</exception>
    public virtual VisionTask ReadSettings(string name, int channels, TaskSettings settings) =>
        Create(name, Channels == ChannelChoice.Fixed ? null : channels);

    /// <summary>Writes what <see cref="ReadSettings"/> reads beside name and channels.</summary>
    /// <param name="task">A task of this kind.</param>
    /// <param name="settings">Receives the settings.</param>
    public virtual void WriteSettings(VisionTask task, JsonObject settings) { }

    /// <summary>Adds the options of a task that libjtr's <see cref="NativeKind"/> has beside "name" and "kind".</summary>
    /// <param name="task">A task of this kind.</param>
    /// <param name="options">Receives them.</param>
    public virtual void WriteNativeOptions(VisionTask task, JsonObject options) { }

    /// <summary>Checks what a task's constructor leaves unchecked.</summary>
    /// <param name="task">A task of this kind.</param>
    /// <param name="path">Where the task stands, for messages: "Tasks[depth]".</param>
    /// <exception cref="ArgumentException">A property is outside its range.</exception>
    public virtual void Validate(VisionTask task, string path) { }

    /// <summary>A task of classes with weights for them, unless it has some; others stay as they are.</summary>
    /// <param name="task">A task of this kind.</param>
    /// <param name="weights">One for each class.</param>
    public virtual VisionTask Weigh(VisionTask task, IReadOnlyList<double> weights) => task;

    /// <summary>Makes an empty accumulator of scores.</summary>
    /// <param name="task">A task of this kind.</param>
    public abstract TaskMetrics CreateMetrics(VisionTask task);

    /// <summary>
    /// How what the network gives out becomes values as labels have them. A kind of one's own that derives from none of the built-in ones
    /// has that of its <see cref="NativeKind"/>.
    /// </summary>
    /// <param name="task">A task of this kind.</param>
    internal virtual TaskOutput CreateOutput(VisionTask task) =>
        Find(NativeKind) is { } native && native != this
            ? native.CreateOutput(task)
            : throw new NotSupportedException($"task '{task.Name}' is of a kind that is not predicted for images: {Word}");

    /// <summary>
    /// By what each channel of an image task's head is multiplied, and what is then added, to give the prediction; null: 1 and 0. libjtr
    /// does so itself; exported networks end in it.
    /// </summary>
    /// <param name="task">A task of this kind.</param>
    internal virtual (double[] Scale, double[] Shift)? OutputAffine(VisionTask task) => null;

    /// <summary>Makes an empty accumulator of what labels hold.</summary>
    /// <param name="task">A task of this kind.</param>
    public virtual LabelStatistics CreateStatistics(VisionTask task) => new(task);

    /// <summary>Whether a label has a value at a place.</summary>
    /// <param name="label">[label channels, places].</param>
    /// <param name="place">The place: row by row, 0 or more and below <paramref name="places"/>.</param>
    /// <param name="places">H x W, or 1 for the photograph as a whole.</param>
    public abstract bool IsValid(ReadOnlySpan<float> label, int place, int places);

    /// <summary>The names of a task's classes, or of its tags; empty: it has none.</summary>
    /// <param name="task">A task of this kind.</param>
    public virtual IReadOnlyList<string> ClassNames(VisionTask task) => [];

    /// <summary>The unit of a label's values, empty for a plain number; null for a kind without units.</summary>
    /// <param name="task">A task of this kind.</param>
    public virtual string? Unit(VisionTask task) => null;

    /// <summary>What a task is, in a few words for tables, such as "segmentation, 13 classes".</summary>
    /// <param name="task">A task of this kind.</param>
    public virtual string Describe(VisionTask task) => Word;

    /// <summary>In what two tasks of this kind and as many channels differ although they should be one; null: in nothing.</summary>
    /// <param name="first">A task of this kind.</param>
    /// <param name="second">Another one.</param>
    public virtual string? Difference(VisionTask first, VisionTask second) => null;

    /// <summary>Of two tasks that are the same, that which tells more.</summary>
    /// <param name="first">A task of this kind.</param>
    /// <param name="second">Another one.</param>
    public virtual VisionTask Richer(VisionTask first, VisionTask second) => first;

    /// <summary>Values that each channel of a label or a prediction has.</summary>
    /// <param name="height">Rows of the photograph.</param>
    /// <param name="width">Columns of the photograph.</param>
    public int Places(int height, int width) => Extent == TaskExtent.Pixel ? checked(height * width) : 1;

    /// <summary>Whether another kind is this one.</summary>
    public bool Equals([NotNullWhen(true)] TaskKind? other) => other is not null && Word == other.Word && GetType() == other.GetType();

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as TaskKind);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => Word.GetHashCode(StringComparison.Ordinal);

    /// <summary><see cref="Name"/>.</summary>
    public sealed override string ToString() => Name;

    /// <summary>Whether two are the same kind.</summary>
    public static bool operator ==(TaskKind? left, TaskKind? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two are different kinds.</summary>
    public static bool operator !=(TaskKind? left, TaskKind? right) => !(left == right);

    /// <summary>A task that the kind made, if it is one of this kind.</summary>
    /// <exception cref="InvalidOperationException">It is of another, for the kind does not override what made it.</exception>
    internal VisionTask Own(VisionTask task) =>
        task.Kind == this
            ? task
            : throw new InvalidOperationException(
                $"{GetType()} made a task of the kind '{task.Kind.Word}': it has to override {nameof(Create)} and {nameof(ReadSettings)}"
            );

    /// <summary>The place among the known kinds, which is the order of tasks that are found in folders.</summary>
    internal int Order => Array.IndexOf(Volatile.Read(ref _all), this) is >= 0 and int place ? place : int.MaxValue;
}
