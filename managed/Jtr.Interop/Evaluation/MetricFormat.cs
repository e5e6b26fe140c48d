using System.Globalization;

namespace Jtr.Interop.Evaluation;

/// <summary>How scores are written for people.</summary>
public static class MetricFormat
{
    /// <summary>
    /// A score with the digits that its unit deserves: two after the point for percent and degrees, else four; "-" for NaN.
    /// </summary>
    /// <param name="metric">The score.</param>
    public static string Value(MetricValue metric) =>
        double.IsNaN(metric.Value) ? "-" : metric.Value.ToString(metric.Unit is "%" or "deg" ? "F2" : "F4", CultureInfo.InvariantCulture);

    /// <summary>A relative improvement with its sign, such as "+8.22"; "-" for NaN.</summary>
    /// <param name="percent">In percent.</param>
    public static string Delta(double percent) =>
        double.IsNaN(percent) ? "-" : percent.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);
}
