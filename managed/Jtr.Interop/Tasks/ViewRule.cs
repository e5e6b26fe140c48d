namespace Jtr.Interop.Tasks;

/// <summary>How a label's values follow a view of its sample, which enlarges a window of the photograph and may mirror it.</summary>
/// <param name="Sampling">Where the values of an enlarged window come from.</param>
public sealed record ViewRule(ViewSampling Sampling)
{
    /// <summary>Whether values are divided by the view's scale: what is enlarged is nearer.</summary>
    public bool DividedByScale { get; init; }

    /// <summary>Channels of the label that change their sign where a view is mirrored left to right.</summary>
    public IReadOnlyList<int> NegatedByMirror { get; init; } = [];

    /// <summary>
    /// Channels of the label that are a vector in the picture's plane, x to the right and y down, which turns with the picture; or null.
    /// </summary>
    public (int X, int Y)? InPlane { get; init; }

    /// <summary>Whether another rule says the same.</summary>
    public bool Equals(ViewRule? other) =>
        other is not null
        && Sampling == other.Sampling
        && DividedByScale == other.DividedByScale
        && InPlane == other.InPlane
        && NegatedByMirror.SequenceEqual(other.NegatedByMirror);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Sampling, DividedByScale, NegatedByMirror.Count, InPlane);
}

/// <summary>Where the values of an enlarged window come from.</summary>
public enum ViewSampling
{
    /// <summary>From the nearest pixel, for values of which there is no mean.</summary>
    Nearest = 0,

    /// <summary>From the four pixels around, weighted by their nearness. An invalid value makes those around it invalid.</summary>
    Bilinear = 1,

    /// <summary>From the label as it is: it tells of the whole photograph.</summary>
    Whole = 2,
}
