using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction.Formats;

/// <summary>A form in which the prediction of a task is written: a file for each photograph and task.</summary>
internal interface IPredictionFormat
{
    /// <summary>The word after --format.</summary>
    string Name { get; }

    /// <summary>What it writes, for the help page.</summary>
    string Meaning { get; }

    /// <summary>What stands behind the names of photograph and task.</summary>
    string Ending { get; }

    /// <summary>Whether folder data sets read it as a label; then its extension.</summary>
    string? LabelExtension { get; }

    /// <summary>Whether a task can be written so.</summary>
    bool Fits(VisionTask task);

    /// <summary>Writes a file, whole or not at all.</summary>
    void Save(PredictedPhotograph photograph, TaskPrediction prediction, string path);
}
