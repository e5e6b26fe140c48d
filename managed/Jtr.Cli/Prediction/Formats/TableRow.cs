using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>
/// Labels of whole photographs, which lie in one table: not a form to choose, but that in which --as-labels writes them. The label folder
/// adds the rows.
/// </summary>
internal sealed class TableRow : IPredictionFormat
{
    private TableRow() { }

    public static TableRow Format { get; } = new();

    public string Name => "table";
    public string Meaning => "a row of the table of labels";
    public string Ending => ".csv";
    public string LabelExtension => ".csv";

    public bool Fits(VisionTask task) => task.Kind.Extent == TaskExtent.Image;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path) =>
        throw new NotSupportedException("rows are added by the folder of labels, which knows those that are there");
}
