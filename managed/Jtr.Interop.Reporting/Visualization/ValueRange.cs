namespace Jtr.Interop.Visualization;

/// <summary>The numbers that a colormap's two ends stand for.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end, above <paramref name="Low"/>.</param>
public readonly record struct ValueRange(float Low, float High)
{
    /// <summary>0 to 1.</summary>
    public static ValueRange Unit => new(0, 1);

    /// <summary>The smallest range that holds all finite values other than one, or null when there is no such value.</summary>
    /// <param name="values">The values.</param>
    /// <param name="except">A value to leave out, such as a task's invalid label.</param>
    public static ValueRange? Of(ReadOnlySpan<float> values, float except = float.NaN)
    {
        float low = float.PositiveInfinity,
            high = float.NegativeInfinity;
        foreach (float value in values)
        {
            if (!float.IsFinite(value) || value == except)
                continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }
        if (low > high)
            return null;
        return low == high ? new(low - 0.5f, high + 0.5f) : new(low, high);
    }

    /// <summary>Where a value lies in the range: 0 at the lower end, 1 at the upper.</summary>
    /// <param name="value">The value.</param>
    public double Place(float value) => ((double)value - Low) / ((double)High - Low);
}
