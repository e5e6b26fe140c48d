using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>Finds the tasks of a folder that does not say what they are, from the names of its folders.</summary>
internal static class TaskDiscovery
{
    /// <summary>
    /// Every folder beside that of the photographs that holds labels is a task of the kind that its name says, and every table of labels
    /// one of the kind that its columns say. Ordered by kind, then by name.
    /// </summary>
    /// <param name="root">The data set.</param>
    /// <param name="voidId">The class id that says "none".</param>
    /// <param name="problems">Receives tables that are passed over.</param>
    /// <param name="damaged">Receives labels that cannot be read, which are passed over; null: they are errors.</param>
    /// <exception cref="JtrFormatException">There is no such folder or table, or a label is damaged.</exception>
    public static List<VisionTask> Find(string root, int voidId, List<FolderProblem> problems, List<FolderProblem>? damaged = null)
    {
        List<VisionTask> tasks = [];
        string? photographs = FolderNames.Photographs(root);
        foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            if (folder == photographs || name.StartsWith('.'))
                continue;
            LabelFormat format = LabelFormat.OfFolder(name);
            FolderIndex files = new(folder, format.Extensions, []);
            if (files.Paths.Count == 0)
                continue;
            if (TaskName.Fault(name) is { } fault)
                throw new JtrFormatException(folder, $"the name of this folder cannot be that of a task: {fault}");
            if (TaskKind.Find(format.Kind) is not { } kind)
                throw new JtrFormatException(folder, $"labels of the kind '{format.Kind}', which {nameof(TaskKind)} does not know");
            tasks.Add(kind.Own(format.Discover(kind, name, new LabelSurvey(files, voidId, damaged))));
        }
        foreach (VisionTask task in TableDiscovery.Find(root, problems, damaged))
        {
            if (tasks.Find(t => t.Name == task.Name) is not null)
                throw new JtrFormatException(
                    LabelTable.PathOf(root, task.Name),
                    $"there is a folder '{task.Name}', too; which one holds the labels? Name one of them otherwise"
                );
            tasks.Add(task);
        }
        if (tasks.Count == 0)
            throw new JtrFormatException(
                root,
                $"no folder beside '{FolderDataset.ImageFolder}' holds labels (.png or .npy), and no table (.csv) does"
            );
        return [.. tasks.OrderBy(t => t.Kind.Order).ThenBy(t => t.Name, StringComparer.Ordinal)];
    }
}
