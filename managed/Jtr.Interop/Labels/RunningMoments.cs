namespace Jtr.Interop.Labels;

/// <summary>Count, range, mean and variance of numbers that come one by one, without the loss of digits that sums of squares
/// have.</summary>
internal struct RunningMoments
{
    private double _lowest;
    private double _highest;

    /// <summary>Numbers so far.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean; 0 while there are none.</summary>
    public double Mean { get; private set; }

    /// <summary>The sum of the squares of their distances from the mean.</summary>
    public double Squares { get; private set; }

    /// <summary>The smallest; NaN while there are none.</summary>
    public readonly double Lowest => Count == 0 ? double.NaN : _lowest;

    /// <summary>The largest; NaN while there are none.</summary>
    public readonly double Highest => Count == 0 ? double.NaN : _highest;

    /// <summary>The standard deviation, of all numbers there are; NaN while there are none.</summary>
    public readonly double Deviation => Count == 0 ? double.NaN : Math.Sqrt(Squares / Count);

    /// <summary>What another process has gathered; its range is not known here.</summary>
    /// <param name="count">Its numbers.</param>
    /// <param name="mean">Their mean.</param>
    /// <param name="squares">The sum of the squares of their distances from it.</param>
    public static RunningMoments Of(long count, double mean, double squares) =>
        new()
        {
            Count = count,
            Mean = mean,
            Squares = squares,
            _lowest = double.NaN,
            _highest = double.NaN,
        };

    /// <summary>Adds a number.</summary>
    public void Add(double number)
    {
        (_lowest, _highest) = Count == 0 ? (number, number) : (Math.Min(_lowest, number), Math.Max(_highest, number));
        Count++;
        double step = number - Mean;
        Mean += step / Count;
        Squares += step * (number - Mean);
    }

    /// <summary>Adds what another one has gathered.</summary>
    public void Add(in RunningMoments other)
    {
        if (other.Count == 0)
            return;
        if (Count == 0)
        {
            this = other;
            return;
        }
        long count = Count + other.Count;
        double step = other.Mean - Mean;
        Squares += other.Squares + step * step * Count * other.Count / count;
        Mean += step * other.Count / count;
        Count = count;
        (_lowest, _highest) = (Math.Min(_lowest, other._lowest), Math.Max(_highest, other._highest));
    }
}
