using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A column of classes, by name or by id.</summary>
internal sealed class ClassificationFormat() : TableLabelFormat("classification")
{
    private const string ClassColumn = "class";

    public override IReadOnlyList<string> Keys => ["classes", "class_count", "class_weights", "label_smoothing"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) => [new ClassOnlyInTestCheck(task, index)];

    public override LabelPacking Packing => LabelPacking.Ids;

    internal override bool IsPlain(TableContent content)
    {
        if (content.Columns.Count != 1 || TagsFormat.IsList(content))
            return false;
        string[] classes = [.. content.All.Distinct()];
        if (content.Columns[0].Equals(ClassColumn, StringComparison.OrdinalIgnoreCase))
            return classes.Length > 0;
        // Words of which some come again; a caption or a number would be different for each.
        return classes.Length > 1 && !classes.Any(c => float.TryParse(c, out _)) && classes.Length < content.All.Count();
    }

    internal override TaskSettings Complete(TaskSettings settings, TableContent content)
    {
        if (settings.Texts("classes") is not null || settings.Whole("class_count") is not null)
            return settings;
        JsonObject all = (JsonObject)settings.Values.DeepClone();
        if (content.AreIds)
            // Two is the least that a task can have.
            all["class_count"] = (int)Math.Clamp(content.All.Max(c => TableContent.Id(c)!.Value) + 1L, 2, int.MaxValue);
        else
            all["classes"] = new JsonArray([.. content.All.Distinct().Order(StringComparer.Ordinal).Select(c => (JsonNode)c)]);
        return new TaskSettings(all);
    }

    protected override void ReadRow(LabelRow row, VisionTask task, Span<float> destination)
    {
        if (row.Cells.Count != 1)
            throw row.Fault($"a table of classes has one column beside the names, not {row.Cells.Count}");
        string cell = row.Cells[0];
        if (cell.Length == 0)
            return;
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        int id = Place(names, cell);
        if (id < 0 && TableContent.Id(cell) is { } number && number < names.Count)
            id = number;
        if (id >= 0)
            destination[0] = id;
        else if (row.Settings.Texts("classes") is { } said ? !said.Contains(cell) : row.Settings.Whole("class_count") is not null)
            throw row.Fault($"there is no class '{cell}'; the classes are {Words(names)}");
        else
            row.LeaveOut($"'{cell}' is none of the {names.Count} classes of '{task.Name}'");
    }

    public override IReadOnlyList<string> Columns(VisionTask task) => [ClassColumn];

    public override IReadOnlyList<string> WriteRow(IReadOnlyList<string> columns, VisionTask task, ReadOnlySpan<float> label) =>
        [label[0] >= 0 ? task.Kind.ClassNames(task)[(int)label[0]] : "", .. Enumerable.Repeat("", columns.Count - 1)];

    private protected override int? ReadChannels(TaskSettings settings) =>
        settings.Whole("class_count")
        ?? settings.Texts("classes")?.Count
        ?? throw new ArgumentException("'classes' or 'class_count' is missing, and there is no table to find them in");

    internal override string SettingOf(string key) => key == "class_names" ? "classes" : key;

    /// <summary>The place of a name, or -1.</summary>
    internal static int Place(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }
        return -1;
    }

    /// <summary>The first names for a message.</summary>
    internal static string Words(IReadOnlyList<string> names)
    {
        const int most = 10;
        return string.Join(", ", names.Take(most)) + (names.Count > most ? $" and {names.Count - most} more" : "");
    }
}
