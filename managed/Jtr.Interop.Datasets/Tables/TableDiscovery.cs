using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>Finds the tasks whose labels lie in tables.</summary>
internal static class TableDiscovery
{
    /// <summary>Every table in the root of a data set whose first column is called "name" is a task of the kind that its columns
    /// say.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="problems">Receives tables that are none of labels.</param>
    /// <param name="damaged">Receives tables that cannot be read, which are passed over; null: they are errors.</param>
    /// <exception cref="JtrFormatException">A table is damaged, or it is not plain what it holds.</exception>
    public static List<VisionTask> Find(string root, List<FolderProblem> problems, List<FolderProblem>? damaged)
    {
        List<VisionTask> tasks = [];
        foreach (string path in Directory.EnumerateFiles(root, "*" + LabelTable.Extension).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(path).StartsWith('.') || Path.GetFileName(path) == DomainTable.FileName)
                continue;
            try
            {
                if (Find(path, problems) is { } task)
                    tasks.Add(task);
            }
            catch (Exception e) when (damaged is not null && e is JtrFormatException or IOException or UnauthorizedAccessException)
            {
                damaged!.Add(FolderProblem.Of(path, e));
            }
        }
        return tasks;
    }

    /// <summary>Makes a task of which something is said; what is not, its table says where it has one.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="kind">The task's kind.</param>
    /// <param name="format">Its format.</param>
    /// <param name="name">Its name.</param>
    /// <param name="settings">What is said of it, as in tasks.json.</param>
    /// <exception cref="ArgumentException">A setting is missing, of another type, or outside its range.</exception>
    /// <exception cref="JtrFormatException">The table is damaged.</exception>
    public static VisionTask Describe(string root, TaskKind kind, LabelFormat format, string name, TaskSettings settings)
    {
        string path = LabelTable.PathOf(root, name);
        return format.ReadTask(
            kind,
            name,
            format is TableLabelFormat table && File.Exists(path)
                ? table.Complete(settings, new TableContent(CsvTable.Read(path)))
                : settings
        );
    }

    private static VisionTask? Find(string path, List<FolderProblem> problems)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        CsvTable table = CsvTable.Read(path);
        if (!table.Columns[0].Equals(LabelTable.NameColumn, StringComparison.OrdinalIgnoreCase))
        {
            problems.Add(
                new FolderProblem(
                    path,
                    $"passed over: the first column of a table of labels is '{LabelTable.NameColumn}', not '{table.Columns[0]}'"
                )
            );
            return null;
        }
        if (TaskName.Fault(name) is { } fault)
            throw new JtrFormatException(path, $"the name of this table cannot be that of a task: {fault}");
        TableContent content = new(table);
        foreach ((TableLabelFormat format, TaskKind kind) in LabelFormat.Tables())
        {
            if (!format.IsPlain(content))
                continue;
            try
            {
                return kind.Own(format.ReadTask(kind, name, format.Complete(TaskSettings.Empty, content)));
            }
            catch (ArgumentException e)
            {
                throw new JtrFormatException(path, e.Message, innerException: e);
            }
        }
        string[] words = [.. LabelFormat.Tables().Select(t => t.Kind.Word)];
        throw new JtrFormatException(
            path,
            $"it is not plain what the column{(content.Columns.Count > 1 ? "s" : "")} {string.Join(", ", content.Columns.Take(5))} "
                + $"{(content.Columns.Count > 1 ? "hold" : "holds")}: say it in {TasksFile.Name}, as "
                + $$"""{"tasks": [{"name": "{{name}}", "kind": "KIND"}]} with the other tasks, """
                + $"KIND being {string.Join(", ", words[..^1])} or {words[^1]}; or move the file elsewhere"
        );
    }
}
