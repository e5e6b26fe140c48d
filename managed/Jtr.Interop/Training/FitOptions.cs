using Jtr.Interop.Datasets;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Training;

/// <summary>How <see cref="Trainer.FitAsync"/> trains.</summary>
public sealed record FitOptions
{
    /// <summary>Name of the run, or null: the tag <see cref="Diagnostics.JtrMetrics.RunTag"/> of its metrics.</summary>
    public string? Name { get; init; }

    /// <summary>Total number of steps, 1 or more, those of a loaded checkpoint included. Either this or <see cref="Epochs"/>.</summary>
    public long? Steps { get; init; }

    /// <summary>Total number of passes over the data set, 1 or more, those of a loaded checkpoint included.</summary>
    public int? Epochs { get; init; }

    /// <summary>Samples of a batch, 1 to 65,536. Published: 4 (NYU-v2), 16 (Cityscapes).</summary>
    public int BatchSize { get; init; } = 4;

    /// <summary>
    /// Whether an epoch leaves out its last batch where that is smaller than the others, as <see cref="DataLoaderOptions.DropLast"/> says.
    /// Each epoch leaves out other samples.
    /// </summary>
    public bool DropLast { get; init; }

    /// <summary>
    /// Which of the labels that exist training may see, drawn with <see cref="DataSeed"/>. Not used where <see cref="Labels"/> says it.
    /// </summary>
    public LabelScenario Scenario { get; init; } = LabelScenario.AsFound;

    /// <summary>The labels that training may see, or null.</summary>
    public LabelAssignment? Labels { get; init; }

    /// <summary>Threads that read samples, 1 to 256; null: one a processor, at most 4. The run does not depend on it.</summary>
    public int? Workers { get; init; }

    /// <summary>
    /// Whether views are random crops (Nishi et al., CVPR 2024); without it, <see cref="Flip"/> and <see cref="Color"/> count for nothing.
    /// </summary>
    public bool Augment { get; init; } = true;

    /// <summary>Which views are mirrored at random: published for Cityscapes, not for NYU-v2.</summary>
    public FlipMode Flip { get; init; } = FlipMode.None;

    /// <summary>Whether the image of each view undergoes two random colour operations (Nishi et al., CVPR 2024).</summary>
    public bool Color { get; init; } = true;

    /// <summary>Turning, blur, noise, jittered colours and holes, as <see cref="DataLoaderOptions.Augmentation"/> says; or null.</summary>
    public AugmentationOptions? Augmentation { get; init; }

    /// <summary>Gives samples the looks of other domains, as <see cref="DataLoaderOptions.Appearance"/> says.</summary>
    public IReadOnlyList<AppearanceExchange> Appearance { get; init; } = [];

    /// <summary>What else happens to each view, in this order, as <see cref="DataLoaderOptions.ViewSteps"/> says.</summary>
    public IReadOnlyList<Func<IViewStep>> ViewSteps { get; init; } = [];

    /// <summary>Seed of order, views and label scenario; null: the trainer's.</summary>
    public ulong? DataSeed { get; init; }

    /// <summary>Says the samples of each epoch and their order, from <see cref="DataSeed"/>; null: every sample once, shuffled.</summary>
    public ISampler? Sampler { get; init; }

    /// <summary>
    /// Where to save the trainer at the end, also where a cancel or a failure is the end, and every <see cref="CheckpointEvery"/> steps;
    /// null:
    /// nowhere.
    /// </summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Steps between two checkpoints; 0: only at the end.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>
    /// How many checkpoints to keep, 1 or more. Above 1, each one that is saved at <see cref="CheckpointPath"/> is also kept beside it
    /// under its step, such as run-00000500.safetensors, and the oldest beyond this number are deleted.
    /// </summary>
    public int Keep { get; init; } = 1;

    /// <summary>Data to score on, every <see cref="EvaluateEvery"/> steps and <see cref="EvaluateAtEnd"/>, or null.</summary>
    public IMultiTaskDataset? Validation { get; init; }

    /// <summary>Steps between two scores; 0: none in between. The trainer is saved before each, where it is saved at all.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Whether the last step is scored too, whatever its number.</summary>
    public bool EvaluateAtEnd { get; init; }

