namespace Jtr.Interop.Evaluation;

/// <summary>The scores on the samples of one domain of an evaluation set.</summary>
/// <param name="Domain">The domain's name.</param>
/// <param name="Scores">The scores on its samples.</param>
public sealed record DomainResult(string Domain, EvaluationResult Scores);
