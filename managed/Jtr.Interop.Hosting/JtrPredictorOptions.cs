using Jtr.Interop.Inference;

namespace Jtr.Interop.Hosting;

/// <summary>
/// A predictor of a host. In configuration, the section Options has the properties of <see cref="PredictorOptions"/>, such as
/// <c>Options:MaxBatch</c>.
/// </summary>
public sealed class JtrPredictorOptions
{
    /// <summary>A checkpoint, or the folder of a run, which stands for its checkpoint.safetensors.</summary>
    public string Checkpoint { get; set; } = "";

    /// <summary>
    /// Whether the host starts without the checkpoint, which may come later (<see cref="ReloadingPredictor.IsReady"/>); else one that is
    /// missing or damaged stops it at once.
    /// </summary>
    public bool Optional { get; set; }

    /// <summary>Time between two looks at the file, whose new content is taken up; zero: it is read once.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How to compute. <see cref="PredictorOptions.Name"/> is the name that the predictor was added with, unless set.</summary>
    public PredictorOptions Options { get; set; } = new();
}
