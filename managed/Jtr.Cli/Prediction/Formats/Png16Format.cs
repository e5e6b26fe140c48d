using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Values as PNG of 16 bits.</summary>
internal sealed class Png16Format : IPredictionFormat
{
    public string Name => "png16";
    public string Meaning =>
        "16-bit PNG: depth in steps of --depth-scale (0.001), normals 0 to 65535 for -1 to 1, maps of 1 or 3 channels "
        + "0 to 65535 for 0 to 1";
    public string Ending => ".png16.png";
    public string LabelExtension => ".png";

    public bool Fits(VisionTask task) => !task.Kind.HasClassIds && PredictionFiles.FitsPng(task);

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path) =>
        prediction.SavePng(path, photograph.DepthScale);
}
