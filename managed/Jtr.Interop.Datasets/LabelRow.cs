using System.Globalization;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A photograph's row in a table of labels, for a <see cref="TableLabelFormat"/> to read.</summary>
public sealed class LabelRow
{
    private readonly string[] _cells;
    private readonly Action<string, int> _leaveOut;

    internal LabelRow(string path, IReadOnlyList<string> columns, CsvRow row, TaskSettings settings, Action<string, int> leaveOut)
    {
        (Path, Columns, Settings, _leaveOut) = (path, columns, settings, leaveOut);
        (Line, Name, _cells) = (row.Line, row.Cells[0], row.Cells[1..]);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its line, from 1.</summary>
    public int Line { get; }

    /// <summary>The photograph's name as the first column has it.</summary>
    public string Name { get; }

    /// <summary>The names of the columns behind the first, which is the photograph's name.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The cells of these columns; an empty one says that the label is missing.</summary>
    public IReadOnlyList<string> Cells => _cells;

    /// <summary>What tasks.json says of the task; none where there is no such file.</summary>
    public TaskSettings Settings { get; }

    /// <summary>A cell's number; NaN where it is empty.</summary>
    /// <param name="column">Its place in <see cref="Columns"/>.</param>
    /// <exception cref="JtrFormatException">It is no finite number.</exception>
    public float Number(int column)
    {
        string cell = _cells[column];
        if (cell.Length == 0)
            return float.NaN;
        if (float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number))
            return number;
        string hint = cell.Contains(',', StringComparison.Ordinal)
            ? "; decimals are written with a point, and thousands without a comma"
            : "";
        throw Fault($"column '{Columns[column]}': '{cell}' is not a finite number{hint}");
    }

    /// <summary>An error about this row, which names file and line.</summary>
    /// <param name="message">What is wrong.</param>
    public JtrFormatException Fault(string message) => CsvTable.Fault(Path, Line, message);

    /// <summary>Notes something that the task does not have and that is left out.</summary>
    internal void LeaveOut(string what) => _leaveOut(what, Line);
}
