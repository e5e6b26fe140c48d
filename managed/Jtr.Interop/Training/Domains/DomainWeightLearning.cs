using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Training;

/// <summary>
/// How the weights of tasks on other domains follow from scores on a part of the data that training does not see: a task that is solved
/// worse on the target than on another domain suffers from what sets them apart, and counts less on that domain. Its weight there is the
/// target's score over the domain's, or of errors the domain's over the target's, at most 1; 1 where either is unknown. A rule of this
/// library; no paper has it.
/// </summary>
public sealed record DomainWeightLearning
{
    /// <summary>The domain that the network is for.</summary>
    public required string Target { get; init; }

    /// <summary>Labelled samples of all domains that training does not see, and that no result is told of.</summary>
    public required IMultiTaskDataset Validation { get; init; }

    /// <summary>Steps between two looks at the scores, 1 or more.</summary>
    public long Every { get; init; } = 100;

    /// <summary>The weight of each task on a domain.</summary>
    /// <param name="scores">The scores, by domain.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="task">The task.</param>
    public double WeightOf(EvaluationResult scores, string domain, string task)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (domain == Target || HeadlineOf(scores, Target, task) is not { } target || HeadlineOf(scores, domain, task) is not { } other)
            return 1;
        double ratio = target.HigherIsBetter ? target.Value / other.Value : other.Value / target.Value;
        // 0 / 0: both are without fault.
        return double.IsNaN(ratio) ? 1 : Math.Clamp(ratio, 0, 1);
    }

    internal void Validate(IReadOnlyList<string> domains, string parameter)
    {
        if (!domains.Contains(Target))
            throw new ArgumentException(
                $"{nameof(Target)}: there is no domain '{Target}' (known: {string.Join(", ", domains)})",
                parameter
            );
        OptionRange.NotNull(nameof(Validation), Validation);
        OptionRange.Within(nameof(Every), Every, 1);
    }

    private static MetricValue? HeadlineOf(EvaluationResult scores, string domain, string task) =>
        scores.Domains.FirstOrDefault(d => d.Domain == domain)?.Scores.Tasks.FirstOrDefault(t => t.Name == task)
            is { ValidCount: > 0 } found
            ? found.Headline
            : null;
}
