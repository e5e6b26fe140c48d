using Jtr.Interop.Inference;
using Jtr.Interop.Visualization;

namespace Jtr.Cli.Prediction;

/// <summary>A photograph and what was predicted for it.</summary>
/// <param name="Name">Name of its files, with the folders that it lies in.</param>
/// <param name="Source">Where it came from, for people.</param>
/// <param name="Image">The photograph.</param>
/// <param name="Prediction">The prediction.</param>
/// <param name="DepthScale">What one step of depth images stands for.</param>
internal sealed record PredictedPhotograph(string Name, string Source, SourceImage Image, ImagePrediction Prediction, double DepthScale)
{
    /// <summary>The photograph as a picture of any size.</summary>
    public RgbImage Paint(int height, int width)
    {
        float[] values = new float[Image.Channels * height * width];
        Image.Read(Image.Whole, height, width, values);
        return TaskPainter.PaintImage(values, height, width);
    }
}
