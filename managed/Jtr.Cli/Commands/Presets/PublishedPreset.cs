using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands.Presets;

/// <summary>
/// The recipe of JTR's authors (Nishi et al., CVPR 2024, section 4): Adam at 1e-4, halved after half of 400 epochs, batches of 4, on
/// Cityscapes 16.
/// </summary>
internal sealed class PublishedPreset : Preset
{
    private const int Width = 64,
        Epochs = 400,
        BatchSize = 4,
        CityscapesBatchSize = 16;
    private const double LearningRate = 1e-4;

    /// <inheritdoc/>
    public override string Name => "published";

    /// <inheritdoc/>
    public override void Begin(RunConfiguration run, DataRequest data)
    {
        run.Training.Method ??= "jtr";
        run.Training.Width ??= Width;
        run.Training.BatchSize ??= DataSource.Locate(data).Kind == DataKind.Cityscapes ? CityscapesBatchSize : BatchSize;
        if (run.Training.Steps is null)
            run.Training.Epochs ??= Epochs;
        run.Optimizer.LearningRate ??= LearningRate;
        run.Optimizer.Schedule ??= Words.Of(LearningRateSchedule.Step);
        run.Optimizer.Warmup ??= 0;
    }

    /// <inheritdoc/>
    public override void Complete(RunConfiguration run, long steps)
    {
        // 0, a rate that stays, is the default of this setting.
        if (run.Optimizer is { Schedule: "step", DecayEvery: null or 0 })
            run.Optimizer.DecayEvery = Math.Max(1, steps / 2);
    }

    /// <inheritdoc/>
    public override string? Describe(RunConfiguration run) => "the paper's recipe, made for long runs on a GPU";
}
