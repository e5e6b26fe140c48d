using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// Writes predictions as the labels of a folder data set: <c>ROOT/TASK/NAME.png</c> or <c>.npy</c>, of tasks of whole photographs a row of
/// <c>ROOT/TASK.csv</c>, which <see cref="FolderDataset"/> reads back. Labels that are there already are known by <see cref="Has"/>.
/// Several threads may write at once.
/// </summary>
public sealed class LabelFolder
{
    private const string ScaleKey = "scale";

    private readonly double[] _depthScales;
    private readonly TableWriter?[] _tables;

    private LabelFolder(string root, TaskSet tasks, double[] depthScales)
    {
        (Root, Tasks, _depthScales) = (root, tasks, depthScales);
        _tables =
        [
            .. tasks.Select(t =>
                LabelFormat.Of(t.Kind) is TableLabelFormat f ? new TableWriter(LabelTable.PathOf(root, t.Name), t, f) : null
            ),
        ];
    }

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <summary>The tasks.</summary>
    public TaskSet Tasks { get; }

    /// <summary>
    /// Opens a folder, which is made if need be. Where it has neither <c>tasks.json</c> nor labels of other tasks nor tables, a tasks.json
    /// is written that says the tasks' kinds, classes and scales.
    /// </summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="tasks">The tasks of the network.</param>
    /// <param name="depthScale">What one step of depth images stands for, above 0; null: what tasks.json says, else 0.001.</param>
    /// <exception cref="ArgumentException">The scale is not above 0.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="JtrFormatException">tasks.json is damaged, or says something else about a task than the network.</exception>
    public static LabelFolder Open(string root, TaskSet tasks, double? depthScale = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        ArgumentNullException.ThrowIfNull(tasks);
        if (depthScale is { } scale && !(scale > 0 && double.IsFinite(scale)))
            throw new ArgumentOutOfRangeException(
                nameof(depthScale),
                scale.ToString(CultureInfo.InvariantCulture),
                "the scale of depth has to be a finite number above 0"
            );
        string path = Path.Combine(root, TasksFile.Name);
        Directory.CreateDirectory(root);
        if (!File.Exists(path) && !HasOthers(root, tasks))
            TasksFile.Write(path, [.. tasks.Select(t => Entry(t, depthScale))]);
        TasksFile? file = File.Exists(path) ? TasksFile.Read(path) : null;
        foreach (VisionTask task in tasks)
            Check(task, file, path);
        double[] scales =
        [
            .. tasks.Select(t => file?.Settings(t.Name).Number(ScaleKey) ?? depthScale ?? PredictionFiles.DefaultDepthScale),
        ];
        for (int t = 0; t < tasks.Count; t++)
        {
            if (HasScale(tasks[t]) && depthScale is { } wanted && scales[t] != wanted)
                throw new JtrFormatException(
                    path,
                    string.Create(CultureInfo.InvariantCulture, $"task '{tasks[t].Name}' has the scale {scales[t]} there, not {wanted}")
                );
        }
        return new LabelFolder(root, tasks, scales);
    }

    /// <summary>Whether the labels of a task lie in a table, instead of a file each.</summary>
    /// <param name="task">The task.</param>
    public bool IsTable(VisionTask task) => Table(task) is not null;

