using System.Globalization;
using System.Net;
using System.Text;

namespace Jtr.Interop.Reporting;

/// <summary>A curve.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, in order of X; those that are not finite are gaps.</param>
/// <param name="Color">Which of the page's eight colours.</param>
internal sealed record LineSeries(string Name, IReadOnlyList<(double X, double Y)> Points, int Color);

/// <summary>
/// Curves as SVG. Noisy curves are drawn twice: pale as they are, and strong as their running mean. Colours and fonts are the page's style
/// classes.
/// </summary>
/// <param name="Title">What the curves show.</param>
/// <param name="Series">The curves.</param>
/// <param name="IsSmooth">Whether the curves are drawn as they are, with a mark at each point.</param>
/// <param name="XLabel">What is along the bottom.</param>
internal sealed record LineChart(string Title, IReadOnlyList<LineSeries> Series, bool IsSmooth = false, string XLabel = "step")
{
    private const double Width = 560,
        Height = 300,
        Left = 58,
        Right = 14,
        Top = 14,
        Bottom = 36;

    /// <summary>Room around the curves for their thickness and marks.</summary>
    private const double Edge = 4;

    /// <summary>Most points that are drawn of a curve; more are put together.</summary>
    private const int MostPoints = 400;

    /// <summary>Whether there is anything to draw.</summary>
    public bool HasPoints => Series.Any(s => s.Points.Any(p => double.IsFinite(p.Y)));

    /// <summary>Whether a curve has two points or more, without which a chart shows less than a number does.</summary>
    public bool HasCurves => Series.Any(s => s.Points.Count(p => double.IsFinite(p.Y)) > 1);

