using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Pictures in colours.</summary>
internal sealed class ColorsFormat : IPredictionFormat
{
    public string Name => "colors";
    public string Meaning => "colour pictures as PNG; classes, tags and values of whole photographs are words on black";
    public string Ending => ".png";
    public string? LabelExtension => null;

    public bool Fits(VisionTask task) => true;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path)
    {
        IReadOnlyList<string> words = LabelPainter
            .Of(prediction.Task.Kind)
            .LabelWords(prediction.Task, prediction.Values, prediction.Probabilities);
        RgbImage picture =
            words.Count > 0
                ? RgbImage.Create(prediction.Height, prediction.Width)
                : TaskPainter.PaintLabel(prediction.Task, prediction.Values, prediction.Height, prediction.Width);
        PictureOverlay.Write(picture, words);
        PredictionFiles.SavePicture(path, picture.Data, picture.Height, picture.Width);
    }
}
