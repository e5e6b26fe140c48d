using System.Globalization;
using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Labels;

/// <summary>
/// Weights of classes by how rare they are: a class that has the share f of the labelled pixels (of a classification: of the samples)
/// counts c f^-power, with c so that a label counts 1 in the mean. At power 1 each class counts as much as any other, as with the inverse
/// frequencies of Eigen and Fergus (ICCV 2015, section 4.3); at 0 all weights are 1.
/// </summary>
public static class ClassBalance
{
    /// <summary>Labels of a task that are read where nothing else is said.</summary>
    public const int UsualLabels = 256;

    /// <summary>The weights of classes that occur so often. One that does not occur counts as much as the rarest that does.</summary>
    /// <param name="counts">Labels of each class.</param>
    /// <param name="power">0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, or the power is not from 0 to 1.</exception>
    public static IReadOnlyList<double> Weights(IReadOnlyList<long> counts, double power)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (!(power is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(power),
                power.ToString(CultureInfo.InvariantCulture),
                "the power has to be 0 to 1"
            );
        if (counts.Any(c => c < 0))
            throw new ArgumentOutOfRangeException(nameof(counts), counts.Min(), "a count has to be 0 or more");
        long all = counts.Sum(),
            least = counts.Where(c => c > 0).DefaultIfEmpty(1).Min();
        if (all == 0)
            return [.. counts.Select(_ => 1.0)];
        double[] weights = [.. counts.Select(c => Math.Pow((double)Math.Max(c, least) / all, -power))];
        double mean = weights.Zip(counts, (w, c) => w * c).Sum() / all;
        return [.. weights.Select(w => w / mean)];
    }

    /// <summary>The tasks of a data set, those of classes with weights by what labels hold; weights that a task has stay.</summary>
    /// <param name="data">The samples to train on.</param>
    /// <param name="labels">The labels that training sees; null: all.</param>
    /// <param name="power">0 to 1; see <see cref="Weights"/>.</param>
    /// <param name="mostLabels">Labels of a task to read at most, 1 or more, evenly spread over the samples.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ArgumentException">The labels are not for these data, or a number is outside its range.</exception>
    public static TaskSet Weigh(
        IMultiTaskDataset data,
        LabelAssignment? labels = null,
        double power = 0.5,
        int mostLabels = UsualLabels,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        LabelStatistics[] statistics = [.. data.Tasks.Select(t => t.Kind.CreateStatistics(t))];
        LabelSamples.Read(
            data,
            labels,
            mostLabels,
            task => task.Kind.HasClassIds,
            (task, label) => statistics[task].Add(label),
            cancellationToken
        );
        return new TaskSet(
            data.Tasks.Select((task, t) => task.Kind.HasClassIds ? task.Kind.Weigh(task, Weights(statistics[t].Classes, power)) : task)
        );
    }
}
