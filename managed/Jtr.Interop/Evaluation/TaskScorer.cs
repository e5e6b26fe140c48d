using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Evaluation;

/// <summary>The metrics of one task in one evaluation: the built-in ones and those of the caller.</summary>
internal sealed class TaskScorer
{
    private readonly TaskMetrics _builtIn;
    private readonly ITaskMetric[] _own;

    public TaskScorer(VisionTask task, IReadOnlyList<Func<VisionTask, ITaskMetric?>> own)
    {
        _builtIn = TaskMetrics.Create(task);
        _own = [.. own.Select(make => make(task)).OfType<ITaskMetric>()];
    }

    /// <summary>All of them, the built-in ones first.</summary>
    public IEnumerable<ITaskMetric> Metrics => [_builtIn, .. _own];

    /// <summary>Adds a sample. The built-in metrics come first: they check that all values are such as may be.</summary>
    public void Update(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int height, int width)
    {
        _builtIn.Update(prediction, label, height, width);
        foreach (ITaskMetric metric in _own)
            metric.Update(prediction, label, height, width);
    }

    /// <summary>The scores of all.</summary>
    public TaskResult ToResult() => TaskResult.From(_builtIn).With(_own.SelectMany(m => m.Compute()));

    /// <summary>Throws if a place of a list of factories is empty.</summary>
    public static void Check(string property, IReadOnlyList<Func<VisionTask, ITaskMetric?>>? factories)
    {
        foreach (Func<VisionTask, ITaskMetric?> factory in OptionRange.NotNull(property, factories))
            OptionRange.NotNull(property, factory);
    }
}
