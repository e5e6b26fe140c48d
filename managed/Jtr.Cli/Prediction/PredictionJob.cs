using Jtr.Cli.Prediction.Formats;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Prediction;

/// <summary>What is to be written for each photograph, and where.</summary>
internal sealed record PredictionJob
{
    /// <summary>How photographs are predicted.</summary>
    public required InferenceOptions Inference { get; init; }

    /// <summary>The files of each task.</summary>
    public required IReadOnlyList<IPredictionFormat> Formats { get; init; }

    /// <summary>Whether each photograph has a summary of its own.</summary>
    public bool Json { get; init; }

    /// <summary>Whether there is a table of all.</summary>
    public bool Csv { get; init; }

    /// <summary>The folder for all files.</summary>
    public required string Output { get; init; }

    /// <summary>The data set whose labels the predictions become, or null.</summary>
    public LabelFolder? Labels { get; init; }

    /// <summary>The tasks of a photograph, by its name, whose labels are those of people and are not written; null: none.</summary>
    public Func<string, TaskMask>? LabeledByPeople { get; init; }

    /// <summary>What one step of depth images stands for.</summary>
    public double DepthScale { get; init; } = PredictionFiles.DefaultDepthScale;

    /// <summary>Further inputs of the photographs, or null: they are missing.</summary>
    public PhotographInputs? Inputs { get; init; }

    /// <summary>Whether photographs whose files are there already are passed over.</summary>
    public bool Resume { get; init; }

    /// <summary>Photographs that are worked on at once.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Photographs on the sheet, 0 for none.</summary>
    public int SheetRows { get; init; }
}

/// <summary>What came of it.</summary>
internal sealed class PredictionOutcome
{
    /// <summary>Photographs that were predicted.</summary>
    public int Predicted { get; set; }

    /// <summary>Photographs whose files were there already.</summary>
    public int Done { get; set; }

    /// <summary>Labels that were there already.</summary>
    public int KeptLabels { get; set; }

    /// <summary>Files that were written.</summary>
    public int Files { get; set; }

    /// <summary>Photographs that cannot be read, and why.</summary>
    public List<string> Bad { get; } = [];

    /// <summary>Rows of the sheet by the photographs' numbers.</summary>
    public SortedDictionary<long, (string Name, IReadOnlyList<Interop.Visualization.PictureCell> Cells)> Rows { get; } = [];
}
