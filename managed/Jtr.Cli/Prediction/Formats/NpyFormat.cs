using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Values as NumPy arrays.</summary>
internal sealed class NpyFormat : IPredictionFormat
{
    public string Name => "npy";
    public string Meaning =>
        "NumPy arrays: class ids in whole numbers, depth in its unit, unit normals H x W x 3, maps and values of whole photographs in "
        + "float32";
    public string Ending => ".npy";
    public string LabelExtension => ".npy";

    public bool Fits(VisionTask task) => true;

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path) => prediction.SaveNpy(path);
}
