using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>Regression: values as they are. The spread is the largest standard deviation of the values over the passes.</summary>
internal sealed class RegressionOutput : ImageOutput
{
    public override bool NeedsPasses => true;

    public override string ConfidenceUnit(VisionTask task) => task.Kind.Unit(task) ?? "";

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread) =>
        LargestDeviation(squares, passes, plane, spread);

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence) =>
        Copy(row, width, values, stride);

    public override TaskSummary Summarize(TaskPrediction prediction)
    {
        float[] values = prediction.Values.ToArray();
        return new TaskSummary(prediction.Task, [], [], prediction.MeanConfidence, prediction.ConfidenceUnit)
        {
            Values = [.. ((RegressionTask)prediction.Task).ValueNames.Zip(values, (name, value) => (name, (double)value))],
        };
    }
}
