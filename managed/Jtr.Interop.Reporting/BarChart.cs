using System.Globalization;
using System.Net;
using System.Text;

namespace Jtr.Interop.Reporting;

/// <summary>Bars as SVG, one below the other, from zero to the left or right. Colours and fonts are the page's style classes.</summary>
/// <param name="Title">What they show.</param>
/// <param name="Bars">The bars.</param>
internal sealed record BarChart(string Title, IReadOnlyList<ReportBar> Bars)
{
    private const double Width = 860,
        Names = 170,
        Values = 80,
        Line = 30,
        Thickness = 18;

    /// <summary>The picture, or nothing where there are no bars.</summary>
    public string ToHtml()
    {
        // A bar keeps the colour of its place, which is its method's in the charts of curves.
        (ReportBar Bar, int Color)[] drawn = [.. Bars.Select((b, i) => (b, i % HtmlPage.Colors)).Where(b => double.IsFinite(b.b.Value))];
        if (drawn.Length == 0)
            return "";
        double low = Math.Min(0, drawn.Min(b => b.Bar.Value - Deviation(b.Bar))),
            high = Math.Max(0, drawn.Max(b => b.Bar.Value + Deviation(b.Bar)));
        if (high <= low)
            high = low + 1;
        double X(double value) => Names + (value - low) / (high - low) * (Width - Names - Values);
        double height = Line * drawn.Length + 8;
        StringBuilder html = new();
        html.Append(
            CultureInfo.InvariantCulture,
            $"<figure class=\"bars\"><svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{Text(Title)}\">\n"
        );
        for (int i = 0; i < drawn.Length; i++)
        {
            (ReportBar bar, int color) = drawn[i];
            double middle = 4 + Line * (i + 0.5),
                end = X(bar.Value),
                zero = X(0),
                deviation = Deviation(bar);
            html.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"name end\" x=\"{Names - 14}\" y=\"{middle + 5:F1}\">{Text(bar.Name)}</text>"
            );
            html.Append(
                CultureInfo.InvariantCulture,
                $"<rect class=\"c{color}\" x=\"{Math.Min(zero, end):F1}\" "
                    + $"y=\"{middle - Thickness / 2:F1}\" width=\"{Math.Max(1, Math.Abs(end - zero)):F1}\" height=\"{Thickness}\" "
                    + $"rx=\"2\"/>"
            );
            if (deviation > 0)
                html.Append(
                    CultureInfo.InvariantCulture,
                    $"<line class=\"deviation\" x1=\"{X(bar.Value - deviation):F1}\" "
                        + $"x2=\"{X(bar.Value + deviation):F1}\" y1=\"{middle:F1}\" y2=\"{middle:F1}\"/>"
                );
            html.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"tick\" x=\"{Math.Max(X(bar.Value + deviation), zero) + 8:F1}\" "
                    + $"y=\"{middle + 4:F1}\">{Text(bar.Label)}</text>\n"
            );
        }
        html.Append(
            CultureInfo.InvariantCulture,
            $"<line class=\"zero\" x1=\"{X(0):F1}\" x2=\"{X(0):F1}\" y1=\"0\" y2=\"{height}\"/>\n</svg></figure>\n"
        );
        return html.ToString();
    }

    private static double Deviation(ReportBar bar) => double.IsFinite(bar.Deviation) ? bar.Deviation : 0;

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
