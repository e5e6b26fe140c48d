using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>
/// Scores of surface normals over the valid pixels: mean, median and root mean square of the angle between prediction and label in
/// degrees, and the percentage of pixels whose angle is below 11.25, 22.5 and 30 degrees. A pixel is valid
/// when the sum of its label's channels is not 0, the same pixels that training sees.
/// </summary>
public sealed class NormalsMetrics : TaskMetrics
{
    /// <summary>
    /// Width of a bin of the histogram that the median is taken from, in degrees: the median is right to within half of it.
    /// </summary>
    public const double MedianResolution = 0.01;

    private const int BinsPerDegree = 100;

    private readonly long[] _histogram = new long[180 * BinsPerDegree];
    private long _count;
    private double _sum;
    private double _square;
    private long _within11;
    private long _within22;
    private long _within30;

    /// <summary>Makes an empty accumulator.</summary>
    /// <param name="task">The task.</param>
    public NormalsMetrics(NormalsTask task)
        : base(task) => ArgumentNullException.ThrowIfNull(task);

    /// <inheritdoc/>
    public override long ValidCount => _count;

    /// <summary>Mean angle in degrees.</summary>
    public double MeanAngle => Mean(_sum, _count);

    /// <summary>
    /// Median angle in degrees, to within half of <see cref="MedianResolution"/>; the mean of the two middle angles where their
    /// number is even.
    /// </summary>
    public double MedianAngle() => _count == 0 ? double.NaN : 0.5 * (OrderedAngle((_count - 1) / 2) + OrderedAngle(_count / 2));

    /// <summary>Root of the mean squared angle, in degrees.</summary>
    public double RootMeanSquareAngle => Math.Sqrt(Mean(_square, _count));

    /// <summary>Percentage of pixels with an angle below 11.25 degrees.</summary>
    public double PercentWithin11 => Percent(_within11, _count);

    /// <summary>Percentage of pixels with an angle below 22.5 degrees.</summary>
    public double PercentWithin22 => Percent(_within22, _count);

    /// <summary>Percentage of pixels with an angle below 30 degrees.</summary>
    public double PercentWithin30 => Percent(_within30, _count);

    /// <inheritdoc/>
    public override IReadOnlyList<MetricValue> Compute() =>
        [
            new("mean angle", MeanAngle, "deg", HigherIsBetter: false, IsHeadline: true),
            new("median angle", MedianAngle(), "deg", HigherIsBetter: false, IsHeadline: false),
            new("RMS angle", RootMeanSquareAngle, "deg", HigherIsBetter: false, IsHeadline: false),
            new("within 11.25 deg", PercentWithin11, "%", HigherIsBetter: true, IsHeadline: false),
            new("within 22.5 deg", PercentWithin22, "%", HigherIsBetter: true, IsHeadline: false),
            new("within 30 deg", PercentWithin30, "%", HigherIsBetter: true, IsHeadline: false),
        ];

    /// <inheritdoc/>
    protected override string? LabelFault(ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (!float.IsFinite(label[i]))
                return BadValue(i / pixels, i % pixels, label[i], "a normal is a unit vector, or (0, 0, 0) where there is no label");
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void Add(ReadOnlySpan<float> prediction, ReadOnlySpan<float> label, int pixels)
    {
        for (int i = 0; i < pixels; i++)
        {
            if (label[i] + label[pixels + i] + label[2 * pixels + i] == 0f)
                continue;
            double angle = Angle(
                prediction[i],
                prediction[pixels + i],
                prediction[2 * pixels + i],
                label[i],
                label[pixels + i],
                label[2 * pixels + i]
            );
            _count++;
            _sum += angle;
            _square += angle * angle;
            if (angle < 11.25)
                _within11++;
            if (angle < 22.5)
                _within22++;
            if (angle < 30)
                _within30++;
            _histogram[Math.Min((int)(angle * BinsPerDegree), _histogram.Length - 1)]++;
        }
    }

    /// <inheritdoc/>
    protected override double[] Gathered() =>
        [_count, _sum, _square, _within11, _within22, _within30, .. _histogram.Select(c => (double)c)];

    /// <inheritdoc/>
    protected override void AddGathered(ReadOnlySpan<double> state)
    {
        CheckState(state, 6 + _histogram.Length);
        _count += (long)state[0];
        _sum += state[1];
        _square += state[2];
        _within11 += (long)state[3];
        _within22 += (long)state[4];
        _within30 += (long)state[5];
        for (int i = 0; i < _histogram.Length; i++)
            _histogram[i] += (long)state[6 + i];
    }

    // atan2(|p x y|, p . y): the same as acos(p . y) for unit vectors, but exact for small angles too, where acos loses half the
    // digits, and indifferent to rounding in the vectors' lengths. A zero vector says nothing and counts as a right angle.
    private static double Angle(double px, double py, double pz, double x, double y, double z)
    {
        if (px == 0 && py == 0 && pz == 0)
            return 90;
        double cx = py * z - pz * y,
            cy = pz * x - px * z,
            cz = px * y - py * x;
        return double.RadiansToDegrees(Math.Atan2(Math.Sqrt(cx * cx + cy * cy + cz * cz), px * x + py * y + pz * z));
    }

    private double OrderedAngle(long rank)
    {
        long below = 0;
        int bin = 0;
        while (below + _histogram[bin] <= rank)
            below += _histogram[bin++];
        return (bin + 0.5) / BinsPerDegree;
    }
}
