namespace Jtr.Interop.Datasets.Folders;

/// <summary>The label files of one folder, of which something is to be found out.</summary>
/// <param name="files">The files.</param>
/// <param name="voidId">The class id that says "none".</param>
/// <param name="damaged">Receives files that cannot be read, which are passed over; null: they are errors.</param>
internal sealed class LabelSurvey(FolderIndex files, int voidId, List<FolderProblem>? damaged)
{
    /// <summary>The class id that says "none".</summary>
    public int VoidId => voidId;

    /// <summary>A number out of each file that can be read.</summary>
    /// <exception cref="JtrFormatException">A file is damaged, and damaged ones are not passed over.</exception>
    public IEnumerable<int> Numbers(Func<string, int> read) => files.Paths.Select(path => Try(path, read)).OfType<int>();

    private int? Try(string path, Func<string, int> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (damaged is not null && e is JtrFormatException or IOException or UnauthorizedAccessException)
        {
            damaged!.Add(FolderProblem.Of(path, e));
            return null;
        }
    }
}
