using Jtr.Interop.Labels;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>How thoroughly <see cref="DataChecks"/> looks.</summary>
public sealed record DataCheckOptions
{
    /// <summary>Labels of each task and part to read at most, evenly spread. 1 or more.</summary>
    public int MostLabels { get; init; } = 64;

    /// <summary>Photographs of each part to compare at most, evenly spread. 1 or more.</summary>
    public int MostPhotographs { get; init; } = 500;

    /// <summary>Bytes of photographs of each part to read at most: large photographs are compared in smaller numbers. 1 or more.</summary>
    public long MostPhotographBytes { get; init; } = 256L << 20;

    /// <summary>The labels that training sees, or null for all that exist.</summary>
    public LabelAssignment? Labels { get; init; }

    /// <summary>What the training method does with photographs that have no label, in a sentence; or null.</summary>
    public string? UnlabeledUse { get; init; }

    /// <summary>Told the number of files that were looked at; or null.</summary>
    public Action<int>? Progress { get; init; }
}
