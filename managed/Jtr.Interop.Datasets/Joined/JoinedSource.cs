namespace Jtr.Interop.Datasets.Joined;

/// <summary>One data set of a <see cref="JoinedDataset"/>.</summary>
/// <param name="Name">A name, different from the other sources', with which samples and errors are told.</param>
/// <param name="Data">The data set.</param>
public sealed record JoinedSource(string Name, IMultiTaskDataset Data)
{
    /// <summary>
    /// How often an epoch has a sample of this source, above 0: 2 has each twice, 1.5 each once and every other one again, 0.5 every
    /// other one. Which ones is the same in every epoch, evenly spread: to see all samples of a source less often
    /// than those of others, raise the others' weights instead.
    /// </summary>
    public double Weight { get; init; } = 1;

    /// <summary>Other names for tasks of this source, by their own names, so that they match those of other sources; or null.</summary>
    public IReadOnlyDictionary<string, string>? Rename { get; init; }

    /// <summary>The name that a task of this source has in the joined data set.</summary>
    internal string JoinedName(string task) => Rename?.GetValueOrDefault(task) ?? task;
}

/// <summary>Where a sample of a joined data set comes from.</summary>
/// <param name="Source">The source's place among the sources.</param>
/// <param name="Index">The sample's index in that source.</param>
public readonly record struct SampleOrigin(int Source, int Index);
