using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>
/// What is done in training about sources that differ; several at once, beside every method. What is null keeps the library's default,
/// which <see cref="JtrRuntime.OptionsSchema"/> tells with its range; ranges are checked when the trainer is made.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "name")]
[JsonDerivedType(typeof(AdversarialTechnique), AdversarialTechnique.Word)]
[JsonDerivedType(typeof(CoralTechnique), CoralTechnique.Word)]
[JsonDerivedType(typeof(MmdTechnique), MmdTechnique.Word)]
[JsonDerivedType(typeof(NormsTechnique), NormsTechnique.Word)]
public abstract record DomainTechnique
{
    // One line a technique: how it is made of a weight.
    private static readonly Dictionary<string, Func<double?, DomainTechnique>> _kinds = new(StringComparer.Ordinal)
    {
        [AdversarialTechnique.Word] = weight => new AdversarialTechnique { Weight = weight },
        [CoralTechnique.Word] = weight => new CoralTechnique { Weight = weight },
        [MmdTechnique.Word] = weight => new MmdTechnique { Weight = weight },
        [NormsTechnique.Word] = weight =>
            weight is null ? new NormsTechnique() : throw new FormatException($"'{NormsTechnique.Word}' has no weight"),
    };

    private protected DomainTechnique() { }

    /// <summary>The names of all techniques.</summary>
    public static IReadOnlyCollection<string> Words => _kinds.Keys;

    /// <summary>A technique as a text: its name, or its name, a colon and its weight, such as "adversarial:0.5".</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static DomainTechnique Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 2, StringSplitOptions.TrimEntries);
        if (!_kinds.TryGetValue(parts[0], out Func<double?, DomainTechnique>? make))
            throw new FormatException($"there is no domain technique '{parts[0]}'; there are {string.Join(", ", Words)}");
        if (parts.Length == 1)
            return make(null);
        return double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight >= 0
            ? make(weight)
            : throw new FormatException($"'{parts[1]}' is no weight of 0 or more");
    }

    /// <summary>As libjtr reads it.</summary>
    internal JsonObject ToNative() => JsonSerializer.SerializeToNode(this, NativeDomainContext.Default.DomainTechnique)!.AsObject();
}

/// <summary>
/// Features that a classifier cannot tell the domain from: its gradient is reversed before the network (DANN, Ganin et al., JMLR 2016). It
/// reads the mean of the network's coarsest features over the image. Terms: "adversarial.loss" and "adversarial.accuracy".
/// </summary>
public sealed record AdversarialTechnique : DomainTechnique
{
    internal const string Word = "adversarial";

    /// <summary>What the reversed gradient is multiplied by, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>Units of the classifier's hidden layer.</summary>
    public int? Hidden { get; init; }

    /// <summary>
    /// Steps over which the weight grows from 0 as 2 / (1 + exp(-10 p)) - 1, p from 0 to 1: those of the run. 0: it is whole from the
    /// start.
    /// </summary>
    public long? RampSteps { get; init; }
}

/// <summary>What counts as a draw from a domain's distribution of features.</summary>
public enum FeatureRows
{
    /// <summary>The features' mean over each image.</summary>
    Images,

    /// <summary>The features of each place.</summary>
    Places,
}

/// <summary>
/// The covariances of the coarsest features of each two domains must agree (Deep CORAL, Sun and Saenko, ECCV 2016 workshops). Term:
/// "coral.loss".
/// </summary>
public sealed record CoralTechnique : DomainTechnique
{
    internal const string Word = "coral";

    /// <summary>Weight of the term, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>What is compared.</summary>
    public FeatureRows? Rows { get; init; }

    /// <inheritdoc cref="AdversarialTechnique.RampSteps"/>
    public long? RampSteps { get; init; }
}

/// <summary>
/// The distributions of the coarsest features of each two domains must agree, as several Gaussian kernels see them (maximum mean
/// discrepancy; Long et al., ICML 2015). Term: "mmd.loss".
/// </summary>
public sealed record MmdTechnique : DomainTechnique
{
    internal const string Word = "mmd";

    /// <summary>Weight of the term, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>What is compared.</summary>
    public FeatureRows? Rows { get; init; }

    /// <summary>Standard deviations of the kernels, in the features' unit; null: by the median of the distances.</summary>
    public IReadOnlyList<double>? Bandwidths { get; init; }

    /// <inheritdoc cref="AdversarialTechnique.RampSteps"/>
    public long? RampSteps { get; init; }
}

/// <summary>
/// Each domain has batch norm statistics of its own (Chang et al., CVPR 2019). Predictions use a domain's, or their mixture by the samples
/// seen, the default.
/// </summary>
public sealed record NormsTechnique : DomainTechnique
{
    internal const string Word = "norms";

    /// <summary>
    /// Whether the scales and shifts of norms are of each domain, too, as published; the mixture of these is their mean by the samples
    /// seen.
    /// </summary>
    public bool? Weights { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LowerCaseEnum<FeatureRows>)]
)]
[JsonSerializable(typeof(DomainTechnique))]
internal sealed partial class NativeDomainContext : JsonSerializerContext;
