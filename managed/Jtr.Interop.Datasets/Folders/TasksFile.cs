using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Inputs;
using Jtr.Interop.Json;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>
/// <c>tasks.json</c> in the root of a folder data set: what the folders hold.
/// <code>
/// { "tasks": [
///     { "name": "seg", "kind": "segmentation", "classes": ["sky", "road"], "void_id": 255 },
///     { "name": "depth", "kind": "depth", "scale": 0.001, "mean": 2.36, "standard_deviation": 1.59, "unit": "m" },
///     { "name": "normals", "kind": "normals" },
///     { "name": "edge", "kind": "map", "channels": 1 },
///     { "name": "room", "kind": "classification", "classes": ["bath", "kitchen"] },
///     { "name": "tags", "kind": "tags", "tags": ["coat", "hat"] },
///     { "name": "pose", "kind": "regression", "values": ["yaw", "pitch"], "unit": "deg",
///       "mean": [0, 5], "standard_deviation": [40, 9] } ],
///   "image": { "channels": 1, "range": [7000, 9500] },
///   "inputs": [
///     { "name": "thermal", "kind": "planes", "channels": 1, "folder": "ir", "scale": 0.01, "unit": "K",
///       "mean": [290], "standard_deviation": [10], "interpolation": "bilinear", "void_value": 0 },
///     { "name": "camera", "kind": "vector", "channels": 3 } ] }
/// </code>
/// Instead of the names of the classes, "class_count" gives their number. Where files hold
/// other numbers than 0, 1, 2, ... for the classes, "values" lists them in the order of the classes, as [0, 255] for a mask of black and
/// white.
/// Labels of the last three lie in a table, as tags.csv; what is left out of them is found there.
/// A depth's "void_value" is a further number that says "none", such as 65535. What is optional has the same default as the
/// task's, or the options', property.
/// </summary>
internal sealed class TasksFile
{
    public const string Name = "tasks.json";

    private readonly Dictionary<string, TaskSettings> _settings = new(StringComparer.Ordinal);

    private TasksFile(List<VisionTask> tasks, FolderImage? image, List<FolderInput> inputs) =>
        (Tasks, Image, Inputs) = (tasks, image, inputs);

    /// <summary>The tasks in the order of the file.</summary>
    public IReadOnlyList<VisionTask> Tasks { get; }

    /// <summary>How photographs are stored, or null where it says nothing of that.</summary>
    public FolderImage? Image { get; }

    /// <summary>The inputs beside the photograph, in the order of the file.</summary>
    public IReadOnlyList<FolderInput> Inputs { get; }

    /// <summary>What the file says of a task; nothing, if it is not in the file.</summary>
    public TaskSettings Settings(string task) => _settings.GetValueOrDefault(task, TaskSettings.Empty);

    /// <summary>Reads the file.</summary>
    /// <exception cref="JtrFormatException">It is damaged; the message says where.</exception>
    public static TasksFile Read(string path)
    {
        TasksContent content = JsonFile.Read(path, TasksJson.Default.TasksContent);
        if (content.Tasks is not { Count: > 0 })
            throw new JtrFormatException(path, "the array 'tasks' is missing or empty");

        List<VisionTask> tasks = [];
        TasksFile file = new(tasks, ReadImage(path, content.Image), ReadInputs(path, content.Inputs ?? []));
        for (int i = 0; i < content.Tasks.Count; i++)
        {
            TaskEntry? entry = content.Tasks[i];
            try
            {
                if (entry is null)
                    throw new ArgumentException("it is null");
                VisionTask task = entry.ToTask(Path.GetDirectoryName(Path.GetFullPath(path))!);
                if (!file._settings.TryAdd(task.Name, entry.ToSettings()))
                    throw new ArgumentException($"'{task.Name}' is there twice");
                tasks.Add(task);
            }
            catch (ArgumentException e)
            {
                throw new JtrFormatException(
                    path,
                    $"tasks[{i}]{(entry?.Name is { } name ? $" ('{name}')" : "")}: {e.Message}",
                    innerException: e
                );
            }
        }
        return file;
    }

    private static FolderImage? ReadImage(string path, ImageEntry? entry)
    {
        try
        {
            return entry?.ToImage();
        }
        catch (ArgumentException e)
        {
            throw new JtrFormatException(path, $"image: {e.Message}", innerException: e);
        }
    }

    private static List<FolderInput> ReadInputs(string path, List<InputEntry?> entries)
    {
        List<FolderInput> inputs = [];
        for (int i = 0; i < entries.Count; i++)
        {
            try
            {
                FolderInput input = entries[i]?.ToInput() ?? throw new ArgumentException("it is null");
                if (inputs.Exists(other => other.Spec.Name == input.Spec.Name))
                    throw new ArgumentException($"'{input.Spec.Name}' is there twice");
                inputs.Add(input);
            }
            catch (ArgumentException e)
            {
                string name = entries[i]?.Name is { } named ? $" ('{named}')" : "";
                throw new JtrFormatException(path, $"inputs[{i}]{name}: {e.Message}", innerException: e);
            }
        }
        return inputs;
    }

    /// <summary>Writes a file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, List<TaskEntry?> tasks) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new TasksContent(tasks, null, null), TasksJson.Default.TasksContent));
}

