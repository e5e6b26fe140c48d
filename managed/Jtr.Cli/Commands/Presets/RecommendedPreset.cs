using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Labels;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;

namespace Jtr.Cli.Commands.Presets;

/// <summary>
/// What was best in the tables of docs/results.md: a backbone that has seen photographs, where its weights are there, a slow start, a
/// falling rate, bounded gradients, and the average of the weights. Labels alone are learned: no method was shown to gain over that.
/// </summary>
internal sealed class RecommendedPreset : Preset
{
    private const string Pretrained = "resnet18-imagenet";

    // A backbone's coarsest map has a 32nd of the rows and columns: below, there is one of them.
    private const int SmallestSide = 64;

    private const double Clip = 5;

    // Won mIoU on photographs; other tasks were not shown to suffer (docs/results.md).
    private const double ClassPower = 0.5;
    private const int WarmupParts = 12;
    private const long LongestWarmup = 1000;

    // The average reaches back over a quarter of the run, or less.
    private const double AverageParts = 4;
    private const double ShortestAverage = 10,
        LongestAverage = 1000;

    // Of a task that has many fewer labels than another one.
    private const int FewLabels = 3;

    // Small photographs cost less together; large ones take memory (docs/choosing-settings.md).
    private static readonly (long Pixels, int Batch)[] _batches = [(64 * 64, 16), (256 * 256, 8), (512 * 512, 4), (long.MaxValue, 2)];

    /// <inheritdoc/>
    public override string Name => "recommended";

    /// <inheritdoc/>
    public override void Begin(RunConfiguration run, DataRequest data)
    {
        run.Training.Preset = Name;
        run.Training.Method ??= "supervised";
        long pixels = (long)data.Size.Height * data.Size.Width;
        run.Training.BatchSize ??= _batches.First(b => pixels <= b.Pixels).Batch;
        OptimizerSection said = run.Optimizer;
        said.Schedule ??= Words.Of(
            said.DecayEvery is null && said.DecayFactor is null ? LearningRateSchedule.Cosine : LearningRateSchedule.Step
        );
        if (!Takes(run, data) || !IsThere)
            return;
        run.Network.Weights = Pretrained;
        run.Balancing.ClassBalance ??= ClassPower;
    }

    /// <inheritdoc/>
    public override void Complete(RunConfiguration run, long steps)
    {
        run.Optimizer.Warmup ??= Math.Min(LongestWarmup, steps / WarmupParts);
        run.Optimizer.Clip ??= Clip;
        run.Optimizer.Ema ??= Math.Round(1 - 1 / Math.Clamp(steps / AverageParts, ShortestAverage, LongestAverage), 4);
    }

    /// <inheritdoc/>
    public override string? Describe(RunConfiguration run)
    {
        OptimizerSection said = run.Optimizer;
        string backbone = run.Network.Weights == Pretrained ? "a backbone that has seen photographs, " : "",
            classes = run.Balancing.ClassBalance is > 0 ? ", rare classes count more" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Name}: {backbone}rate up over {said.Warmup} steps, then by {said.Schedule}, clipping {said.Clip:G6}, average of "
                + $"weights {said.Ema:G6}{classes}"
        );
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(RunConfiguration run, TaskSet tasks, LabelAssignment labels)
    {
        if (NetworkSettings.IsSegNet(run.Network) && !IsThere && DataOptions.ImageSizeOf(run) is { } size && IsLarge(size))
        {
            yield return $"note: the network begins from nothing; 'jtr weights get {Pretrained}' restores a backbone that has seen "
                + "photographs, which learns far more from as many labels";
        }
        int[] counts = [.. Enumerable.Range(0, tasks.Count).Select(labels.LabeledCount)];
        if (run.Training.Method == "supervised" && counts.Any(c => c < labels.Count))
            yield return "note: labels are missing; no method was shown to learn more from what is there than these labels alone: "
                + "'jtr compare' tries them on your data";
        int fewest = Array.IndexOf(counts, counts.Min());
        if (run.Balancing.Rule is null or "equal" && counts[fewest] > 0 && counts[fewest] * FewLabels <= counts.Max())
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"note: {tasks[fewest].Name} has few labels ({counts[fewest]} of {labels.Count}); --balance labels lifts its scores and "
                    + $"costs the other tasks some of theirs"
            );
        }
    }

    private static bool IsThere => PretrainedWeights.Find(Pretrained)?.Locate() is not null;

    /// <summary>Whether nothing is said of the network, and the photographs are large enough for a backbone.</summary>
    private static bool Takes(RunConfiguration run, DataRequest data) =>
        run.Network is { Backbone: null, Decoder: null, Weights: null }
        && run.Training is { InitFrom: null, Width: null }
        && (run.Training.Options ?? []).All(o => !o.StartsWith("network.", StringComparison.Ordinal))
        && IsLarge(data.Size);

    private static bool IsLarge(ImageSize size) => Math.Min(size.Height, size.Width) >= SmallestSide;
}
