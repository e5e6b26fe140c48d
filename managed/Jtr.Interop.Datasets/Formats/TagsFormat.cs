using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A column of tags, separated by ';' ("-" for none of them), or a column for each tag with 1 or 0 (true or false). A photograph whose tags
/// are listed has no others; an empty cell says that nothing is known.
/// </summary>
internal sealed class TagsFormat() : TableLabelFormat("tags")
{
    /// <summary>What a cell holds of a photograph that has none of the tags.</summary>
    internal const string NoTag = "-";

    private const char Separator = ';';
    private const string TagsColumn = "tags";

    public override IReadOnlyList<string> Keys => ["tags", "positive_weights"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is TagsTask tags ? [new TagConstantCheck(tags, index)] : [];

    public override LabelPacking Packing => LabelPacking.Units;

    internal override bool IsPlain(TableContent content) => IsList(content) || (content.Columns.Count > 1 && content.AreTruths);

    internal override TaskSettings Complete(TaskSettings settings, TableContent content)
    {
        if (settings.Texts("tags") is not null)
            return settings;
        IEnumerable<string> tags =
            content.Columns.Count == 1 && (IsList(content) || !content.AreTruths)
                ? content.All.SelectMany(Tags).Distinct().Order(StringComparer.Ordinal)
                : content.Columns;
        JsonObject all = (JsonObject)settings.Values.DeepClone();
        JsonArray names = [.. tags.Select(t => (JsonNode)t)];
        if (names.Count == 0)
            throw new ArgumentException($"no row of {Path.GetFileName(content.Path)} has a tag");
        all["tags"] = names;
        return new TaskSettings(all);
    }

    protected override void ReadRow(LabelRow row, VisionTask task, Span<float> destination)
    {
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        if (row.Columns.Count > 1 || IsTag(row.Columns[0], names))
        {
            ReadColumns(row, task, names, destination);
            return;
        }
        string cell = row.Cells[0];
        if (cell.Length == 0)
            return;
        destination.Clear();
        if (cell == NoTag)
            return;
        string[] tags = Tags(cell);
        if (tags.Length == 0)
            throw row.Fault($"'{cell}' has no tag in it; a photograph with none of the tags has '{NoTag}'");
        foreach (string tag in tags)
        {
            int place = ClassificationFormat.Place(names, tag);
            if (place >= 0)
                destination[place] = 1;
            else
                LeaveOut(row, task, names, tag);
        }
    }

    public override IReadOnlyList<string> Columns(VisionTask task)
    {
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        return names.Any(n => n == NoTag || n.Contains(Separator, StringComparison.Ordinal)) ? names : [TagsColumn];
    }

    public override IReadOnlyList<string> WriteRow(IReadOnlyList<string> columns, VisionTask task, ReadOnlySpan<float> label)
    {
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        string[] cells = new string[columns.Count];
        if (columns.Count > 1 || IsTag(columns[0], names))
        {
            for (int c = 0; c < cells.Length; c++)
            {
                int place = ClassificationFormat.Place(names, columns[c]);
                cells[c] = place < 0 ? "" : Cell(label[place]);
            }
            return cells;
        }
        List<string> has = [];
        bool isKnown = true;
        for (int t = 0; t < label.Length; t++)
        {
            if (label[t] == 1)
                has.Add(names[t]);
            isKnown &= !float.IsNaN(label[t]);
        }
        // A list says of all tags whether they are there.
        cells[0] =
            !isKnown ? ""
            : has.Count == 0 ? NoTag
            : string.Join(Separator, has);
        return cells;
    }

    private protected override int? ReadChannels(TaskSettings settings) =>
        settings.Texts("tags")?.Count ?? throw new ArgumentException("'tags' is missing, and there is no table to find them in");

    internal override string SettingOf(string key) => key == "tag_names" ? "tags" : key;

    private static void ReadColumns(LabelRow row, VisionTask task, IReadOnlyList<string> names, Span<float> destination)
    {
        for (int c = 0; c < row.Columns.Count; c++)
        {
            int place = ClassificationFormat.Place(names, row.Columns[c]);
            if (place < 0)
            {
                LeaveOut(row, task, names, row.Columns[c]);
                continue;
            }
            if (row.Cells[c].Length == 0)
                continue;
            bool has =
                TableContent.Truth(row.Cells[c])
                ?? throw row.Fault($"column '{row.Columns[c]}': '{row.Cells[c]}' is not 1 or 0 (or empty, where it is not known)");
            destination[place] = has ? 1 : 0;
        }
    }

    private static void LeaveOut(LabelRow row, VisionTask task, IReadOnlyList<string> names, string tag)
    {
        if (row.Settings.Texts("tags") is { } said && !said.Contains(tag))
            throw row.Fault($"there is no tag '{tag}'; the tags are {ClassificationFormat.Words(names)}");
        row.LeaveOut($"'{tag}' is none of the {names.Count} tags of '{task.Name}'");
    }

    /// <summary>Whether a table plainly lists the tags of each photograph.</summary>
    internal static bool IsList(TableContent content) =>
        content.Columns.Count == 1
        && (
            content.Columns[0].Equals(TagsColumn, StringComparison.OrdinalIgnoreCase)
            || content.All.Any(c => c.Contains(Separator, StringComparison.Ordinal))
        );

    private static bool IsTag(string column, IReadOnlyList<string> names) =>
        !column.Equals(TagsColumn, StringComparison.OrdinalIgnoreCase) && ClassificationFormat.Place(names, column) >= 0;

    private static string[] Tags(string cell) =>
        cell == NoTag ? [] : cell.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
