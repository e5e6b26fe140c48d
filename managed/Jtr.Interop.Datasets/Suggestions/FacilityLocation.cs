using System.Numerics;

namespace Jtr.Interop.Datasets.Suggestions;

/// <summary>
/// Chooses points that stand for all: the sum over all points of the distance to the nearest chosen one falls as fast as it can with each
/// choice (greedy facility location; Nemhauser, Wolsey and Fisher, Mathematical Programming 1978, whose bound is 63 % of the best gain).
/// </summary>
internal sealed class FacilityLocation
{
    // All points can be chosen; of very many only some, evenly spread, are to be near to them.
    private const int MostClients = 4096;

    private readonly float[][] _points;
    private readonly int[] _clients;
    private readonly float[] _nearest;

    /// <summary>Nothing is chosen yet.</summary>
    /// <param name="points">Of one length, values 0 to 1.</param>
    public FacilityLocation(float[][] points)
    {
        _points = points;
        int count = Math.Min(points.Length, MostClients);
        _clients = [.. Enumerable.Range(0, count).Select(i => (int)((2L * i + 1) * points.Length / (2L * count)))];
        // No two points are further apart.
        _nearest = new float[count];
        Array.Fill(_nearest, 1);
    }

    /// <summary>The mean distance to the nearest chosen point, 1 where none is chosen.</summary>
    public double Mean => _nearest.Length == 0 ? 0 : _nearest.Average(d => (double)d);

    /// <summary>Root of the mean squared difference of two points, 0 to 1.</summary>
    public static float Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sums = Vector<float>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= a.Length; i += Vector<float>.Count)
        {
            Vector<float> difference = new Vector<float>(a[i..]) - new Vector<float>(b[i..]);
            sums += difference * difference;
        }
        float sum = Vector.Sum(sums);
        for (; i < a.Length; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return MathF.Sqrt(sum / a.Length);
    }

    /// <summary>Chooses a point.</summary>
    public void Add(int point)
    {
        for (int i = 0; i < _clients.Length; i++)
            _nearest[i] = Math.Min(_nearest[i], Distance(_points[_clients[i]], _points[point]));
    }

    /// <summary>Chooses the points that gain most, one after the other.</summary>
    /// <param name="candidates">Those that can be chosen; of equal ones the first is.</param>
    /// <param name="count">How many, at most as there are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Each point with <see cref="Mean"/> once it is chosen.</returns>
    public List<(int Point, double Mean)> Choose(IReadOnlyList<int> candidates, int count, CancellationToken cancellationToken)
    {
        double[] gains = new double[candidates.Count];
        Parallel.For(0, gains.Length, new ParallelOptions { CancellationToken = cancellationToken }, c => gains[c] = Gain(candidates[c]));
        // A gain only falls as others are chosen: the largest that is not out of date is the largest of all.
        PriorityQueue<int, (double Loss, int Place)> queue = new(gains.Select((gain, c) => (c, (-gain, c))));
        int[] updated = new int[gains.Length];
        List<(int, double)> chosen = [];
        while (chosen.Count < count && queue.TryDequeue(out int c, out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (updated[c] < chosen.Count)
            {
                updated[c] = chosen.Count;
                queue.Enqueue(c, (-Gain(candidates[c]), c));
                continue;
            }
            Add(candidates[c]);
            chosen.Add((candidates[c], Mean));
        }
        return chosen;
    }

    private double Gain(int point)
    {
        double gain = 0;
        for (int i = 0; i < _clients.Length; i++)
            gain += Math.Max(0, _nearest[i] - Distance(_points[_clients[i]], _points[point]));
        return gain;
    }
}