    /// <summary>Where a label lies.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">The photograph's name without extension; it may begin with folders.</param>
    /// <param name="extension">".png" or ".npy"; of a task whose labels lie in a table, it does not count.</param>
    public string PathOf(VisionTask task, string name, string extension)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Table(task)?.Path ?? Path.Combine(Root, task.Name, name + extension);
    }

    /// <summary>Whether a photograph has a label of a task already.</summary>
    /// <param name="task">The task.</param>
    /// <param name="name">The photograph's name without extension; it may begin with folders.</param>
    public bool Has(VisionTask task, string name) =>
        Table(task)?.Has(name) ?? Array.Exists(FolderIndex.LabelExtensions, extension => File.Exists(PathOf(task, name, extension)));

    /// <summary>Writes a label as PNG, as <see cref="PredictionFiles.SavePng"/> does, with the folder's scale of depth.</summary>
    /// <param name="prediction">The prediction, of a task of the folder.</param>
    /// <param name="name">The photograph's name without extension; it may begin with folders.</param>
    /// <exception cref="ArgumentException">A PNG file has no such number of channels.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SavePng(TaskPrediction prediction, string name)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        double scale = _depthScales[Tasks.IndexOf(Tasks[prediction.Task.Name].Name)];
        prediction.SavePng(PathOf(prediction.Task, name, ".png"), scale);
    }

    /// <summary>Writes a label as .npy, as <see cref="TaskPrediction.SaveNpy"/> does.</summary>
    /// <param name="prediction">The prediction, of a task of the folder.</param>
    /// <param name="name">The photograph's name without extension; it may begin with folders.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveNpy(TaskPrediction prediction, string name)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        prediction.SaveNpy(PathOf(prediction.Task, name, ".npy"));
    }

    /// <summary>Adds a row to the table of a task, which is made if need be. A row without a label gives way.</summary>
    /// <param name="prediction">The prediction, of a task of the folder whose labels lie in a table.</param>
    /// <param name="name">The photograph's name without extension; it may begin with folders.</param>
    /// <exception cref="ArgumentException">The labels of the task are files.</exception>
    /// <exception cref="InvalidOperationException">The photograph has a label.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveRow(TaskPrediction prediction, string name)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        TableWriter table =
            Table(prediction.Task)
            ?? throw new ArgumentException($"the labels of '{prediction.Task.Name}' are files, not rows", nameof(prediction));
        table.Add(name, prediction.Values);
    }

    private TableWriter? Table(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return _tables[Tasks.IndexOf(Tasks[task.Name].Name)];
    }

    // A table is somebody's even if it is of one of the tasks: it may have classes and tags that the network does not know.
    private static bool HasOthers(string root, TaskSet tasks) =>
        Directory.EnumerateFiles(root, "*" + LabelTable.Extension).Any()
        || Directory
            .EnumerateDirectories(root)
            .Select(Path.GetFileName)
            .Any(name => name is not null and not FolderDataset.ImageFolder && name[0] != '.' && tasks.IndexOf(name) < 0);

    private static void Check(VisionTask task, TasksFile? file, string path)
    {
        VisionTask? known = file?.Tasks.FirstOrDefault(t => t.Name == task.Name);
        // A table has names, which are looked up when it is read.
        if (known is not null && known.Kind == task.Kind && task.Kind.Extent == TaskExtent.Image)
        {
            if (task.Kind.Channels == ChannelChoice.Optional && known.Channels != task.Channels)
                throw new JtrFormatException(
                    path,
                    $"task '{task.Name}' has {known.Channels} {task.Kind.ChannelWord} there; the network has {task.Channels}"
                );
            IReadOnlyList<string> names = known.Kind.ClassNames(known);
            if (task.Kind.ClassNames(task).FirstOrDefault(n => !names.Contains(n)) is { } unknown)
                throw new JtrFormatException(path, $"task '{task.Name}' has no '{unknown}' there, which the network has");
        }
        else if (known is not null && (known.Kind != task.Kind || known.LabelChannels != task.LabelChannels))
        {
            throw new JtrFormatException(path, $"task '{task.Name}' is of another kind there: {known.Kind}, not {task.Kind}");
        }
        TaskSettings settings = file?.Settings(task.Name) ?? TaskSettings.Empty;
        if (LabelFormat.Of(task.Kind).Misfit(task, known, settings) is { } misfit)
            throw new JtrFormatException(path, $"task '{task.Name}' {misfit}");
    }

    private static bool HasScale(VisionTask task) => LabelFormat.Of(task.Kind).Keys.Contains(ScaleKey, StringComparer.Ordinal);

    private static TaskEntry Entry(VisionTask task, double? depthScale)
    {
        JsonObject settings = LabelFormat.Of(task.Kind).WriteTask(task);
        if (HasScale(task) && depthScale is { } scale)
            settings[ScaleKey] = scale;
        using JsonDocument document = JsonDocument.Parse(settings.ToJsonString());
        return new TaskEntry
        {
            Name = task.Name,
            Kind = task.Kind.Word,
            Settings = document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.Clone()),
        };
    }
}
