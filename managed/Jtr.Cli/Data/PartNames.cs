namespace Jtr.Cli.Data;

/// <summary>The names that people give to the folders of a data set's parts.</summary>
internal static class PartNames
{
    // Our own first; of several that are there, the earliest counts.
    private static readonly string[] _train = ["train", "training"];
    private static readonly string[] _test = ["test", "val", "valid", "validation", "testing"];

    /// <summary>The folder of a part in a data set, or null where there is none.</summary>
    public static string? Find(string root, DataPart part) => All(root, part).FirstOrDefault();

    /// <summary>Folders that are not used beside the one that is.</summary>
    public static IEnumerable<string> Unused(string root, DataPart part) => All(root, part).Skip(1);

    private static IEnumerable<string> All(string root, DataPart part)
    {
        if (!Directory.Exists(root))
            return [];
        string[] folders = Directory.GetDirectories(root);
        return (part == DataPart.Train ? _train : _test)
            .Select(name => Array.Find(folders, f => Path.GetFileName(f).Equals(name, StringComparison.OrdinalIgnoreCase)))
            .OfType<string>();
    }
}
