using Jtr.Cli.Output;

namespace Jtr.Cli.Prediction;

/// <summary>
/// The table predictions.csv, whose lines are written as photographs are done, in their order. Lines of a photograph that an earlier run
/// wrote stay.
/// </summary>
internal sealed class PredictionTable : IDisposable
{
    private readonly StreamWriter _file;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, string> _waiting = [];
    private long _next;

    /// <summary>Opens the table.</summary>
    /// <param name="path">The file.</param>
    /// <param name="keep">Whether what is there stays.</param>
    public PredictionTable(string path, bool keep)
    {
        bool goesOn = keep && File.Exists(path);
        if (goesOn)
            DropUnfinished(path);
        _file = new StreamWriter(path, append: goesOn) { NewLine = "\n" };
        if (!goesOn)
            _file.WriteLine(PredictionRecords.Heading);
        _file.Flush();
    }

    /// <summary>Whether a photograph is in the table of an earlier run.</summary>
    public bool Has(string name) => _known.Contains(name);

    /// <summary>Adds the lines of a photograph, or none. Every photograph is added once.</summary>
    /// <param name="index">Its number, from 0.</param>
    /// <param name="lines">Its lines.</param>
    public void Add(long index, string lines)
    {
        lock (_waiting)
        {
            _waiting[index] = lines;
            while (_waiting.Remove(_next, out string? ready))
            {
                _file.Write(ready);
                _next++;
            }
            _file.Flush();
        }
    }

    /// <summary>Writes what still waits for an earlier photograph, and closes the file.</summary>
    public void Dispose()
    {
        foreach (string left in _waiting.Values)
            _file.Write(left);
        _file.Dispose();
    }

    /// <summary>Reads the photographs of an earlier run's lines; the last photograph's may have been cut, and are written again.</summary>
    private void DropUnfinished(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string last = lines.Length > 1 ? NameOf(lines[^1]) : "";
        string[] kept = [.. lines.Skip(1).Where(line => NameOf(line) != last)];
        _known.UnionWith(kept.Select(NameOf));
        WholeFile.Write(path, string.Join('\n', [PredictionRecords.Heading, .. kept]) + "\n");
    }

    /// <summary>The first field of a line.</summary>
    private static string NameOf(string line)
    {
        if (!line.StartsWith('"'))
            return line.Split(',')[0];
        int end = 1;
        while (end < line.Length && (line[end] != '"' || (end + 1 < line.Length && line[end + 1] == '"')))
            end += line[end] == '"' ? 2 : 1;
        return line[1..Math.Min(end, line.Length)].Replace("\"\"", "\"", StringComparison.Ordinal);
    }
}