    /// <summary>The picture with its title and legend, or nothing where there are no points.</summary>
    public string ToHtml()
    {
        LineSeries[] drawn = [.. Series.Select(s => s with { Points = Thin(s.Points) }).Where(s => s.Points.Count > 0)];
        if (drawn.Length == 0)
            return "";
        (double xLow, double xHigh) = Range(drawn.SelectMany(s => s.Points).Select(p => p.X));
        (double yLow, double yHigh) = Range(drawn.SelectMany(s => IsSmooth ? s.Points : Trimmed(s.Points)).Select(p => p.Y));
        double[] xTicks = Ticks(xLow, xHigh, 6),
            yTicks = Ticks(yLow, yHigh, 5);
        if (yTicks.Length > 1)
        {
            // The curves end within the lines of the grid where that does not squeeze them.
            double gap = yTicks[1] - yTicks[0];
            if (yTicks[0] - yLow > gap * 0.05)
                yTicks = [yTicks[0] - gap, .. yTicks];
            if (yHigh - yTicks[^1] > gap * 0.05)
                yTicks = [.. yTicks, yTicks[^1] + gap];
            (yLow, yHigh) = (Math.Min(yLow, yTicks[0]), Math.Max(yHigh, yTicks[^1]));
        }
        double X(double x) => Left + (x - xLow) / (xHigh - xLow) * (Width - Left - Right);
        // What is far outside is cut off in any case; its place need not be exact.
        double Y(double y) => Height - Bottom - Math.Clamp((y - yLow) / (yHigh - yLow), -9, 9) * (Height - Top - Bottom);

        StringBuilder html = new();
        html.Append("<figure class=\"chart\"><figcaption>").Append(Text(Title)).Append("</figcaption>\n");
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(Title)}\">\n");
        foreach (double tick in yTicks)
            html.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):F1}\" "
                    + $"y2=\"{Y(tick):F1}\"/><text class=\"tick end\" x=\"{Left - 8}\" y=\"{Y(tick) + 4:F1}\">{Number(tick)}</text>\n"
            );
        foreach (double tick in xTicks)
            html.Append(
                CultureInfo.InvariantCulture,
                $"<text class=\"tick middle\" x=\"{X(tick):F1}\" y=\"{Height - Bottom + 18}\">{Number(tick)}</text>\n"
            );
        html.Append(
            CultureInfo.InvariantCulture,
            $"<text class=\"tick end\" x=\"{Width - Right}\" y=\"{Height - 3}\">{Text(XLabel)}</text>\n"
        );
        // The first losses are often far above all others: a picture within the picture cuts their curve off where it leaves the chart.
        string room = string.Create(
            CultureInfo.InvariantCulture,
            $"{Left - Edge} {Top - Edge} {Width - Left - Right + 2 * Edge} {Height - Top - Bottom + 2 * Edge}"
        );
        string[] sides = room.Split(' ');
        if (!IsSmooth)
            html.Append(
                CultureInfo.InvariantCulture,
                $"<svg x=\"{sides[0]}\" y=\"{sides[1]}\" width=\"{sides[2]}\" height=\"{sides[3]}\" viewBox=\"{room}\">\n"
            );
        foreach (LineSeries series in drawn)
        {
            bool both = !IsSmooth && series.Points.Count > 20;
            if (both)
                html.Append(CultureInfo.InvariantCulture, $"<path class=\"raw c{series.Color}\" d=\"{Path(series.Points, X, Y)}\"/>\n");
            html.Append(
                CultureInfo.InvariantCulture,
                $"<path class=\"line c{series.Color}\" d=\"{Path(both ? Smooth(series.Points) : series.Points, X, Y)}\"/>\n"
            );
            if (both)
                continue;
            foreach ((double x, double y) in series.Points)
                html.Append(
                    CultureInfo.InvariantCulture,
                    $"<circle class=\"c{series.Color}\" cx=\"{X(x):F1}\" cy=\"{Y(y):F1}\" "
                        + $"r=\"3.5\"><title>{Text(series.Name)}, {Text(XLabel)} {Number(x)}: {Number(y)}</title></circle>\n"
                );
        }
        if (!IsSmooth)
            html.Append("</svg>\n");
        html.Append("</svg>\n");
        if (drawn.Length > 1)
        {
            html.Append("<div class=\"legend\">");
            foreach (LineSeries series in drawn)
                html.Append(CultureInfo.InvariantCulture, $"<span><i class=\"c{series.Color}\"></i>{Text(series.Name)}</span>");
            html.Append("</div>\n");
        }
        return html.Append("</figure>\n").ToString();
    }

    /// <summary>
    /// Ticks at 1, 2 or 5 times a power of ten, the first at or below the range's beginning where that is near, all within reach of it.
    /// </summary>
    internal static double[] Ticks(double low, double high, int most)
    {
        double rough = (high - low) / most;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1.0, 2, 5, 10 }.Select(f => f * power).First(s => s >= rough * 0.999);
        List<double> ticks = [];
        for (double k = Math.Ceiling(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
            ticks.Add(k * step);
        return [.. ticks];
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (high > low)
            return (low, high);
        double room = Math.Max(Math.Abs(low) * 0.1, 1e-6);
        return (low - room, high + room);
    }

    /// <summary>Without the largest two in a hundred, so that the first steps' losses do not press all others to the ground.</summary>
    private static IEnumerable<(double X, double Y)> Trimmed(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count < 50)
            return points;
        double[] sorted = [.. points.Select(p => p.Y).Order()];
        double limit = sorted[(int)(sorted.Length * 0.98)];
        return points.Where(p => p.Y <= limit);
    }

    /// <summary>The means of equally many neighbours each.</summary>
    internal static IReadOnlyList<(double X, double Y)> Thin(IReadOnlyList<(double X, double Y)> points)
    {
        (double X, double Y)[] finite = [.. points.Where(p => double.IsFinite(p.Y))];
        if (finite.Length <= MostPoints)
            return finite;
        (double X, double Y)[] thin = new (double, double)[MostPoints];
        for (int i = 0; i < MostPoints; i++)
        {
            ReadOnlySpan<(double X, double Y)> part = finite.AsSpan(
                (int)((long)i * finite.Length / MostPoints)..(int)((i + 1L) * finite.Length / MostPoints)
            );
            double sum = 0;
            foreach ((_, double y) in part)
                sum += y;
            thin[i] = (part[^1].X, sum / part.Length);
        }
        return thin;
    }

    /// <summary>
    /// The mean of each point and its neighbours, a fortieth of all to each side; at the ends of as many as both sides have. So the curve
    /// is not late, and a few huge first losses do not lift what comes long after them.
    /// </summary>
    internal static IReadOnlyList<(double X, double Y)> Smooth(IReadOnlyList<(double X, double Y)> points)
    {
        int most = Math.Max(1, points.Count / 40);
        (double X, double Y)[] smooth = new (double, double)[points.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            int side = Math.Min(most, Math.Min(i, points.Count - 1 - i));
            double sum = 0;
            for (int k = i - side; k <= i + side; k++)
                sum += points[k].Y;
            smooth[i] = (points[i].X, sum / (2 * side + 1));
        }
        return smooth;
    }

    private static string Path(IReadOnlyList<(double X, double Y)> points, Func<double, double> x, Func<double, double> y)
    {
        StringBuilder path = new();
        for (int i = 0; i < points.Count; i++)
            path.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{x(points[i].X):F1} {y(points[i].Y):F1}");
        return path.ToString();
    }

    private static string Number(double value) =>
        Math.Abs(value) switch
        {
            0 => "0",
            >= 1e6 or < 1e-4 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
            _ => Math.Round(value, 10).ToString("0.######", CultureInfo.InvariantCulture),
        };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
