using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Jtr.Interop.Weights;

/// <summary>How the names of tensors in other libraries' files become the network's. Each map is a small JSON file beside this
/// one.</summary>
internal sealed record NameMap
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    private static readonly Lazy<IReadOnlyList<NameMap>> _all = new(() =>
        [
            .. typeof(NameMap)
                .Assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(Load),
        ]
    );

    private const string ResourcePrefix = "Jtr.Interop.Weights.Names.";

    /// <summary>Where such names come from.</summary>
    public required string About { get; init; }

    /// <summary>Regular expressions and what takes their place, one after the other.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> Replace { get; init; }

    /// <summary>Regular expressions of names that a backbone has no use for, such as a classifier's.</summary>
    public IReadOnlyList<string> Skip { get; init; } = [];

    /// <summary>All maps.</summary>
    public static IReadOnlyList<NameMap> All => _all.Value;

    /// <summary>A name in the network.</summary>
    public string Apply(string name)
    {
        foreach (IReadOnlyList<string> rule in Replace)
            name = Regex.Replace(name, rule[0], rule[1], RegexOptions.CultureInvariant, _longest);
        return name;
    }

    /// <summary>Whether a backbone has no use for a tensor of this name.</summary>
    public bool IsSkipped(string name) => Skip.Any(s => Regex.IsMatch(name, s, RegexOptions.CultureInvariant, _longest));

    private static NameMap Load(string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        return JsonSerializer.Deserialize(stream, NameMapJson.Default.NameMap)!;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NameMap))]
internal sealed partial class NameMapJson : JsonSerializerContext;
