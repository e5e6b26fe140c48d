using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;

namespace Jtr.Interop.Tasks;

/// <summary>
/// Surface normals. Label: unit vectors in camera coordinates (x right; where samples are turned, y down), (0, 0, 0) where there is none.
/// </summary>
public record NormalsTask : VisionTask
{
    /// <summary>Makes a surface normals task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    public NormalsTask(string name = "normals")
        : this(name, TaskKind.Normals) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="kind">The kind.</param>
    protected NormalsTask(string name, TaskKind kind)
        : base(name, kind, 3, 3) { }

    /// <inheritdoc/>
    public override float InvalidLabel => 0f;
}

/// <summary>The kind of <see cref="NormalsTask"/>.</summary>
public class NormalsKind : TaskKind
{
    internal NormalsKind()
        : base("normals") { }

    /// <summary>Makes a kind of your own, of unit vectors. Its tasks derive from <see cref="NormalsTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected NormalsKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "normals";

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Bilinear) { NegatedByMirror = [0], InPlane = (0, 1) };

    /// <inheritdoc/>
    public override bool PredictsDirections => true;

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) => new NormalsTask(name);

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new NormalsMetrics((NormalsTask)task);

    internal override TaskOutput CreateOutput(VisionTask task) => new NormalsOutput();

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new ValueStatistics(task);

    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) =>
        label[place] != 0 || label[places + place] != 0 || label[2 * places + place] != 0;
}
