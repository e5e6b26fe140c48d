namespace Jtr.Interop.Datasets.Folders;

/// <summary>The names that people give to folders of photographs, in small letters.</summary>
internal static class FolderNames
{
    // The first is our own; of several that are there, the earliest counts.
    private static readonly string[] _photographs = [FolderDataset.ImageFolder, "images", "jpegimages", "imgs", "img"];

    /// <summary>Names of folders of photographs beside our own, for messages.</summary>
    public static string OthersInWords => string.Join(", ", _photographs.Skip(1));

    /// <summary>The folder of photographs of a data set, or null where there is none.</summary>
    public static string? Photographs(string root)
    {
        if (!Directory.Exists(root))
            return null;
        string[] folders = Directory.GetDirectories(root);
        return _photographs
            .Select(name => Array.Find(folders, f => Path.GetFileName(f).Equals(name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(f => f is not null);
    }
}
