using System.Globalization;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// How labels of one kind of task of whole photographs lie in a table, <c>TASK.csv</c> in the data set's folder: a row for each photograph
/// with its name in the first column and its label in the others. A photograph without a row, or with empty cells, has no label.
/// </summary>
public abstract class TableLabelFormat : LabelFormat
{
    /// <summary>Makes a format.</summary>
    /// <param name="kind">The word of the kind of task, <see cref="TaskKind.Word"/>.</param>
    protected TableLabelFormat(string kind)
        : base(kind) { }

    /// <summary>Reads a photograph's label out of its row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="task">The task.</param>
    /// <param name="destination">
    /// Receives [label channels]. It holds the task's <see cref="VisionTask.InvalidLabel"/>; where it still does, the label is missing.
    /// </param>
    /// <exception cref="JtrFormatException">The row holds no such label; see <see cref="LabelRow.Fault"/>.</exception>
    protected abstract void ReadRow(LabelRow row, VisionTask task, Span<float> destination);

    /// <summary>
    /// The columns of a new table behind that of the names. By default one for each channel of the label.
    /// </summary>
    /// <param name="task">The task.</param>
    public virtual IReadOnlyList<string> Columns(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.LabelChannels == 1 ? [task.Name] : [.. Enumerable.Range(0, task.LabelChannels).Select(c => $"value {c}")];
    }

    /// <summary>Writes a label as cells that <see cref="ReadRow"/> reads back. By default a number each, NaN as an empty cell.</summary>
    /// <param name="columns">The table's columns, which need not be those of <see cref="Columns"/>.</param>
    /// <param name="task">The task.</param>
    /// <param name="label">[label channels].</param>
    /// <returns>A cell for each column.</returns>
    public virtual IReadOnlyList<string> WriteRow(IReadOnlyList<string> columns, VisionTask task, ReadOnlySpan<float> label)
    {
        ArgumentNullException.ThrowIfNull(columns);
        string[] cells = new string[columns.Count];
        for (int c = 0; c < cells.Length; c++)
            cells[c] = c < label.Length ? Cell(label[c]) : "";
        return cells;
    }

    /// <summary>A number as a cell that holds all of its digits; NaN as an empty one.</summary>
    private protected static string Cell(float value) => float.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Not used: labels lie in a table.</summary>
    /// <inheritdoc/>
    protected sealed override void Read(LabelFile file, VisionTask task, Span<float> destination) =>
        throw new NotSupportedException($"labels of the kind {Kind} lie in a table");

    /// <summary>Whether a table that nothing is said of plainly holds labels of this kind.</summary>
    internal virtual bool IsPlain(TableContent content) => false;

    /// <summary>Adds what tasks.json does not say of a task and its table does, such as the names of the classes.</summary>
    internal virtual TaskSettings Complete(TaskSettings settings, TableContent content) => settings;

    internal sealed override VisionTask ReadTask(TaskKind kind, string name, TaskSettings settings)
    {
        VisionTask task = base.ReadTask(kind, name, settings);
        // A trainer checks this, too, but does not know in which file it stands.
        kind.Validate(task, name);
        return task;
    }

    internal void ReadLabel(LabelRow row, VisionTask task, Span<float> destination)
    {
        destination.Fill(task.InvalidLabel);
        ReadRow(row, task, destination);
    }
}
