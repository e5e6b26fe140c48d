using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Datasets.Tables;
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
///       "mean": [0, 5], "standard_deviation": [40, 9] } ] }
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

    private TasksFile(List<VisionTask> tasks) => Tasks = tasks;

    /// <summary>The tasks in the order of the file.</summary>
    public IReadOnlyList<VisionTask> Tasks { get; }

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
        TasksFile file = new(tasks);
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

    /// <summary>Writes a file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, List<TaskEntry?> tasks) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new TasksContent(tasks), TasksJson.Default.TasksContent));
}

/// <summary>The file as JSON has it.</summary>
internal sealed record TasksContent(List<TaskEntry?>? Tasks);

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
