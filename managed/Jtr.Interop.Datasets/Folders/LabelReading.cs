namespace Jtr.Interop.Datasets.Folders;

/// <summary>What is known of how a task's files are read, for checks of what they hold.</summary>
internal readonly record struct LabelReading()
{
    /// <summary>The class id that says "none"; -1 where every number is a class, or the task has none.</summary>
    public int VoidId { get; init; } = -1;

    /// <summary>Metres of one unit of a whole-number depth.</summary>
    public double DepthScale { get; init; } = 1;

    /// <summary>The number in a depth's files that says "none" beside 0, or null.</summary>
    public double? NoneValue { get; init; }
}
