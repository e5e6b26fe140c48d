using MathNet.Numerics.Distributions;

namespace Jtr.Cli.Comparison;

/// <summary>
/// How much two methods differ over runs that share their seeds: the mean of the differences, its 95 % interval and p by Student's paired
/// test, and p of the sign test, which asks nothing of the distribution.
/// </summary>
/// <param name="Count">Pairs.</param>
/// <param name="Mean">Mean of the differences; NaN without pairs.</param>
/// <param name="Half">Half of the interval's length; NaN of fewer than two pairs.</param>
/// <param name="P">Two-sided p of the paired t-test; NaN of fewer than two pairs.</param>
/// <param name="SignP">Two-sided p of the sign test; ties count for neither side.</param>
internal readonly record struct PairedDifference(int Count, double Mean, double Half, double P, double SignP)
{
    private const double Confidence = 0.95;

    /// <summary>Of differences, one a pair.</summary>
    public static PairedDifference Of(IReadOnlyList<double> differences)
    {
        int count = differences.Count;
        Statistic s = Statistic.Of(differences);
        double signs = Signs(differences);
        if (count < 2)
            return new PairedDifference(count, s.Mean, double.NaN, double.NaN, signs);
        double error = s.Deviation / Math.Sqrt(count);
        double half = error * StudentT.InvCDF(0, 1, count - 1, (1 + Confidence) / 2);
        double p =
            error > 0 ? 2 * StudentT.CDF(0, 1, count - 1, -Math.Abs(s.Mean) / error)
            : s.Mean == 0 ? 1
            : 0;
        return new PairedDifference(count, s.Mean, half, p, signs);
    }

    /// <summary>Whether the interval lies above 0.</summary>
    public bool IsAbove => Mean - Half > 0;

    /// <summary>Whether it lies below 0.</summary>
    public bool IsBelow => Mean + Half < 0;

    private static double Signs(IReadOnlyList<double> differences)
    {
        int above = differences.Count(d => d > 0),
            below = differences.Count(d => d < 0);
        int n = above + below;
        return n == 0 ? double.NaN : Math.Min(1, 2 * Binomial.CDF(0.5, n, Math.Min(above, below)));
    }
}
