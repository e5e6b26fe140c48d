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
        PhotographPlaces places = new(images);
        float[]?[] labels = new float[]?[places.Count];
        SortedDictionary<string, (int Rows, int Line)> leftOut = new(StringComparer.Ordinal);
        foreach ((int place, CsvRow row) in places.Rows(table, problems))
        {
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
}
