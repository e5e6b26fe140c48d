namespace Jtr.Interop.Datasets.Checks;

/// <summary>How much a finding matters.</summary>
public enum FindingLevel
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Training goes on, but probably learns something else than what was meant.</summary>
    Warning,

    /// <summary>There is nothing to learn.</summary>
    Error,
}

/// <summary>Something about data that is probably not as it was meant.</summary>
public sealed record DataFinding
{
    /// <summary>How much it matters.</summary>
    public required FindingLevel Level { get; init; }

    /// <summary>The check that found it, such as "depth-constant".</summary>
    public required string Check { get; init; }

    /// <summary>The task that it is about, or null.</summary>
    public string? Task { get; init; }

    /// <summary>What is the matter.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Advice { get; init; }

    /// <summary>The first file that shows it, or null.</summary>
    public string? File { get; init; }

    /// <summary>Files that show it, of those that were looked at.</summary>
    public int Count { get; init; }

    /// <summary>Files that were looked at for it.</summary>
    public int Looked { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string where = Count == 0 ? "" : $" ({Count} of {Looked}{(File is null ? "" : $", such as {File}")})";
        return $"{(Task is null ? "" : $"{Task}: ")}{Message}{where}. {Advice}";
    }
}

/// <summary>What <see cref="DataChecks"/> found.</summary>
/// <param name="Findings">What is worth saying, what matters most first.</param>
/// <param name="Photographs">Photographs that were looked at.</param>
/// <param name="Labels">Labels that were looked at.</param>
public sealed record DataCheckReport(IReadOnlyList<DataFinding> Findings, int Photographs, int Labels)
{
    /// <summary>Whether there is nothing to learn.</summary>
    public bool HasErrors => Findings.Any(f => f.Level == FindingLevel.Error);
}
