using System.Globalization;

namespace Jtr.Interop.Inference;

/// <summary>At which size predictions are given.</summary>
public enum PredictionSize
{
    /// <summary>The image's own.</summary>
    Image,

    /// <summary>The one that the network computes at.</summary>
    Network,
}

/// <summary>How a whole image is predicted, whatever its size.</summary>
public sealed record InferenceOptions
{
    /// <summary>
    /// Rows and columns that the network computes at, or with <see cref="Tile"/> those of a tile; null: the size that the
    /// network was trained at (<see cref="Predictor.TrainingSize"/>), where that is not known the image's own.
    /// </summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>At which size predictions are given; with <see cref="Tile"/> always the image's.</summary>
    public PredictionSize At { get; init; }

    /// <summary>
    /// Whether the image is cut into tiles at its own resolution, instead of being resized. Where tiles overlap, their predictions
    /// are blended, each with a weight that falls towards its edge; the outermost quarter of an overlap counts nothing.
    /// </summary>
    public bool Tile { get; init; }

    /// <summary>
    /// Rows and columns by which neighbouring tiles overlap at least, 0 or more and below the tile's; null: a quarter of the tile.
    /// </summary>
    public int? Overlap { get; init; }

    /// <summary>Whether the mirrored image is predicted too, and the mean of both taken.</summary>
    public bool Flip { get; init; }

    /// <summary>
    /// Sizes that the image is predicted at, as factors of <see cref="Size"/>, each 0.1 to 8, at most 16; the mean of all is taken.
    /// </summary>
    public IReadOnlyList<double> Scales { get; init; } = [1.0];

    /// <summary>
    /// Whether to say how sure the network is at each pixel: of segmentation the probability of its class, of values how far they
    /// are spread over the passes (flips and scales). For the spread the mirrored image is predicted in any case.
    /// </summary>
    public bool Confidence { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (Size is { } size && (size.Height is < 1 or > 65536 || size.Width is < 1 or > 65536))
            throw new ArgumentOutOfRangeException(nameof(Size), size, $"{nameof(Size)} has to be 1 to 65536 rows and columns");
        if (!Enum.IsDefined(At))
            throw new ArgumentOutOfRangeException(nameof(At), At, $"{nameof(At)} has to be {nameof(PredictionSize)}.Image or Network");
        if (Overlap is < 0)
            throw new ArgumentOutOfRangeException(nameof(Overlap), Overlap, $"{nameof(Overlap)} has to be 0 or more");
        if (Scales is not { Count: >= 1 and <= 16 })
            throw new ArgumentException($"{nameof(Scales)} has to have 1 to 16 factors", nameof(Scales));
        foreach (double scale in Scales)
        {
            if (!(scale is >= 0.1 and <= 8))
                throw new ArgumentOutOfRangeException(
                    nameof(Scales),
                    scale.ToString(CultureInfo.InvariantCulture),
                    $"each of {nameof(Scales)} has to be 0.1 to 8"
                );
        }
    }
}