/// <summary>The file as JSON has it.</summary>
internal sealed record TasksContent(List<TaskEntry?>? Tasks, ImageEntry? Image, List<InputEntry?>? Inputs);

/// <summary>How photographs are stored, as JSON has it.</summary>
internal sealed record ImageEntry
{
    public int? Channels { get; init; }
    public List<double>? Range { get; init; }

    /// <summary>What no photograph has.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    public FolderImage ToImage()
    {
        if (Others is { Count: > 0 })
            throw new ArgumentException($"there is no '{Others.Keys.First()}'; an image has channels and range");
        if (Range is not (null or [_, _]))
            throw new ArgumentException($"'range' has {Range.Count} numbers; it has two, those that become 0 and 1");
        FolderImage image = new()
        {
            Channels = Channels ?? FolderImage.Rgb.Channels,
            Low = Range?[0],
            High = Range?[1],
        };
        image.Validate();
        return image;
    }
}

/// <summary>One input as JSON has it.</summary>
internal sealed record InputEntry
{
    private static readonly string[] Kinds = ["planes", "vector"];
    private static readonly string[] Interpolations = ["bilinear", "nearest"];

    public string? Name { get; init; }
    public string? Kind { get; init; }
    public int? Channels { get; init; }
    public List<double>? Mean { get; init; }
    public List<double>? StandardDeviation { get; init; }
    public string? Unit { get; init; }
    public string? Folder { get; init; }
    public double? Scale { get; init; }
    public double? VoidValue { get; init; }
    public string? Interpolation { get; init; }

    /// <summary>What no input has.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    /// <summary>Makes the input.</summary>
    public FolderInput ToInput()
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException("'name' is missing");
        if (!Kinds.Contains(Kind, StringComparer.Ordinal))
            throw new ArgumentException($"'kind' is {(Kind is null ? "missing" : $"'{Kind}'")}; it has to be planes or vector");
        if (Interpolation is not null && !Interpolations.Contains(Interpolation, StringComparer.Ordinal))
            throw new ArgumentException($"'interpolation' is '{Interpolation}'; it has to be bilinear or nearest");
        if (Others is { Count: > 0 })
            throw new ArgumentException($"there is no '{Others.Keys.First()}'; {Known}");
        if (Scale is { } scale && !(scale > 0 && double.IsFinite(scale)))
            throw new ArgumentException("'scale' has to be a finite number above 0");
        if (Folder is { } folder && (folder.Length == 0 || Path.IsPathRooted(folder) || folder.Split('/', '\\').Contains("..")))
            throw new ArgumentException($"'folder' is '{folder}'; it has to lie in the data set's folder");
        InputSpec spec = new()
        {
            Name = Name,
            Kind = Kind == "planes" ? InputKind.Planes : InputKind.Vector,
            Channels = Channels ?? 1,
            Mean = Mean ?? [0],
            StandardDeviation = StandardDeviation ?? [1],
            Unit = Unit,
            IsNearest = Interpolation == "nearest",
        };
        spec.Validate("input");
        return new FolderInput
        {
            Spec = spec,
            Folder = Folder,
            Scale = Scale,
            VoidValue = VoidValue,
        };
    }

    private const string Known =
        "an input has name, kind, channels, mean, standard_deviation, unit, folder, scale, void_value, interpolation";
}

/// <summary>One task as JSON has it.</summary>
internal sealed record TaskEntry
{
    public string? Name { get; init; }
    public string? Kind { get; init; }

    /// <summary>What tasks of that kind may have.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }

    public TaskSettings ToSettings() => TaskSettings.Of(Settings);

    /// <summary>Makes the task.</summary>
    /// <param name="root">The data set, in which tables say what the entry leaves out.</param>
    public VisionTask ToTask(string root)
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException("'name' is missing");
        // Words are as they are written here.
        if (TaskKind.Find(Kind) is not { } kind || kind.Word != Kind)
            throw new ArgumentException($"'kind' is {(Kind is null ? "missing" : $"'{Kind}'")}; it has to be {TaskKind.Words()}");
        LabelFormat format = LabelFormat.Of(kind);
        string[] known = [.. format.Keys.Union(kind.SettingKeys.Select(format.SettingOf), StringComparer.Ordinal)];
        TaskSettings settings = ToSettings();
        foreach (string key in settings.Keys)
        {
            if (known.Contains(key, StringComparer.Ordinal))
                continue;
            // A property of another kind of task is a misunderstanding that would otherwise pass unseen.
            if (LabelFormat.OfKey(key) is { } other)
                throw new ArgumentException($"{List(other.Keys)} for {other.Subject}");
            throw new ArgumentException(
                $"there is no '{key}'; a task of this kind has {string.Join(", ", known.Prepend("kind").Prepend("name"))}"
            );
        }
        return TableDiscovery.Describe(root, kind, format, Name, settings);
    }

    private static string List(IReadOnlyList<string> keys)
    {
        string[] quoted = [.. keys.Select(k => $"'{k}'")];
        return quoted.Length == 1 ? $"{quoted[0]} is" : $"{string.Join(", ", quoted[..^1])} and {quoted[^1]} are";
    }
}

/// <summary>Generated at compile time, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true
)]
[JsonSerializable(typeof(TasksContent))]
internal sealed partial class TasksJson : JsonSerializerContext;
