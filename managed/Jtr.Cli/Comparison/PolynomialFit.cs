namespace Jtr.Cli.Comparison;

/// <summary>
/// A polynomial in K fitted by least squares: coefficients c[0] + c[1] K + c[2] K^2 + ..., and how much of the variance it explains.
/// </summary>
/// <param name="Coefficients">From the constant upwards.</param>
/// <param name="RSquared">1 - residual variance / variance; 1 where the fit is exact.</param>
internal sealed record PolynomialFit(IReadOnlyList<double> Coefficients, double RSquared)
{
    /// <summary>Fits.</summary>
    /// <param name="degree">Degree of the polynomial.</param>
    /// <param name="points">The points; null is returned where there are not more than <paramref name="degree"/>.</param>
    public static PolynomialFit? Of(int degree, IReadOnlyList<(double X, double Y)> points)
    {
        int n = degree + 1;
        if (points.Count < n)
            return null;
        // Normal equations: a handful of points, and powers of K up to 12, so their condition does no harm in double.
        double[,] a = new double[n, n + 1];
        foreach ((double x, double y) in points)
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                    a[i, j] += Math.Pow(x, i + j);
                a[i, n] += y * Math.Pow(x, i);
            }
        }
        double[]? c = Solve(a, n);
        if (c is null)
            return null;
        PolynomialFit fit = new(c, 1);
        double mean = points.Average(p => p.Y),
            variance = points.Sum(p => (p.Y - mean) * (p.Y - mean)),
            residual = points.Sum(p => Math.Pow(p.Y - fit.At(p.X), 2));
        return fit with { RSquared = variance > 0 ? 1 - residual / variance : 1 };
    }

    /// <summary>The polynomial's value.</summary>
    public double At(double x)
    {
        double value = 0;
        for (int i = Coefficients.Count - 1; i >= 0; i--)
            value = value * x + Coefficients[i];
        return value;
    }

    /// <summary>Gaussian elimination with row pivoting; null for a singular system.</summary>
    private static double[]? Solve(double[,] a, int n)
    {
        for (int column = 0; column < n; column++)
        {
            int pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(a[row, column]));
            if (Math.Abs(a[pivot, column]) < 1e-12)
                return null;
            for (int j = 0; j <= n; j++)
                (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j]);
            for (int row = 0; row < n; row++)
            {
                if (row == column)
                    continue;
                double factor = a[row, column] / a[column, column];
                for (int j = column; j <= n; j++)
                    a[row, j] -= factor * a[column, j];
            }
        }
        return [.. Enumerable.Range(0, n).Select(i => a[i, n] / a[i, i])];
    }
}
