namespace Jtr.Interop.Visualization;

/// <summary>
/// Colours for numbers of 0 to 1. Viridis and magma are perceptually uniform: equal steps look equally far apart, and lightness
/// grows all the way. Both are polynomials of degree six fitted to the original tables, right to 6 in 255.
/// </summary>
public static class Colormap
{
    private static readonly double[] _viridis =
    [
        0.2777273272234177,
        0.005407344544966578,
        0.3340998053353061,
        0.1050930431085774,
        1.404613529898575,
        1.384590162594685,
        -0.3308618287255563,
        0.214847559468213,
        0.09509516302823659,
        -4.634230498983486,
        -5.799100973351585,
        -19.33244095627987,
        6.228269936347081,
        14.17993336680509,
        56.69055260068105,
        4.776384997670288,
        -13.74514537774601,
        -65.35303263337234,
        -5.435455855934631,
        4.645852612178535,
        26.3124352495832,
    ];

    private static readonly double[] _magma =
    [
        -0.002136485053939582,
        -0.000749655052795221,
        -0.005386127855323933,
        0.2516605407371642,
        0.6775232436837668,
        2.494026599312351,
        8.353717279216625,
        -3.577719514958484,
        0.3144679030132573,
        -27.66873308576866,
        14.26473078096533,
        -13.64921318813922,
        52.17613981234068,
        -27.94360607168351,
        12.94416944238394,
        -50.76852536473588,
        29.04658282127291,
        4.23415299384598,
        18.65570506591883,
        -11.48977351997711,
        -5.601961508734096,
    ];

    // A photograph has millions of values: of so many steps the polynomials are computed once.
    private const int Steps = 4096;

    private static readonly Rgb[] _viridisTable = Table(_viridis),
        _magmaTable = Table(_magma);

    /// <summary>From dark violet over green to yellow; for depth.</summary>
    /// <param name="value">0 to 1; values outside take the nearer end's colour.</param>
    public static Rgb Viridis(double value) => _viridisTable[Step(value)];

    /// <summary>From black over violet and orange to a pale yellow; for maps.</summary>
    /// <param name="value">0 to 1; values outside take the nearer end's colour.</param>
    public static Rgb Magma(double value) => _magmaTable[Step(value)];

    internal static byte Byte(double value) => double.IsNaN(value) ? (byte)0 : (byte)Math.Round(255 * Math.Clamp(value, 0, 1));

    private static int Step(double value) => double.IsNaN(value) ? 0 : (int)(Math.Clamp(value, 0, 1) * (Steps - 1) + 0.5);

    private static Rgb[] Table(double[] coefficients) =>
        [.. Enumerable.Range(0, Steps).Select(i => Evaluate(coefficients, i / (Steps - 1.0)))];

    private static Rgb Evaluate(double[] coefficients, double t)
    {
        double r = 0,
            g = 0,
            b = 0;
        for (int i = coefficients.Length - 3; i >= 0; i -= 3)
        {
            r = r * t + coefficients[i];
            g = g * t + coefficients[i + 1];
            b = b * t + coefficients[i + 2];
        }
        return new(Byte(r), Byte(g), Byte(b));
    }
}
