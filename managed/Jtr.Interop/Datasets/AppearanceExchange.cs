namespace Jtr.Interop.Datasets;

/// <summary>
/// Gives a photograph the looks of one of another domain, so that a network learns what both domains share. Half of the samples, drawn
/// anew in each epoch, get those of a sample of another domain; labels stay as they are. In data with one domain nothing changes.
/// </summary>
/// <remarks>An instance is used by several threads at once: it keeps nothing between calls.</remarks>
public abstract class AppearanceExchange
{
    /// <summary>The word for it in settings.</summary>
    public abstract string Name { get; }

    /// <summary>Changes a photograph.</summary>
    /// <param name="image">[3, H, W] in [0, 1], changed in place.</param>
    /// <param name="other">[3, H, W], a photograph of another domain.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public abstract void Apply(Span<float> image, ReadOnlySpan<float> other, int height, int width);
}