    /// <summary>Metrics of your own in the scores in between, as <see cref="EvaluateOptions.Metrics"/> says.</summary>
    public IReadOnlyList<Func<VisionTask, ITaskMetric?>> Metrics { get; init; } = [];

    /// <summary>When to end because scores do not improve, or null. Needs <see cref="Validation"/>.</summary>
    public EarlyStoppingOptions? EarlyStopping { get; init; }

    /// <summary>Where to save the trainer whenever its scores are the best so far, or null. Needs <see cref="Validation"/>.</summary>
    public string? BestPath { get; init; }

    /// <summary>
    /// Learns how much tasks count on other domains than the target from scores in between, or null. Needs
    /// <see cref="DomainOptions.Weights"/>, of which those of tasks are what it begins with.
    /// </summary>
    public DomainWeightLearning? DomainWeights { get; init; }

    /// <summary>Told the step whose scores are about to be taken, on the thread of the fit.</summary>
    public Action<long>? Evaluating { get; init; }

    /// <summary>Told how far scoring is, on the thread of the fit.</summary>
    public IProgress<EvaluationProgress>? EvaluationProgress { get; init; }

    /// <summary>Told the step and its scores, on the thread of the fit.</summary>
    public Action<long, EvaluationResult>? Evaluated { get; init; }

    /// <summary>Stored in the checkpoints, as in <see cref="Trainer.Save"/>.</summary>
    public IReadOnlyDictionary<string, string>? CheckpointMetadata { get; init; }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is outside its range; ParamName is its name.</exception>
    public void Validate()
    {
        if (Steps is null == Epochs is null)
            throw new ArgumentException($"exactly one of {nameof(Steps)} and {nameof(Epochs)} must be set.", nameof(Steps));
        if (Steps is { } steps)
            OptionRange.Within(nameof(Steps), steps, 1);
        if (Epochs is { } epochs)
            OptionRange.Within(nameof(Epochs), epochs, 1, int.MaxValue);
        OptionRange.Within(nameof(BatchSize), BatchSize, 1, 65536);
        OptionRange.Named(nameof(Scenario), Scenario);
        OptionRange.Named(nameof(Flip), Flip);
        if (Workers is { } workers)
            OptionRange.Within(nameof(Workers), workers, 1, 256);
        OptionRange.Within(nameof(CheckpointEvery), CheckpointEvery, 0);
        if (CheckpointPath is not null && string.IsNullOrWhiteSpace(CheckpointPath))
            throw new ArgumentException($"{nameof(CheckpointPath)} must be the name of a file, or null.", nameof(CheckpointPath));
        if (CheckpointEvery > 0 && CheckpointPath is null)
            throw new ArgumentException(
                $"{nameof(CheckpointPath)} must be set where {nameof(CheckpointEvery)} is.",
                nameof(CheckpointPath)
            );
        OptionRange.Within(nameof(Keep), Keep, 1, int.MaxValue);
        OptionRange.Within(nameof(EvaluateEvery), EvaluateEvery, 0);
        Augmentation?.Validate();
        foreach (AppearanceExchange exchange in OptionRange.NotNull(nameof(Appearance), Appearance))
            OptionRange.NotNull(nameof(Appearance), exchange);
        foreach (Func<IViewStep> step in OptionRange.NotNull(nameof(ViewSteps), ViewSteps))
            OptionRange.NotNull(nameof(ViewSteps), step);
        TaskScorer.Check(nameof(Metrics), Metrics);
        EarlyStopping?.Validate(nameof(EarlyStopping));
        if (Validation is null != (EvaluateEvery == 0 && !EvaluateAtEnd))
            throw new ArgumentException(
                $"{nameof(Validation)} and {nameof(EvaluateEvery)} or {nameof(EvaluateAtEnd)} belong together.",
                nameof(EvaluateEvery)
            );
        if (Validation is null && EarlyStopping is not null)
            throw new ArgumentException($"{nameof(EarlyStopping)} needs {nameof(Validation)}.", nameof(EarlyStopping));
        if (Validation is null && BestPath is not null)
            throw new ArgumentException($"{nameof(BestPath)} needs {nameof(Validation)}.", nameof(BestPath));
        Trainer.CheckMetadata(CheckpointMetadata, nameof(CheckpointMetadata));
    }
}
