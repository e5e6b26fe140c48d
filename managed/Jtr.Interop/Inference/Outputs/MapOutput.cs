using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>Maps: values cut to [0, 1]. The spread is the largest standard deviation of the channels over the passes.</summary>
internal sealed class MapOutput(int channels) : TaskOutput
{
    private readonly int _channels = channels;

    public override bool NeedsPasses => true;

    public override string ConfidenceUnit(VisionTask task) => "";

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread) =>
        LargestDeviation(squares, passes, plane, spread);

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence)
    {
        foreach (ref float value in row[..(_channels * width)])
            value = Math.Clamp(value, 0, 1);
        Copy(row, width, values, stride);
    }
}
