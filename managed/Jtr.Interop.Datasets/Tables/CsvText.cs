using System.Text;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>Cuts the text of a table into rows and cells.</summary>
/// <param name="path">The file, for messages.</param>
/// <param name="text">Its text.</param>
/// <param name="separator">What stands between cells.</param>
internal sealed class CsvText(string path, string text, char separator)
{
    private int _at;
    private int _line = 1;

    /// <summary>All rows but empty lines.</summary>
    /// <exception cref="JtrFormatException">A quote is not closed, or text follows one.</exception>
    public List<CsvRow> Rows()
    {
        List<CsvRow> rows = [];
        while (_at < text.Length)
        {
            int line = _line;
            List<string> cells = [];
            do cells.Add(Cell());
            while (Skip(separator));
            SkipLineEnd();
            if (cells.Count > 1 || cells[0].Length > 0)
                rows.Add(new CsvRow(line, [.. cells]));
        }
        return rows;
    }

    private string Cell()
    {
        SkipSpaces();
        return _at < text.Length && text[_at] == '"' ? Quoted() : Plain();
    }

    private string Plain()
    {
        int start = _at;
        while (_at < text.Length && text[_at] != separator && text[_at] is not ('\r' or '\n'))
            _at++;
        return text[start.._at].Trim();
    }

    private string Quoted()
    {
        int opened = _line;
        StringBuilder cell = new();
        _at++;
        while (true)
        {
            if (_at == text.Length)
                throw CsvTable.Fault(path, opened, "a quote is opened and not closed");
            char c = text[_at];
            if (c == '"')
            {
                _at++;
                if (!Skip('"'))
                    break;
                cell.Append('"');
            }
            else if (c is '\r' or '\n')
            {
                SkipLineEnd();
                cell.Append('\n');
            }
            else
            {
                cell.Append(c);
                _at++;
            }
        }
        SkipSpaces();
        if (_at < text.Length && text[_at] != separator && text[_at] is not ('\r' or '\n'))
            throw CsvTable.Fault(path, _line, $"'{text[_at]}' behind a closing quote; a quote within a cell is written twice");
        return cell.ToString().Trim();
    }

    private void SkipSpaces()
    {
        // A tab may be the separator.
        while (_at < text.Length && text[_at] != separator && text[_at] is ' ' or '\t')
            _at++;
    }

    private bool Skip(char wanted)
    {
        if (_at == text.Length || text[_at] != wanted)
            return false;
        _at++;
        return true;
    }

    private void SkipLineEnd()
    {
        if (Skip('\r'))
        {
            Skip('\n');
            _line++;
        }
        else if (Skip('\n'))
        {
            _line++;
        }
    }
}
