using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>Class ids as PNG.</summary>
internal sealed class IdsFormat : IPredictionFormat
{
    public string Name => "ids";
    public string Meaning => "class ids of segmentation as grey PNG, 8 bits up to 255 classes, else 16";
    public string Ending => ".ids.png";
    public string LabelExtension => ".png";

    public bool Fits(VisionTask task) => task.Kind is { HasClassIds: true, Extent: TaskExtent.Pixel };

    public void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path) => prediction.SavePng(path);
}
