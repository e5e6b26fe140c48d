using Jtr.Interop.Tasks;

namespace Jtr.Interop.Inference.Outputs;

/// <summary>
/// Normals: vectors of length 1; one without a direction stays (0, 0, 0). In the mirror x points the other way. The spread is the
/// angle whose cosine is the length of the mean vector, in degrees: for two passes half the angle between them.
/// </summary>
internal sealed class NormalsOutput : TaskOutput
{
    private const float Shortest = 1e-6f;

    public override bool NeedsPasses => true;

    public override string ConfidenceUnit(VisionTask task) => "deg";

    public override void ToMean(Span<float> values, int plane) => Normalize(values, plane, plane);

    public override void FromMean(Span<float> values, int plane) => Normalize(values, plane, plane);

    public override void FromMirror(Span<float> values, int plane)
    {
        foreach (ref float x in values[..plane])
            x = -x;
    }

    public override void Spread(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int passes, int plane, Span<float> spread)
    {
        // Of unit vectors the squares of the distances add up to passes * (1 - length^2): no small number out of two large ones.
        for (int i = 0; i < plane; i++)
        {
            float missing = (squares[i] + squares[plane + i] + squares[2 * plane + i]) / passes;
            spread[i] = float.RadiansToDegrees(MathF.Asin(MathF.Sqrt(Math.Clamp(missing, 0, 1))));
        }
    }

    public override void ToValues(Span<float> row, int width, Span<float> values, int stride, Span<float> confidence)
    {
        Normalize(row, width, width);
        Copy(row, width, values, stride);
    }

    private static void Normalize(Span<float> vectors, int stride, int count)
    {
        Span<float> xs = vectors[..count],
            ys = vectors.Slice(stride, count),
            zs = vectors.Slice(2 * stride, count);
        for (int i = 0; i < count; i++)
        {
            float length = MathF.Sqrt(xs[i] * xs[i] + ys[i] * ys[i] + zs[i] * zs[i]);
            if (!(length > Shortest) || !float.IsFinite(length))
            {
                (xs[i], ys[i], zs[i]) = (0, 0, 0);
                continue;
            }
            xs[i] /= length;
            ys[i] /= length;
            zs[i] /= length;
        }
    }
}
