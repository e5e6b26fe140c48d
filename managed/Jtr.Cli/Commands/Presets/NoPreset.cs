using Jtr.Cli.Configuration;
using Jtr.Cli.Data;

namespace Jtr.Cli.Commands.Presets;

/// <summary>The plain defaults, which are those of earlier versions: a constant rate, no clipping, no average.</summary>
internal sealed class NoPreset : Preset
{
    private const int BatchSize = 8;

    /// <inheritdoc/>
    public override string Name => "none";

    /// <inheritdoc/>
    public override void Begin(RunConfiguration run, DataRequest data)
    {
        run.Training.Method ??= "jtr";
        run.Training.BatchSize ??= BatchSize;
        run.Optimizer.Warmup ??= 0;
        // As of runs from before there were presets.
        run.Training.Preset = null;
    }
}
