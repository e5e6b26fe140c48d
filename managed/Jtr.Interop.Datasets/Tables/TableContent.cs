using System.Globalization;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>What the columns of a table of labels hold, behind the first, which has the photographs' names.</summary>
internal sealed class TableContent
{
    private readonly string[][] _cells;

    /// <summary>Looks at a table.</summary>
    /// <param name="table">The table.</param>
    /// <exception cref="JtrFormatException">It has no column beside the names.</exception>
    public TableContent(CsvTable table)
    {
        if (table.Columns.Count < 2)
            throw new JtrFormatException(table.Path, "a table of labels has a column of names and one or more of labels");
        Path = table.Path;
        Columns = [.. table.Columns.Skip(1)];
        _cells = [.. Columns.Select((_, c) => table.Rows.Select(r => r.Cells[c + 1]).Where(cell => cell.Length > 0).ToArray())];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The cells of a column that are not empty.</summary>
    public IReadOnlyList<string> Cells(int column) => _cells[column];

    /// <summary>All cells that are not empty.</summary>
    public IEnumerable<string> All => _cells.SelectMany(c => c);

    /// <summary>Whether there are cells and all are numbers.</summary>
    public bool AreNumbers => All.Any() && All.All(IsNumber);

    /// <summary>Whether there are cells and all are whole numbers of 0 or more.</summary>
    public bool AreIds => All.Any() && All.All(c => Id(c) is not null);

    /// <summary>Whether there are cells and all are 1 or 0, or true or false.</summary>
    public bool AreTruths => All.Any() && All.All(c => Truth(c) is not null);

    /// <summary>A whole number of 0 or more, or null.</summary>
    public static int? Id(string cell) => int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;

    /// <summary>1 or true, 0 or false, or null.</summary>
    public static bool? Truth(string cell) =>
        cell switch
        {
            "1" => true,
            "0" => false,
            _ => bool.TryParse(cell, out bool truth) ? truth : null,
        };

    private static bool IsNumber(string cell) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number);
}
