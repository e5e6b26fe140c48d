namespace Jtr.Interop.Datasets;

/// <summary>
/// Histogram matching: each colour channel's values are moved so that they are distributed as the other photograph's (Gonzalez and Woods,
/// Digital Image Processing, section 3.3), by histograms of 256 bins.
/// </summary>
public sealed class HistogramMatching : AppearanceExchange
{
    private const int Bins = 256;

    /// <inheritdoc/>
    public override string Name => "histogram";

    /// <inheritdoc/>
    public override void Apply(Span<float> image, ReadOnlySpan<float> other, int height, int width)
    {
        int plane = height * width;
        Span<float> own = stackalloc float[Bins],
            theirs = stackalloc float[Bins],
            moved = stackalloc float[Bins];
        for (int c = 0; c < image.Length / plane; c++)
        {
            Span<float> channel = image.Slice(c * plane, plane);
            Shares(channel, own);
            Shares(other.Slice(c * plane, plane), theirs);
            for (int bin = 0, at = 0; bin < Bins; bin++)
            {
                while (at < Bins - 1 && theirs[at] < own[bin])
                    at++;
                float before = at == 0 ? 0 : theirs[at - 1];
                float part = theirs[at] > before ? Math.Clamp((own[bin] - before) / (theirs[at] - before), 0f, 1f) : 1f;
                moved[bin] = Math.Clamp((at - 1 + part) / (Bins - 1), 0f, 1f);
            }
            foreach (ref float value in channel)
                value = moved[Bin(value)];
        }
    }

    private static int Bin(float value) => (int)MathF.Round(Math.Clamp(value, 0f, 1f) * (Bins - 1));

    /// <summary>For each bin the share of the values that are in it or below.</summary>
    private static void Shares(ReadOnlySpan<float> values, Span<float> shares)
    {
        Span<int> counts = stackalloc int[Bins];
        counts.Clear();
        foreach (float value in values)
            counts[Bin(value)]++;
        long sum = 0;
        for (int i = 0; i < Bins; i++)
        {
            sum += counts[i];
            shares[i] = (float)((double)sum / values.Length);
        }
    }
}
