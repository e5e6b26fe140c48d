namespace Jtr.Interop.Datasets.Layouts;

/// <summary>Lists folders in an order that does not depend on the file system. Hidden files and folders are passed over.</summary>
internal static class FolderListing
{
    /// <summary>Names of the files of a folder, in ordinal order; none if the folder is missing.</summary>
    public static string[] Files(string folder) => Directory.Exists(folder) ? Names(Directory.EnumerateFiles(folder)) : [];

    /// <summary>Names of the folders of a folder, in ordinal order; none if the folder is missing.</summary>
    public static string[] Folders(string folder) => Directory.Exists(folder) ? Names(Directory.EnumerateDirectories(folder)) : [];

    /// <summary>Throws unless a data set's root exists.</summary>
    /// <exception cref="DirectoryNotFoundException">It does not.</exception>
    public static void RequireRoot(string root)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"the data set's folder does not exist: {Path.GetFullPath(root)}");
    }

    private static string[] Names(IEnumerable<string> paths) =>
        [.. paths.Select(p => Path.GetFileName(p)).Where(n => !n.StartsWith('.')).Order(StringComparer.Ordinal)];
}

/// <summary>Files that lack their counterpart: an error, or, where the options allow it, a problem that is noted.</summary>
/// <param name="allowed">Whether the options allow it.</param>
internal sealed class MissingFiles(bool allowed)
{
    /// <summary>What was noted.</summary>
    public List<FolderProblem> Problems { get; } = [];

    /// <summary>Notes a file or folder that is missing, or is there without what belongs to it.</summary>
    /// <exception cref="JtrFormatException">The options do not allow it.</exception>
    public void Report(string path, string message)
    {
        if (!allowed)
            throw new JtrFormatException(path, message);
        Problems.Add(new FolderProblem(path, message));
    }
}
