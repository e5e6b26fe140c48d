using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Colours laid over the photograph.</summary>
internal sealed class OverlayFormat : IPredictionFormat
{
    public string Name => "overlay";
    public string Meaning => "colours laid over the photograph, as JPEG";
    public string Ending => ".overlay.jpg";
    public string? LabelExtension => null;

    public bool Fits(VisionTask task) => true;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path)
    {
        (int height, int width) = (prediction.Height, prediction.Width);
        RgbImage picture = TaskPainter.PaintLabel(prediction.Task, prediction.Values, height, width);
        PhotographImage image = photograph.Image;
        if (image.Height == height && image.Width == width)
        {
            PictureOverlay.Blend(image.Pixels, picture);
        }
        else
        {
            float[] values = new float[3 * height * width];
            image.Read(image.Whole, height, width, values);
            PictureOverlay.Blend(TaskPainter.PaintImage(values, height, width).Data, picture);
        }
        PredictionFiles.SavePicture(path, picture.Data, height, width);
    }
}
