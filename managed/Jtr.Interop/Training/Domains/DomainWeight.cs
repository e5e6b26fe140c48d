using System.Globalization;

namespace Jtr.Interop.Training;

/// <summary>How much a term counts for samples of a domain; terms that are not named count 1.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Term">A task, for its supervised loss, or a method, such as "jtr", for what it adds.</param>
/// <param name="Weight">0 or more; 0 switches the term off for the domain.</param>
public sealed record DomainWeight(string Domain, string Term, double Weight)
{
    /// <summary>A weight as a text: "DOMAIN:TERM=WEIGHT", such as "streets:depth=0.5".</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static DomainWeight Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.LastIndexOf('='),
            colon = equals < 0 ? -1 : text.LastIndexOf(':', equals);
        if (colon <= 0 || colon + 1 == equals)
            throw new FormatException($"'{text}' is no weight of a domain: it has to be DOMAIN:TERM=WEIGHT, such as streets:depth=0.5");
        return
            double.TryParse(text[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
            && double.IsFinite(weight)
            && weight >= 0
            ? new DomainWeight(text[..colon].Trim(), text[(colon + 1)..equals].Trim(), weight)
            : throw new FormatException($"'{text}': '{text[(equals + 1)..]}' is no weight of 0 or more");
    }

    /// <summary>"DOMAIN:TERM=WEIGHT", as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Domain}:{Term}={Weight:R}");
}
