using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Tables;

/// <summary>The labels of one task that lie in a table, by photograph.</summary>
internal sealed class LabelTable
{
    /// <summary>The extension of tables, with the dot.</summary>
    public const string Extension = ".csv";

    /// <summary>The name of the first column, by which a table of labels is known where nothing else says that it is one.</summary>
    public const string NameColumn = "name";

    private readonly float[]?[] _labels;

    private LabelTable(string path, float[]?[] labels) => (Path, _labels) = (path, labels);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The table of a task.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="task">Name of the task.</param>
    public static string PathOf(string root, string task) => System.IO.Path.Combine(root, task + Extension);

    /// <summary>Reads the labels of all photographs.</summary>
    /// <param name="path">The table, which is there.</param>
    /// <param name="task">The task.</param>
    /// <param name="format">How the rows are read.</param>
    /// <param name="settings">What tasks.json says of the task.</param>
    /// <param name="images">The photographs.</param>
    /// <param name="problems">Receives rows without a photograph, and what was left out.</param>
    /// <param name="passOverDamaged">Whether a row that cannot be read is a problem instead of an error.</param>
    /// <exception cref="JtrFormatException">A row is wrong; the message names its line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LabelTable Read(
        string path,
        VisionTask task,
        TableLabelFormat format,
        TaskSettings settings,
        FolderIndex images,
        List<FolderProblem> problems,
        bool passOverDamaged
    )
    {
        CsvTable table = CsvTable.Read(path);
        string[] columns = [.. table.Columns.Skip(1)];
        if (columns.Length == 0)
            throw new JtrFormatException(path, $"the table has no column beside '{table.Columns[0]}'");
        Dictionary<string, int> places = images
            .Stems.Select((stem, i) => (stem, i))
            .ToDictionary(p => p.stem, p => p.i, StringComparer.Ordinal);
        float[]?[] labels = new float[]?[places.Count];
        int[] lines = new int[places.Count];
        SortedDictionary<string, (int Rows, int Line)> leftOut = new(StringComparer.Ordinal);
        foreach (CsvRow row in table.Rows)
        {
            if (row.Cells[0].Length == 0)
                throw CsvTable.Fault(path, row.Line, $"the name of the photograph is missing (column '{table.Columns[0]}')");
            if (Place(places, images, row.Cells[0]) is not { } place)
            {
                problems.Add(
                    new FolderProblem(
                        path,
                        $"{FolderDataset.Stray}: {images.Name} has no '{row.Cells[0]}' (line {row.Line}){Hint(places.Keys, row.Cells[0])}"
                    )
                );
                continue;
            }
            if (lines[place] > 0)
                throw CsvTable.Fault(path, row.Line, $"the photograph '{row.Cells[0]}' has a row in line {lines[place]} already");
            lines[place] = row.Line;
            float[] label = new float[task.LabelChannels];
            try
            {
                format.ReadLabel(new LabelRow(path, columns, row, settings, LeaveOut), task, label);
            }
            catch (JtrFormatException e) when (passOverDamaged)
            {
                problems.Add(FolderProblem.Of(path, e));
                continue;
            }
            if (task.Kind.IsValid(label, 0, 1))
                labels[place] = label;
        }
        foreach ((string what, (int rows, int line)) in leftOut)
            problems.Add(
                new FolderProblem(
                    path,
                    $"{what}: left out in {rows} {(rows == 1 ? "row" : "rows")} (line {line}{(rows > 1 ? ", ..." : "")})"
                )
            );
        if (labels.All(l => l is null))
            problems.Add(new FolderProblem(path, $"no sample has a label for '{task.Name}'"));
        return new LabelTable(path, labels);

        void LeaveOut(string what, int line) =>
            leftOut[what] = leftOut.TryGetValue(what, out (int Rows, int Line) known) ? (known.Rows + 1, known.Line) : (1, line);
    }

    /// <summary>Whether a photograph has a label.</summary>
    public bool Has(int index) => _labels[index] is not null;

    /// <summary>The label of a photograph that has one.</summary>
    public PackedLabel Label(int index) => new PackedRow(_labels[index]!);

    /// <summary>Spreadsheets take names of digits for numbers, which lose their leading zeros.</summary>
    private static string Hint(IEnumerable<string> names, string name) =>
        name.All(char.IsAsciiDigit)
        && names.FirstOrDefault(n => n.Length > name.Length && n.TrimStart('0') == name.TrimStart('0')) is { } meant
            ? $"; it may be '{meant}', whose zeros a spreadsheet has dropped"
            : "";

    /// <summary>A photograph by its name, with or without the extension and the name of their folder.</summary>
    private static int? Place(Dictionary<string, int> places, FolderIndex images, string name)
    {
        if (places.TryGetValue(name, out int place))
            return place;
        string folder = images.Name + "/";
        if (name.StartsWith(folder, StringComparison.Ordinal))
            name = name[folder.Length..];
        if (FolderIndex.ImageExtensions.Contains(System.IO.Path.GetExtension(name).ToLowerInvariant()))
            name = System.IO.Path.GetFileNameWithoutExtension(name);
        return places.TryGetValue(name, out place) ? place : null;
    }
}
