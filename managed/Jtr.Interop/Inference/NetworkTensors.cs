using Jtr.Interop.Export;
using Jtr.Interop.Training;

namespace Jtr.Interop.Inference;

/// <summary>Which tensors of a trainer's state make the network that predicts, and what they are called in it.</summary>
internal sealed class NetworkTensors
{
    /// <summary>The weights of the multi-task network, among all that a checkpoint holds.</summary>
    public const string NetworkPrefix = "model/";

    /// <summary>What stands before the names of the averaged network.</summary>
    public const string AveragePrefix = "ema/";

    // Of networks that have a task each: of method "single_task".
    private const string SeparatePrefix = "model.";
    private const string DomainsPrefix = "domains/";
    private const string Counts = DomainsPrefix + "samples";

    private readonly string _start;
    private readonly string? _domainStart;

    /// <summary>Those of a trainer.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="step">Steps that it has done: before the first there is no average yet.</param>
    /// <param name="asDomain">The domain whose norms predict; null: the mixture.</param>
    public NetworkTensors(TrainerOptions options, long step, string? asDomain = null)
    {
        _start = options.EmaDecay is not null && step > 0 ? AveragePrefix : "";
        _domainStart = asDomain is null ? null : $"{DomainsPrefix}{asDomain}/";
        AsDomain = asDomain;
    }

    /// <summary>The domain whose norms predict; null: the mixture.</summary>
    public string? AsDomain { get; }

    /// <summary>Whether a tensor is of the network, or of one of them.</summary>
    public bool Has(string name) => PlainOrNull(name) is not null;

    /// <summary>The same, while all names that are asked about are kept.</summary>
    public bool Has(string name, List<string> seen)
    {
        seen.Add(name);
        return Has(name);
    }

    /// <summary>Whether the tensor's network has one task alone.</summary>
    public bool IsSeparate(string name) => PlainOrNull(name)?.StartsWith(SeparatePrefix, StringComparison.Ordinal) == true;

    /// <summary>Those of the network by their names in it; a domain's norms take the place of the mixture.</summary>
    /// <param name="all">Tensors of the state; others are left out.</param>
    /// <param name="nameOf">The name of one.</param>
    public Dictionary<string, T> Choose<T>(IEnumerable<T> all, Func<T, string> nameOf)
    {
        Dictionary<string, T> chosen = new(StringComparer.Ordinal);
        foreach (T tensor in all.OrderBy(t => IsOfDomain(nameOf(t))))
        {
            if (PlainOrNull(nameOf(tensor)) is { } plain)
                chosen[plain] = tensor;
        }
        return chosen;
    }

    /// <summary>Throws unless the domain has norms that have seen a sample.</summary>
    /// <param name="names">All names of the state.</param>
    /// <param name="read">Reads a tensor.</param>
    /// <param name="parameter">What named the domain, for messages.</param>
    /// <exception cref="ArgumentException">It has none.</exception>
    public void CheckDomain(IEnumerable<string> names, Func<string, double[]> read, string parameter = nameof(AsDomain))
    {
        if (_domainStart is null)
            return;
        string[] all = [.. names];
        if (!all.Contains(Counts))
            throw new ArgumentException(
                $"{parameter}: the network has no norms of its own for each domain ('{NormsTechnique.Word}')",
                parameter
            );
        string[] own = [.. all.Where(n => n.StartsWith(_domainStart, StringComparison.Ordinal))];
        if (own.Length == 0)
        {
            IEnumerable<string> known = all.Where(n => n.StartsWith(DomainsPrefix, StringComparison.Ordinal) && n != Counts)
                .Select(DomainOf)
                .Distinct()
                .Order(StringComparer.Ordinal);
            throw new ArgumentException($"{parameter}: there is no domain '{AsDomain}' (known: {string.Join(", ", known)})", parameter);
        }
        // A domain's counters begin at 0, whatever the network's own ones have counted.
        if (own.Where(n => n.EndsWith(NetworkWeights.CounterSuffix, StringComparison.Ordinal)).All(n => read(n)[0] == 0))
            throw new ArgumentException($"{parameter}: no sample of the domain '{AsDomain}' was seen in training", parameter);
    }

    private static string DomainOf(string name)
    {
        int end = name.IndexOf($"/{NetworkPrefix}", StringComparison.Ordinal);
        if (end < 0)
            end = name.IndexOf($"/{SeparatePrefix}", StringComparison.Ordinal);
        return name[DomainsPrefix.Length..Math.Max(end, DomainsPrefix.Length)];
    }

    private bool IsOfDomain(string name) => _domainStart is not null && name.StartsWith(_start + _domainStart, StringComparison.Ordinal);

    private string? PlainOrNull(string name)
    {
        if (!name.StartsWith(_start, StringComparison.Ordinal))
            return null;
        string plain = name[(IsOfDomain(name) ? _start.Length + _domainStart!.Length : _start.Length)..];
        return plain.StartsWith(NetworkPrefix, StringComparison.Ordinal) || plain.StartsWith(SeparatePrefix, StringComparison.Ordinal)
            ? plain
            : null;
    }
}
