using System.Text;
using Jtr.Interop.Json;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>
/// A table of comma-separated values with a heading (RFC 4180): cells in quotes may hold separators, line ends and doubled quotes. Spaces
/// around cells do not count, nor do empty lines; line ends are any of CR, LF and CR LF; the file is UTF-8, or has a byte order mark. Where
/// the heading has no comma, a semicolon or a tab separates, as spreadsheets write it in some countries.
/// </summary>
internal sealed class CsvTable
{
    private CsvTable(string path, char separator, IReadOnlyList<string> columns, IReadOnlyList<CsvRow> rows) =>
        (Path, Separator, Columns, Rows) = (path, separator, columns, rows);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What stands between cells.</summary>
    public char Separator { get; }

    /// <summary>The heading; all different, none empty.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The rows, each with as many cells as there are columns.</summary>
    public IReadOnlyList<CsvRow> Rows { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="JtrFormatException">It is damaged; the message says in which line.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CsvTable Read(string path)
    {
        string text = Encoding.UTF8.GetString(JsonFile.ReadBytes(path, "a table of labels"));
        char separator = Separators(text);
        List<CsvRow> rows = new CsvText(path, text, separator).Rows();
        if (rows.Count == 0)
            throw new JtrFormatException(path, "the table is empty: its first line has to name the columns");
        CsvRow heading = rows[0];
        List<string> columns = [.. heading.Cells];
        while (columns.Count > 0 && columns[^1].Length == 0)
            columns.RemoveAt(columns.Count - 1);
        for (int c = 0; c < columns.Count; c++)
        {
            if (columns[c].Length == 0)
                throw Fault(path, heading.Line, $"column {c + 1} has no name");
            if (columns.IndexOf(columns[c]) < c)
                throw Fault(path, heading.Line, $"two columns are named '{columns[c]}'");
        }
        rows.RemoveAt(0);
        for (int r = 0; r < rows.Count; r++)
            rows[r] = Fit(path, rows[r], columns.Count, separator);
        return new CsvTable(path, separator, columns, rows);
    }

    /// <summary>An error about a line of the file.</summary>
    public static JtrFormatException Fault(string path, int line, string message) => new(path, $"line {line}: {message}");

    private static CsvRow Fit(string path, CsvRow row, int columns, char separator)
    {
        int count = row.Cells.Length;
        // Spreadsheets fill lines up.
        while (count > columns && row.Cells[count - 1].Length == 0)
            count--;
        if (count == columns)
            return row with { Cells = row.Cells[..count] };
        string hint = count > columns ? $"; a cell with '{separator}' in it has to stand in quotes" : "";
        throw Fault(path, row.Line, $"{count} {(count == 1 ? "cell" : "cells")}, where the heading has {columns}{hint}");
    }

    private static char Separators(string text)
    {
        char found = '\0';
        bool isQuoted = false;
        foreach (char c in text.AsSpan().TrimStart("\r\n"))
        {
            isQuoted ^= c == '"';
            if (isQuoted)
                continue;
            if (c is '\r' or '\n')
                break;
            if (c == ',')
                return c;
            if (c is ';' or '\t' && found == '\0')
                found = c;
        }
        return found == '\0' ? ',' : found;
    }
}

/// <summary>One row of a table.</summary>
/// <param name="Line">The line of the file where it begins, from 1.</param>
/// <param name="Cells">Its cells, without the spaces around them.</param>
internal readonly record struct CsvRow(int Line, string[] Cells);
