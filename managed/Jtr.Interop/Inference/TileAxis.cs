namespace Jtr.Interop.Inference;

/// <summary>
/// Where tiles lie along an image's rows or columns, and how much a tile counts at each place. They begin at multiples of a grid; the last
/// one begins so late that it just covers the end, so that it is nearly as long as the others.
/// </summary>
internal sealed class TileAxis
{
    private readonly int[] _starts;
    private readonly float[][] _weights;
    private readonly int _length;
    private readonly int _tile;

    /// <summary>Places the tiles.</summary>
    /// <param name="length">Pixels of the image.</param>
    /// <param name="tile">Pixels of a tile.</param>
    /// <param name="overlap">Pixels that neighbours have in common at least, or null.</param>
    /// <param name="grid">The network's stride: tiles that begin at its multiples are pooled as the whole image is.</param>
    /// <exception cref="ArgumentException">The overlap leaves nothing of a tile.</exception>
    public TileAxis(int length, int tile, int? overlap, int grid)
    {
        (_length, _tile) = (length, tile);
        int shared = overlap ?? tile / 4;
        if (shared >= tile && length > tile)
            throw new ArgumentException($"an overlap of {shared} pixels is not below the tile's {tile}", nameof(overlap));
        int step = Math.Max((tile - shared) / grid * grid, Math.Min(grid, tile - shared));
        List<int> starts = [0];
        while (starts[^1] + tile < length)
        {
            int least = (length - tile + grid - 1) / grid * grid;
            int next = starts[^1] + step;
            starts.Add(next + tile >= length ? Math.Min(next, least) : next);
        }
        _starts = [.. starts];
        _weights = [.. Enumerable.Range(0, Count).Select(i => Ramp(this[i].Length, i > 0, i + 1 < Count, shared))];
    }

    /// <summary>Number of tiles.</summary>
    public int Count => _starts.Length;

    /// <summary>Pixels of the longest tile.</summary>
    public int Longest => Math.Min(_tile, _length);

    /// <summary>First pixel and number of pixels of a tile.</summary>
    public (int Start, int Length) this[int index] => (_starts[index], Math.Min(_tile, _length - _starts[index]));

    /// <summary>
    /// How much a tile counts at one of its pixels: 1, and over the overlap with a neighbour falling to 0. The outermost quarter of
    /// an overlap counts nothing: there a network sees least of what lies around.
    /// </summary>
    public float Weight(int index, int at) => _weights[index][at];

    private static float[] Ramp(int length, bool hasBefore, bool hasAfter, int overlap)
    {
        int margin = overlap / 4;
        float[] weights = new float[length];
        for (int i = 0; i < length; i++)
        {
            int before = hasBefore ? i : overlap,
                after = hasAfter ? length - 1 - i : overlap;
            weights[i] = Math.Clamp((Math.Min(before, after) - margin + 1f) / (overlap - 2 * margin + 1), 0, 1);
        }
        return weights;
    }
}
