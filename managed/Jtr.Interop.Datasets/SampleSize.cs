namespace Jtr.Interop.Datasets;

/// <summary>Rows and columns that samples can be resized to.</summary>
internal static class SampleSize
{
    private const int Largest = 8192;

    /// <summary>Throws unless a number of rows or columns can be that of samples.</summary>
    public static void Check(string property, int value)
    {
        if (value is < 1 or > Largest)
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be 1 to {Largest}");
    }
}
