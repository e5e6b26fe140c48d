using Jtr.Cli.Configuration;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Commands;

/// <summary>How samples change beside crops, flips and the published colors, and what they take from other domains.</summary>
internal static class LookSettings
{
    private const string Fourier = "fourier",
        Histogram = "histogram";

    /// <summary>The changes of samples, or null for none.</summary>
    public static AugmentationOptions? Augmentation(AugmentationSection section)
    {
        AugmentationOptions options = new()
        {
            Rotation = section.Rotate ?? 0,
            Blur = section.Blur ?? 0,
            Noise = section.Noise ?? 0,
            ColorJitter = section.ColorJitter ?? 0,
            Erase = section.Erase ?? 0,
            CutMix = section.CutMix ?? 0,
        };
        return options == new AugmentationOptions() ? null : options;
    }

    /// <summary>The exchanges of looks; what else makes domains alike is the native library's.</summary>
    public static IReadOnlyList<AppearanceExchange> Exchanges(DomainSection section) =>
        [
            .. (section.Techniques ?? [])
                .Where(IsExchange)
                .Select(word =>
                    word == Histogram ? new HistogramMatching()
                    : section.FourierShare is { } share ? new FourierExchange(share)
                    : (AppearanceExchange)new FourierExchange()
                ),
        ];

    /// <summary>Whether a technique is one of samples, not of training.</summary>
    public static bool IsExchange(string technique) => technique is Fourier or Histogram;
}
