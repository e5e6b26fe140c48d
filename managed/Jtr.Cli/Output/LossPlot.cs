using System.Globalization;

namespace Jtr.Cli.Output;

/// <summary>A curve of losses over rates in plain characters, the rates on a logarithmic axis.</summary>
internal static class LossPlot
{
    private const int Columns = 64;
    private const int Rows = 14;

    /// <summary>Draws.</summary>
    /// <param name="points">Rates rising, and losses.</param>
    /// <param name="marked">A rate to mark, or null.</param>
    /// <returns>The lines; none for fewer than two points.</returns>
    public static IReadOnlyList<string> Draw(IReadOnlyList<(double Rate, double Loss)> points, double? marked)
    {
        if (points.Count < 2)
            return [];
        double low = points.Min(p => p.Loss);
        // What grows far above the first loss would press the rest into one line.
        double high = Math.Max(Math.Min(points.Max(p => p.Loss), low + 2 * (points[0].Loss - low)), low + 1e-12);
        double first = Math.Log(points[0].Rate),
            last = Math.Log(points[^1].Rate);
        char[][] grid = [.. Enumerable.Range(0, Rows).Select(_ => Enumerable.Repeat(' ', Columns).ToArray())];
        if (marked is double rate)
        {
            foreach (char[] row in grid)
                row[Column(rate)] = '|';
        }
        foreach ((double at, double loss) in points)
            grid[(int)Math.Round((high - Math.Min(loss, high)) / (high - low) * (Rows - 1))][Column(at)] = '*';
        List<string> lines = [];
        for (int r = 0; r < Rows; r++)
        {
            string label =
                r == 0 ? Number(high)
                : r == Rows - 1 ? Number(low)
                : "";
            lines.Add($"{label, 10} {new string(grid[r]).TrimEnd()}".TrimEnd());
        }
        string left = points[0].Rate.ToString("0e+0", CultureInfo.InvariantCulture),
            right = points[^1].Rate.ToString("0e+0", CultureInfo.InvariantCulture);
        lines.Add($"{"", 10} {left}{right.PadLeft(Columns - left.Length)}");
        return lines;

        int Column(double at) => Math.Clamp((int)Math.Round((Math.Log(at) - first) / (last - first) * (Columns - 1)), 0, Columns - 1);
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
