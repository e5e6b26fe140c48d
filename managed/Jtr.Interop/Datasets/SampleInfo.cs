using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>What is known of a sample before it is read.</summary>
/// <param name="Name">A name that its owner recognises, such as its file name.</param>
/// <param name="Labeled">The tasks that it has labels for.</param>
/// <param name="Domain">The source that it comes from: a place in <see cref="IMultiTaskDataset.Domains"/>.</param>
public readonly record struct SampleInfo(string Name, TaskMask Labeled, int Domain = 0)
{
    /// <summary>The name of the domain of a data set that says nothing of domains.</summary>
    public const string OneDomain = "all";
}

/// <summary>Parts of what is known of samples.</summary>
public static class SampleInfoExtensions
{
    /// <summary>A name for a sample that its owner recognises.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="index">0 or more, below <see cref="IMultiTaskDataset.Count"/>.</param>
    public static string GetName(this IMultiTaskDataset data, int index)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.GetSampleInfo(index).Name;
    }

    /// <summary>The tasks that a sample has labels for.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="index">0 or more, below <see cref="IMultiTaskDataset.Count"/>.</param>
    public static TaskMask GetLabeled(this IMultiTaskDataset data, int index)
    {
        ArgumentNullException.ThrowIfNull(data);
        return data.GetSampleInfo(index).Labeled;
    }
}
