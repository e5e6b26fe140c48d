using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Colours laid over the photograph.</summary>
internal sealed class OverlayFormat : IPredictionFormat
{
    public string Name => "overlay";
    public string Meaning => "colours laid over the photograph, or words on it, as JPEG";
    public string Ending => ".overlay.jpg";
    public string? LabelExtension => null;

    public bool Fits(VisionTask task) => true;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path)
    {
        (int height, int width) = (prediction.Height, prediction.Width);
        RgbImage whole;
        if (photograph.Image is PhotographImage image && image.Height == height && image.Width == width)
        {
            whole = RgbImage.Create(height, width);
            image.Pixels.CopyTo(whole.Data);
        }
        else
        {
            whole = photograph.Paint(height, width);
        }
        IReadOnlyList<string> words = LabelPainter
            .Of(prediction.Task.Kind)
            .LabelWords(prediction.Task, prediction.Values, prediction.Probabilities);
        RgbImage picture = whole;
        if (words.Count > 0)
        {
            PictureOverlay.Write(whole, words);
        }
        else
        {
            picture = TaskPainter.PaintLabel(prediction.Task, prediction.Values, height, width);
            PictureOverlay.Blend(whole.Data, picture);
        }
        PredictionFiles.SavePicture(path, picture.Data, height, width);
    }
}
