namespace Jtr.Interop.Training;

/// <summary>Sources that differ: which there are, and what is done about it in training.</summary>
public sealed record DomainOptions
{
    /// <summary>
    /// Names of the domains that samples are of, such as <see cref="Datasets.IMultiTaskDataset.Domains"/>;
    /// <see cref="Datasets.Batch.Domains"/> counts them. With fewer than two no technique is on, and training is what it is without.
    /// </summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>What is done, each once. The library's terms tell of each, such as "adversarial.accuracy".</summary>
    public IReadOnlyList<DomainTechnique> Techniques { get; init; } = [];

    /// <summary>
    /// How much terms count on some domains; the state has them as "domain_weights/weights", [domains, tasks and methods].
    /// <see cref="FitOptions.DomainWeights"/> may change those of tasks.
    /// </summary>
    public IReadOnlyList<DomainWeight> Weights { get; init; } = [];

    internal void Validate()
    {
        foreach (DomainWeight weight in OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Weights), Weights))
            OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Weights), weight);
        foreach (string name in OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Names), Names))
            OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Names), name);
        foreach (DomainTechnique technique in OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Techniques), Techniques))
            OptionRange.NotNull(nameof(TrainerOptions.Domains) + "." + nameof(Techniques), technique);
    }
}
