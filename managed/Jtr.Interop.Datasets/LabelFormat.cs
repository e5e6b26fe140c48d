using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Predictions;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// How labels of one kind of task lie in folders and in packed files: as a file for each photograph, or, with a
/// <see cref="TableLabelFormat"/>, as a table of all. Each built-in kind has one. A kind of your own has that of its
/// <see cref="TaskKind.NativeKind"/>, or its own, made known by <see cref="Register"/>.
/// </summary>
/// <remarks>Formats are immutable; several threads read at once.</remarks>
public abstract class LabelFormat
{
    private static readonly Lock _lock = new();

    // Replaced as a whole, so that readers need no lock.
    private static LabelFormat[] _all =
    [
        new SegmentationFormat(),
        new DepthFormat(),
        new NormalsFormat(),
        new MapFormat(),
        new ClassificationFormat(),
        new TagsFormat(),
        new RegressionFormat(),
    ];

    /// <summary>Makes a format.</summary>
    /// <param name="kind">The word of the kind of task, <see cref="TaskKind.Word"/>.</param>
    protected LabelFormat(string kind)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(kind);
        Kind = kind;
    }

    /// <summary>The word of the kind of task.</summary>
    public string Kind { get; }

    /// <summary>
    /// Names of folders, in lower case, whose labels are of this kind where nothing says of which. A folder of another name holds maps.
    /// </summary>
    public virtual IReadOnlyList<string> FolderNames => [];

    /// <summary>Extensions of label files, with the dot, in lower case.</summary>
    public virtual IReadOnlyList<string> Extensions => FolderIndex.LabelExtensions;

    /// <summary>
    /// Keys that a task of this kind may have in tasks.json beside "name", "kind" and <see cref="TaskKind.SettingKeys"/>, such as how files
    /// are to be read.
    /// </summary>
    public virtual IReadOnlyList<string> Keys => [];

    /// <summary>What packed files try first to store labels in few bytes. None changes a value.</summary>
    public virtual LabelPacking Packing => LabelPacking.Numbers;

    /// <summary>Whether grey numbers of few bits in a label's picture stand for themselves, instead of for a part of white.</summary>
    internal virtual bool HasIds => true;

    /// <summary>Checks of what a task's labels hold, beside those that all kinds have.</summary>
    /// <param name="task">The task.</param>
    /// <param name="index">Its place in the data set.</param>
    internal virtual IEnumerable<IDataCheck> Checks(VisionTask task, int index) => [];

    /// <summary>Why predictions of a task cannot lie in a folder as labels, as an end of "task 'name' ..."; null: they can.</summary>
    /// <param name="task">The task, as the network has it.</param>
    /// <param name="known">The task as tasks.json has it, or null where it does not.</param>
    /// <param name="settings">What tasks.json says of it.</param>
    internal virtual string? Misfit(VisionTask task, VisionTask? known, TaskSettings settings) => null;

    /// <summary>What messages call tasks of this kind.</summary>
    internal virtual string Subject => Kind;

    /// <summary>The format of a kind: its own, else that of its native kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static LabelFormat Of(TaskKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return Find(kind.Word)
            ?? Find(kind.NativeKind)
            ?? throw new NotSupportedException(
                $"folders do not hold tasks of the kind {kind.Word}; {nameof(LabelFormat)}.{nameof(Register)} can say how"
            );
    }

    /// <summary>Makes the format of a kind of your own known. It takes the place of one that was registered before for that kind.</summary>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentException">The kind is a built-in one.</exception>
    public static void Register(LabelFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        lock (_lock)
        {
            if (Find(format.Kind) is { } known && known.GetType().Assembly == typeof(LabelFormat).Assembly)
                throw new ArgumentException($"the built-in kind '{format.Kind}' has its format", nameof(format));
            Volatile.Write(ref _all, [.. _all.Where(f => f.Kind != format.Kind), format]);
        }
    }

    /// <summary>Reads a label.</summary>
    /// <param name="file">The file, and the size that the label is wanted in.</param>
    /// <param name="task">The task.</param>
    /// <param name="destination">
    /// Receives [label channels, H, W], or [label channels] where the task is about whole photographs; the task's
    /// <see cref="VisionTask.InvalidLabel"/> where there is no value.
    /// </param>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    protected abstract void Read(LabelFile file, VisionTask task, Span<float> destination);

    /// <summary>The format whose <see cref="FolderNames"/> have a name; maps, where none has.</summary>
    internal static LabelFormat OfFolder(string name)
    {
        LabelFormat[] all = Volatile.Read(ref _all);
        return Array.Find(all, f => f.FolderNames.Contains(name, StringComparer.OrdinalIgnoreCase)) ?? Find(TaskKind.Map.Word)!;
    }

    /// <summary>The first format that has a key of tasks.json, or null.</summary>
    internal static LabelFormat? OfKey(string key) =>
        Array.Find(Volatile.Read(ref _all), f => f.Keys.Contains(key, StringComparer.Ordinal));

    /// <summary>Makes the task of an entry of tasks.json, whose keys are those that it may have.</summary>
    /// <exception cref="ArgumentException">A setting is missing, of another type, or outside its range.</exception>
    internal virtual VisionTask ReadTask(TaskKind kind, string name, TaskSettings settings)
    {
        int? channels = ReadChannels(settings);
        // What the file leaves out is as it is for a new task.
        JsonObject all = [];
        VisionTask fresh = kind.Create(name, channels);
        kind.WriteSettings(fresh, all);
        foreach ((string key, string from) in kind.SettingKeys.Select(k => (k, SettingOf(k))))
        {
            if (settings.Values[from] is { } value)
                all[key] = value.DeepClone();
        }
        return kind.Own(kind.ReadSettings(name, fresh.Channels, new TaskSettings(all)));
    }

    /// <summary>What tasks.json says of a task, beside its name and kind: what <see cref="ReadTask"/> makes the same task of.</summary>
    internal virtual JsonObject WriteTask(VisionTask task)
    {
        JsonObject own = [];
        task.Kind.WriteSettings(task, own);
        return new JsonObject(own.Select(s => KeyValuePair.Create(SettingOf(s.Key), s.Value?.DeepClone())));
    }

    /// <summary>Finds out about a task that nothing is said of, from its files.</summary>
    internal virtual VisionTask Discover(TaskKind kind, string name, LabelSurvey survey) => kind.Create(name, null);

    /// <summary>How a task's files are read. The settings are those of tasks.json, and may be none.</summary>
    internal virtual Func<LabelSource, PackedLabel> Reader(VisionTask task, TaskSettings settings, FolderOptions options) =>
        source =>
        {
            Pooled<float> values = new(task.LabelChannels * task.Kind.Places(source.Height, source.Width));
            try
            {
                Read(new LabelFile(source, settings), task, values.Span);
            }
            catch
            {
                values.Dispose();
                throw;
            }
            return new PackedFloats(values);
        };

    /// <summary>What is known of how files are read.</summary>
    internal virtual LabelReading Reading(TaskSettings settings, FolderOptions options) => new();

    /// <summary>How predictions are stored as an image that this format reads; null: as none.</summary>
    internal virtual LabelImage? Image(VisionTask task, double depthScale) =>
        Find(task.Kind.NativeKind) is { } native && native != this ? native.Image(task, depthScale) : null;

    /// <summary>Bytes of a value of a label that is kept in memory.</summary>
    internal virtual int BytesPerValue(VisionTask task, bool isNpy) => sizeof(float);

    /// <summary>Channels or classes that an entry of tasks.json gives; null for none.</summary>
    private protected virtual int? ReadChannels(TaskSettings settings) => null;

    /// <summary>What tasks.json calls a setting of a task.</summary>
    internal virtual string SettingOf(string key) => key;

    /// <summary>The formats of tables whose kinds <see cref="TaskKind"/> knows.</summary>
    internal static IEnumerable<(TableLabelFormat Format, TaskKind Kind)> Tables() =>
        Volatile
            .Read(ref _all)
            .OfType<TableLabelFormat>()
            .Select(f => (Format: f, Kind: TaskKind.Find(f.Kind)))
            .Where(t => t.Kind is not null)
            .Select(t => (t.Format, t.Kind!));

    private static LabelFormat? Find(string kind) => Array.Find(Volatile.Read(ref _all), f => f.Kind == kind);
}

/// <summary>What packed files try first to store labels in few bytes.</summary>
public enum LabelPacking
{
    /// <summary>Any numbers: a table of those that occur, where they are few.</summary>
    Numbers = 0,

    /// <summary>Numbers in [0, 1]: a byte each, where all are multiples of 1/255.</summary>
    Units = 1,

    /// <summary>Whole numbers from -1 that are never rounded: a byte each, where all are below 255.</summary>
    Ids = 2,

    /// <summary>Any numbers that are never rounded.</summary>
    Exact = 3,
}
