using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Datasets.Checks;
using Jtr.Interop.Datasets.Checks.Kinds;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>A column of numbers for each value.</summary>
internal sealed class RegressionFormat() : TableLabelFormat("regression")
{
    // As many different whole numbers may be the ids of classes.
    private const int MostIds = 20;

    public override IReadOnlyList<string> Keys => ["values", "unit", "mean", "standard_deviation", "loss", "delta"];

    internal override IEnumerable<IDataCheck> Checks(VisionTask task, int index) =>
        task is RegressionTask regression ? [new DeviationCheck(regression)] : [];

    public override LabelPacking Packing => LabelPacking.Exact;

    internal override bool IsPlain(TableContent content) =>
        content.AreNumbers
        && (
            content.All.Any(c => !long.TryParse(c, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            || Enumerable.Range(0, content.Columns.Count).Any(c => content.Cells(c).Distinct().Count() > MostIds)
        );

    internal override TaskSettings Complete(TaskSettings settings, TableContent content)
    {
        JsonObject all = (JsonObject)settings.Values.DeepClone();
        if (settings.Texts("values") is null)
            all["values"] = new JsonArray([.. content.Columns.Select(c => (JsonNode)c)]);
        IReadOnlyList<string> names = settings.Texts("values") ?? content.Columns;
        if (settings.Numbers("mean") is not null && settings.Numbers("standard_deviation") is not null)
            return new TaskSettings(all);
        List<double> means = [],
            deviations = [];
        for (int v = 0; v < names.Count; v++)
        {
            RunningMoments moments = new();
            int column = Column(content.Columns, names, v);
            foreach (string cell in column < 0 ? [] : content.Cells(column))
            {
                // What is no number is an error of its row.
                if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number))
                    moments.Add(number);
            }
            means.Add(moments.Mean);
            deviations.Add(moments.Deviation > 0 ? moments.Deviation : 1);
        }
        if (settings.Numbers("mean") is null)
            all["mean"] = TaskWeights.Write(means);
        if (settings.Numbers("standard_deviation") is null)
            all["standard_deviation"] = TaskWeights.Write(deviations);
        return new TaskSettings(all);
    }

    protected override void ReadRow(LabelRow row, VisionTask task, Span<float> destination)
    {
        RegressionTask regression = (RegressionTask)task;
        if (row.Columns.Count != regression.ValueCount)
            throw row.Fault($"{row.Columns.Count} columns of values, where '{task.Name}' has {regression.ValueCount}");
        for (int v = 0; v < destination.Length; v++)
        {
            int column = Column(row.Columns, regression.ValueNames, v);
            if (column < 0)
                throw row.Fault($"there is no column '{regression.ValueNames[v]}'; there are {string.Join(", ", row.Columns)}");
            destination[v] = row.Number(column);
        }
    }

    public override IReadOnlyList<string> Columns(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return ((RegressionTask)task).ValueNames;
    }

    public override IReadOnlyList<string> WriteRow(IReadOnlyList<string> columns, VisionTask task, ReadOnlySpan<float> label)
    {
        string[] cells = new string[columns.Count];
        cells.AsSpan().Fill("");
        for (int v = 0; v < label.Length; v++)
        {
            int column = Column(columns, ((RegressionTask)task).ValueNames, v);
            if (column >= 0)
                cells[column] = Cell(label[v]);
        }
        return cells;
    }

    private protected override int? ReadChannels(TaskSettings settings) =>
        settings.Texts("values")?.Count ?? settings.Numbers("mean")?.Count;

    internal override string SettingOf(string key) => key == "value_names" ? "values" : key;

    /// <summary>The column of a value: that of its name, else, where no column has the name of a value, that at its place; or -1.</summary>
    private static int Column(IReadOnlyList<string> columns, IReadOnlyList<string> names, int value)
    {
        int column = ClassificationFormat.Place(columns, names[value]);
        return column >= 0 || names.Any(n => ClassificationFormat.Place(columns, n) >= 0) || value >= columns.Count ? column : value;
    }
}
