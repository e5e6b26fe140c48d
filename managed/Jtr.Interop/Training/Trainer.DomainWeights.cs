using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Training;

/// <summary>Weights of tasks on domains, learned in a fit.</summary>
public sealed partial class Trainer
{
    private const string DomainWeightsName = "domain_weights/weights";

    // Of a fit that learns them.
    private Action<nint, double[]>? _writeDomainWeights;

    private void BeginDomainWeights(FitOptions options)
    {
        if (options.DomainWeights is not { } learning)
            return;
        learning.Validate(Options.Domains.Names, nameof(FitOptions.DomainWeights));
        CheckData(learning.Validation, $"{nameof(options)}.{nameof(FitOptions.DomainWeights)}");
        if (!State.Contains(DomainWeightsName))
            throw new ArgumentException(
                $"{nameof(FitOptions.DomainWeights)} needs a trainer with {nameof(DomainOptions)}.{nameof(DomainOptions.Weights)}.",
                nameof(options)
            );
        _writeDomainWeights = State.WriterOf(DomainWeightsName);
    }

    private bool DomainWeightsAreDue(FitOptions options) =>
        options.DomainWeights is { } learning && StepCount > 0 && StepCount % learning.Every == 0;

    /// <summary>
    /// Sets the weights by the scores as they are now. A run that goes on from here does it again, with the same result.
    /// </summary>
    private void LearnDomainWeights(FitRun run, CancellationToken cancellationToken)
    {
        DomainWeightLearning learning = run.Options.DomainWeights!;
        EvaluateOptions how = new() { Workers = run.Options.Workers };
        EvaluationResult scores = EvaluateCore(run.Trainer, learning.Validation, how, progress: null, cancellationToken);
        string[] methods = [.. JtrRuntime.FindMethod(Options.Method, nameof(TrainerOptions.Method)).Parts.Select(m => m.Name)];
        double Given(string domain, string term) =>
            Options.Domains.Weights.FirstOrDefault(w => w.Domain == domain && w.Term == term)?.Weight ?? 1;
        _writeDomainWeights!(
            run.Trainer,
            [
                .. Options.Domains.Names.SelectMany(domain =>
                    Tasks
                        .Select(t => Given(domain, t.Name) * learning.WeightOf(scores, domain, t.Name))
                        .Concat(methods.Select(m => Given(domain, m)))
                ),
            ]
        );
    }
}
