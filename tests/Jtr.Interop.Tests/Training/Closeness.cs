namespace Jtr.Interop.Tests.Training;

/// <summary>Comparison of arrays of numbers by their relative distance.</summary>
internal static class Closeness
{
    /// <summary>|actual - expected| / |expected| in the L2 norm; |actual| where the expected values are all zero.</summary>
    public static double RelativeL2(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        double difference = 0,
            norm = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }
        return norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm);
    }

    /// <summary>Asserts each number's relative distance.</summary>
    public static void Each(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected, double tolerance, string name)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length), name);
        for (int i = 0; i < actual.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(100 * tolerance).Percent, $"{name}[{i}]");
    }
}
