namespace Jtr.Cli.Configuration;

/// <summary>
/// Where a native option is, such as "method[mtpsl].film_schedule[step].decay_steps": names, each with the variant that has the next one.
/// </summary>
/// <param name="Steps">Names; the variants in brackets, null for a name without.</param>
internal sealed record NativePath(IReadOnlyList<(string Name, string? Variant)> Steps)
{
    /// <summary>Stands for every variant that has the option.</summary>
    public const string Every = "*";

    /// <summary>The option of which the first step chooses a variant, such as "method"; null where there is no choice.</summary>
    public string? Slot => Steps[0].Variant is null ? null : Steps[0].Name;

    /// <summary>Reads paths with commas between.</summary>
    public static IReadOnlyList<NativePath> ParseAll(string? text) =>
        text is null ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(Parse)];

    /// <summary>Reads one.</summary>
    public static NativePath Parse(string text) =>
        new([
            .. text.Split('.')
                .Select(step =>
                {
                    string[] parts = step.TrimEnd(']').Split('[');
                    return (parts[0], parts.Length > 1 ? parts[1] : null);
                }),
        ]);

    /// <summary>Whether it is this one, or one of those that this one stands for.</summary>
    public bool Covers(NativePath other) =>
        Steps.Count == other.Steps.Count
        && Steps
            .Zip(other.Steps)
            .All(s => s.First.Name == s.Second.Name && (s.First.Variant == Every || s.First.Variant == s.Second.Variant));

    /// <inheritdoc/>
    public override string ToString() => string.Join('.', Steps.Select(s => s.Variant is null ? s.Name : $"{s.Name}[{s.Variant}]"));
}
