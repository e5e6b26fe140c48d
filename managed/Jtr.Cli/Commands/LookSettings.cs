using Jtr.Cli.Configuration;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Commands;

/// <summary>How samples change beside crops, flips and the published colours, and what they take from other domains.</summary>
internal sealed record LookSettings
{
    /// <summary>Words for the exchanges of <see cref="Domain"/>.</summary>
    public static IReadOnlyList<string> Exchanges { get; } = ["fourier", "histogram"];

    /// <summary>Turning, blur, noise, jittered colours and holes.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>What makes domains alike, by its word.</summary>
    public IReadOnlyList<string> Domain { get; init; } = [];

    /// <summary>Of the frequencies those that "fourier" exchanges, or null for the default.</summary>
    public double? FourierShare { get; init; }

    /// <summary>The exchanges of looks.</summary>
    public IReadOnlyList<AppearanceExchange> ToExchanges() =>
        [.. Domain.Select(word => word == "fourier" ? (AppearanceExchange)Fourier : new HistogramMatching())];

    private FourierExchange Fourier => FourierShare is { } share ? new(share) : new();

    /// <summary>The settings: what is said, on top of others.</summary>
    /// <param name="augmentation">What is said of samples.</param>
    /// <param name="domain">What is said of domains.</param>
    /// <param name="basis">What counts where nothing is said.</param>
    /// <exception cref="UsageException">An exchange has no such word.</exception>
    public static LookSettings Of(AugmentationSection augmentation, DomainSection domain, LookSettings basis)
    {
        foreach (string word in domain.Techniques ?? [])
        {
            if (!Exchanges.Contains(word))
                throw new UsageException($"--domain takes {string.Join(" and ", Exchanges)}, not '{word}'.");
        }
        AugmentationOptions b = basis.Augmentation;
        return new LookSettings
        {
            Augmentation = new AugmentationOptions
            {
                Rotation = augmentation.Rotate ?? b.Rotation,
                Blur = augmentation.Blur ?? b.Blur,
                Noise = augmentation.Noise ?? b.Noise,
                ColorJitter = augmentation.ColorJitter ?? b.ColorJitter,
                Erase = augmentation.Erase ?? b.Erase,
            },
            Domain = domain.Techniques ?? basis.Domain,
            FourierShare = domain.FourierShare ?? basis.FourierShare,
        };
    }

    /// <summary>Whether others say the same.</summary>
    public bool Equals(LookSettings? other) =>
        other is not null
        && Augmentation == other.Augmentation
        && Domain.SequenceEqual(other.Domain)
        && FourierShare == other.FourierShare;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Augmentation, Domain.Count, FourierShare);
}
