using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>The source of each photograph of a folder: <c>domains.csv</c>, with the columns "name" and "domain".</summary>
internal sealed class DomainTable
{
    /// <summary>The table, in the root of a data set.</summary>
    public const string FileName = "domains.csv";

    private readonly int[] _domains; // of each photograph; empty where there is no table

    private DomainTable(IReadOnlyList<string> names, int[] domains) => (Names, _domains) = (names, domains);

    /// <summary>Names of the domains, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The place of a photograph's domain among the names.</summary>
    public int this[int index] => _domains.Length == 0 ? 0 : _domains[index];

    /// <summary>Reads the table, if there is one.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="images">The photographs.</param>
    /// <param name="problems">Receives rows without a photograph.</param>
    /// <exception cref="JtrFormatException">The table is damaged, or a photograph has no domain.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DomainTable Read(string root, FolderIndex images, List<FolderProblem> problems)
    {
        string path = Path.Combine(root, FileName);
        if (!File.Exists(path))
            return new DomainTable([SampleInfo.OneDomain], []);
        CsvTable table = CsvTable.Read(path);
        if (table.Columns.Count != 2)
            throw new JtrFormatException(
                path,
                $"it needs two columns, the photograph's name and its domain; it has {string.Join(", ", table.Columns)}"
            );
        PhotographPlaces places = new(images);
        string?[] domains = new string?[places.Count];
        foreach ((int place, CsvRow row) in places.Rows(table, problems))
        {
            if (row.Cells[1].Length == 0)
                throw CsvTable.Fault(path, row.Line, $"the photograph '{row.Cells[0]}' has no domain (column '{table.Columns[1]}')");
            domains[place] = row.Cells[1];
        }
        if (Array.IndexOf(domains, null) is >= 0 and int without)
            throw new JtrFormatException(
                path,
                $"the photograph '{images.Stems.ElementAt(without)}' has no row: either every photograph has a domain, or none"
            );
        string[] names = [.. domains.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)!];
        return new DomainTable(names, [.. domains.Select(d => Array.IndexOf(names, d))]);
    }
}
