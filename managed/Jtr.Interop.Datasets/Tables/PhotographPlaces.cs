using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>Photographs by the names that tables give them: with or without the extension and the name of their folder.</summary>
/// <param name="images">The photographs.</param>
internal sealed class PhotographPlaces(FolderIndex images)
{
    private readonly Dictionary<string, int> _places = images
        .Stems.Select((stem, i) => (stem, i))
        .ToDictionary(p => p.stem, p => p.i, StringComparer.Ordinal);

    /// <summary>Number of photographs.</summary>
    public int Count => _places.Count;

    /// <summary>The photograph that a row is about, or null where there is none of that name.</summary>
    /// <param name="path">The table.</param>
    /// <param name="row">The row, whose first cell is the name.</param>
    /// <param name="column">Heading of the first column.</param>
    /// <param name="problems">Receives a row without a photograph.</param>
    /// <exception cref="JtrFormatException">The row has no name.</exception>
    private int? Find(string path, CsvRow row, string column, List<FolderProblem> problems)
    {
        string name = row.Cells[0];
        if (name.Length == 0)
            throw CsvTable.Fault(path, row.Line, $"the name of the photograph is missing (column '{column}')");
        if (Find(name) is { } place)
            return place;
        problems.Add(
            new FolderProblem(path, $"{FolderDataset.Stray}: {images.Name} has no '{name}' (line {row.Line}){Hint(_places.Keys, name)}")
        );
        return null;
    }

    /// <summary>Finds the row of each photograph.</summary>
    /// <param name="table">The table; its first column names photographs.</param>
    /// <param name="problems">Receives rows without a photograph.</param>
    /// <exception cref="JtrFormatException">A row has no name, or a photograph has two rows.</exception>
    public IEnumerable<(int Place, CsvRow Row)> Rows(CsvTable table, List<FolderProblem> problems)
    {
        int[] lines = new int[Count];
        foreach (CsvRow row in table.Rows)
        {
            if (Find(table.Path, row, table.Columns[0], problems) is not { } place)
                continue;
            if (lines[place] > 0)
                throw CsvTable.Fault(table.Path, row.Line, $"the photograph '{row.Cells[0]}' has a row in line {lines[place]} already");
            lines[place] = row.Line;
            yield return (place, row);
        }
    }

    private int? Find(string name)
    {
        if (_places.TryGetValue(name, out int place))
            return place;
        string folder = images.Name + "/";
        if (name.StartsWith(folder, StringComparison.Ordinal))
            name = name[folder.Length..];
        if (FolderIndex.ChannelExtensions.Contains(Path.GetExtension(name).ToLowerInvariant()))
            name = Path.GetFileNameWithoutExtension(name);
        return _places.TryGetValue(name, out place) ? place : null;
    }

    /// <summary>Spreadsheets take names of digits for numbers, which lose their leading zeros.</summary>
    private static string Hint(IEnumerable<string> names, string name) =>
        name.All(char.IsAsciiDigit)
        && names.FirstOrDefault(n => n.Length > name.Length && n.TrimStart('0') == name.TrimStart('0')) is { } meant
            ? $"; it may be '{meant}', whose zeros a spreadsheet has dropped"
            : "";
}
