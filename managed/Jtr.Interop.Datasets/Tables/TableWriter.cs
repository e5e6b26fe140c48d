using System.Text;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>
/// Adds rows to a table of labels. Rows with a label stay as they are; those without one say nothing, and give way. Several threads may use
/// it at once.
/// </summary>
internal sealed class TableWriter(string path, VisionTask task, TableLabelFormat format)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private IReadOnlyList<string>? _columns;
    private char _separator = ',';

    // What the file is to begin with before a row is added; null once it does.
    private string? _begin;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Whether a photograph has a label.</summary>
    /// <exception cref="JtrFormatException">The table is damaged.</exception>
    public bool Has(string name)
    {
        lock (_lock)
        {
            Open();
            return _names.Contains(name);
        }
    }

    /// <summary>Adds a photograph's label.</summary>
    /// <exception cref="InvalidOperationException">It has one.</exception>
    /// <exception cref="JtrFormatException">The table is damaged.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Add(string name, ReadOnlySpan<float> label)
    {
        lock (_lock)
        {
            IReadOnlyList<string> columns = Open();
            if (!_names.Add(name))
                throw new InvalidOperationException($"{path}: the photograph '{name}' has a label");
            if (_begin is not null)
            {
                AtomicFile.Write(path, Encoding.UTF8.GetBytes(_begin));
                _begin = null;
            }
            // One write a row, so that a run that is ended leaves whole rows.
            File.AppendAllText(path, Line([name, .. format.WriteRow(columns, task, label)]));
        }
    }

    private IReadOnlyList<string> Open()
    {
        if (_columns is not null)
            return _columns;
        if (!File.Exists(path))
        {
            _columns = format.Columns(task);
            _begin = Line([LabelTable.NameColumn, .. _columns]);
            return _columns;
        }
        CsvTable table = CsvTable.Read(path);
        _separator = table.Separator;
        CsvRow[] labeled = [.. table.Rows.Where(r => r.Cells.Skip(1).Any(c => c.Length > 0))];
        _names.UnionWith(labeled.Select(r => NameOf(r.Cells[0])));
        // Written anew before the first row is added: rows that say nothing go, and the last line may lack its end.
        _begin = Line(table.Columns) + string.Concat(labeled.Select(r => Line(r.Cells)));
        _columns = [.. table.Columns.Skip(1)];
        return _columns;
    }

    private string Line(IEnumerable<string> cells) => string.Join(_separator, cells.Select(Quoted)) + "\n";

    private string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(_separator, '"', '\n') ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string NameOf(string name) =>
        FolderIndex.ChannelExtensions.Contains(System.IO.Path.GetExtension(name).ToLowerInvariant())
            ? System.IO.Path.ChangeExtension(name, null)
            : name;
}
