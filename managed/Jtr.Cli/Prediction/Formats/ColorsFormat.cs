using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Pictures in colours.</summary>
internal sealed class ColorsFormat : IPredictionFormat
{
    public string Name => "colors";
    public string Meaning => "colour pictures as PNG";
    public string Ending => ".png";
    public string? LabelExtension => null;

    public bool Fits(VisionTask task) => true;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path)
    {
        RgbImage picture = TaskPainter.PaintLabel(prediction.Task, prediction.Values, prediction.Height, prediction.Width);
        PredictionFiles.SavePicture(path, picture.Data, picture.Height, picture.Width);
    }
}
