using Jtr.Interop.Npy;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>Depth: values as they are. The spread is the standard deviation over the passes, in the depth's unit.</summary>
internal sealed class DepthOutput : TaskOutput
{
    public override bool NeedsPasses => true;

    public override string ConfidenceUnit(VisionTask task) => ((DepthTask)task).Unit;

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread) =>
        LargestDeviation(squares, passes, plane, spread);

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence) =>
        Copy(row, width, values, stride);

    public override void SaveNpy(TaskPrediction prediction, string path) =>
        NpyWriter.WriteInterleaved(path, prediction.Values, prediction.Height, prediction.Width, channels: 1, isNotNegative: true);
}
