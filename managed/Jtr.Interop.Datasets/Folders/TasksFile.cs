using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
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
///     { "name": "edge", "kind": "map", "channels": 1 } ] }
/// </code>
/// Instead of the names of the classes, "class_count" gives their number. Where files hold
/// other numbers than 0, 1, 2, ... for the classes, "values" lists them in the order of the classes, as [0, 255] for a mask of black and
/// white.
/// A depth's "void_value" is a further number that says "none", such as 65535. What is optional has the same default as the
/// task's, or the options', property.
/// </summary>
internal sealed class TasksFile
{
    public const string Name = "tasks.json";

    private readonly Dictionary<string, TaskEntry> _entries = new(StringComparer.Ordinal);

    private TasksFile(List<VisionTask> tasks) => Tasks = tasks;

    /// <summary>The tasks in the order of the file.</summary>
    public IReadOnlyList<VisionTask> Tasks { get; }

    /// <summary>The void id of a task, if the file gives one.</summary>
    public int? VoidId(string task) => _entries.GetValueOrDefault(task)?.VoidId;

    /// <summary>The number in the files of each class of a segmentation, if the file gives them.</summary>
    public IReadOnlyList<int>? Values(string task) => _entries.GetValueOrDefault(task)?.Values;

    /// <summary>The number in the files of a depth that says "none", if the file gives one.</summary>
    public double? VoidValue(string task) => _entries.GetValueOrDefault(task)?.VoidValue;

    /// <summary>The depth scale of a task, if the file gives one.</summary>
    public double? DepthScale(string task) => _entries.GetValueOrDefault(task)?.Scale;

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
                VisionTask task = entry.ToTask();
                if (!file._entries.TryAdd(task.Name, entry))
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
}

/// <summary>The file as JSON has it.</summary>
internal sealed record TasksContent(List<TaskEntry?>? Tasks);

/// <summary>One task as JSON has it.</summary>
internal sealed record TaskEntry
{
    public string? Name { get; init; }
    public string? Kind { get; init; }
    public List<string>? Classes { get; init; }
    public int? ClassCount { get; init; }
    public int? VoidId { get; init; }
    public List<int>? Values { get; init; }
    public double? VoidValue { get; init; }
    public double? Scale { get; init; }
    public double? Mean { get; init; }
    public double? StandardDeviation { get; init; }
    public string? Unit { get; init; }
    public int? Channels { get; init; }

    public VisionTask ToTask()
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw new ArgumentException("'name' is missing");
        switch (Kind)
        {
            case "segmentation":
                Allow(depth: false, map: false);
                int count =
                    ClassCount ?? Classes?.Count ?? Values?.Count ?? throw new ArgumentException("'classes' or 'class_count' is missing");
                CheckValues(count);
                return new SegmentationTask(Name, count, Classes);
            case "depth":
                Allow(segmentation: false, map: false);
                if (Scale is { } scale && !(scale > 0 && double.IsFinite(scale)))
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'scale' is {scale}; it has to be above 0"));
                if (StandardDeviation is { } deviation && !(deviation > 0 && double.IsFinite(deviation)))
                    throw new ArgumentException(
                        string.Create(CultureInfo.InvariantCulture, $"'standard_deviation' is {deviation}; it has to be above 0")
                    );
                DepthTask task = new(Name);
                return task with
                {
                    Mean = Mean ?? task.Mean,
                    StandardDeviation = StandardDeviation ?? task.StandardDeviation,
                    Unit = Unit ?? task.Unit,
                };
            case "normals":
                Allow(segmentation: false, depth: false, map: false);
                return new NormalsTask(Name);
            case "map":
                Allow(segmentation: false, depth: false);
                return new MapTask(Name, Channels ?? 1);
            default:
                throw new ArgumentException(
                    $"'kind' is {(Kind is null ? "missing" : $"'{Kind}'")}; it has to be segmentation, depth, normals or map"
                );
        }
    }

    private void CheckValues(int classes)
    {
        if (Values is null)
            return;
        if (Values.Count != classes)
            throw new ArgumentException($"'values' has {Values.Count} numbers for {classes} classes");
        foreach (int value in Values)
        {
            if (value is < 0 or > ushort.MaxValue)
                throw new ArgumentException($"'values' has {value}; they have to be 0 to {ushort.MaxValue}");
            if (Values.Count(v => v == value) > 1)
                throw new ArgumentException($"'values' has {value} twice");
            if (value == VoidId)
                throw new ArgumentException($"'values' and 'void_id' are both {value}");
        }
    }

    // A property of another kind of task is a misunderstanding that would otherwise pass unseen.
    private void Allow(bool segmentation = true, bool depth = true, bool map = true)
    {
        if (!segmentation && (Classes is not null || ClassCount is not null || VoidId is not null || Values is not null))
            throw new ArgumentException("'classes', 'class_count', 'void_id' and 'values' are for segmentation");
        if (!depth && (Scale is not null || VoidValue is not null || Mean is not null || StandardDeviation is not null || Unit is not null))
            throw new ArgumentException("'scale', 'void_value', 'mean', 'standard_deviation' and 'unit' are for depth");
        if (!map && Channels is not null)
            throw new ArgumentException("'channels' is for maps");
    }
}

/// <summary>Generated at compile time, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true
)]
[JsonSerializable(typeof(TasksContent))]
internal sealed partial class TasksJson : JsonSerializerContext;
