namespace Jtr.Cli.Comparison;

/// <summary>Mean and standard deviation over seeds. The latter is that of a sample (divided by n - 1); NaN of fewer than two.</summary>
/// <param name="Mean">The mean; NaN where a value is missing or there is none.</param>
/// <param name="Deviation">The standard deviation.</param>
/// <param name="Count">How many values.</param>
internal readonly record struct Statistic(double Mean, double Deviation, int Count)
{
    /// <summary>Of some values.</summary>
    public static Statistic Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            return new(double.NaN, double.NaN, 0);
        double mean = values.Average();
        double deviation = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        return new(mean, deviation, values.Count);
    }
}
