using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>Finds the tasks of a folder that does not say what they are, from the names of its folders.</summary>
internal static class TaskDiscovery
{
    /// <summary>
    /// Every folder beside that of the photographs that holds labels is a task of the kind that its name says. Ordered by kind,
    /// then by name.
    /// </summary>
    /// <param name="root">The data set.</param>
    /// <param name="voidId">The class id that says "none".</param>
    /// <param name="damaged">Receives labels that cannot be read, which are passed over; null: they are errors.</param>
    /// <exception cref="JtrFormatException">There is no such folder, or a label is damaged.</exception>
    public static List<VisionTask> Find(string root, int voidId, List<FolderProblem>? damaged = null)
    {
        List<VisionTask> tasks = [];
        string? photographs = FolderNames.Photographs(root);
        foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder);
            if (folder == photographs || name.StartsWith('.'))
                continue;
            FolderIndex files = new(folder, FolderIndex.LabelExtensions, []);
            if (files.Paths.Count == 0)
                continue;
            if (TaskName.Fault(name) is { } fault)
                throw new JtrFormatException(folder, $"the name of this folder cannot be that of a task: {fault}");
            tasks.Add(Make(name, files, voidId, damaged));
        }
        if (tasks.Count == 0)
            throw new JtrFormatException(root, $"no folder beside '{FolderDataset.ImageFolder}' holds labels (.png or .npy)");
        return [.. tasks.OrderBy(t => t.Kind).ThenBy(t => t.Name, StringComparer.Ordinal)];
    }

    private static VisionTask Make(string name, FolderIndex files, int voidId, List<FolderProblem>? damaged) =>
        FolderNames.Kind(name) switch
        {
            TaskKind.Segmentation => new SegmentationTask(name, CountClasses(files, voidId, damaged)),
            TaskKind.Depth => new DepthTask(name),
            TaskKind.Normals => new NormalsTask(name),
            _ => new MapTask(
                name,
                files.Paths.Select(path => Try(path, () => CountChannels(path), damaged)).FirstOrDefault(c => c is not null) ?? 1
            ),
        };

    // Reads every file once; a tasks.json saves that.
    private static int CountClasses(FolderIndex files, int voidId, List<FolderProblem>? damaged)
    {
        int largest = 0;
        foreach (string path in files.Paths)
            largest = Math.Max(largest, Try(path, () => SegmentationLabels.LargestId(path, voidId), damaged) ?? 0);
        // Two is the least that a task can have.
        return Math.Max(largest + 1, 2);
    }

    /// <summary>A number out of a file; null, and a note, if it cannot be read.</summary>
    private static int? Try(string path, Func<int> count, List<FolderProblem>? damaged)
    {
        try
        {
            return count();
        }
        catch (Exception e) when (damaged is not null && e is JtrFormatException or IOException or UnauthorizedAccessException)
        {
            damaged!.Add(FolderProblem.Of(path, e));
            return null;
        }
    }

    private static int CountChannels(string path)
    {
        int channels = FolderIndex.IsNpy(path)
            ? NpyReader.ReadShape(path) switch
            {
                [_, _] => 1,
                [int first, int second, int last] => last <= first && last <= second ? last : first,
                int[] shape => throw new JtrFormatException(
                    path,
                    $"an array of shape ({string.Join(", ", shape)}), where a map has (H, W), (H, W, C) or (C, H, W)"
                ),
            }
            : ImageFiles.ReadChannels(path);
        return channels is >= 1 and <= 256
            ? channels
            : throw new JtrFormatException(path, $"a map of {channels} channels; 1 to 256 are read");
    }
}
