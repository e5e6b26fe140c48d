using System.Globalization;
using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tasks;

/// <summary>Depth. Label: metres (or any positive measure), 0 where there is none.</summary>
public record DepthTask : VisionTask
{
    /// <summary>Makes a depth task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    public DepthTask(string name = "depth")
        : this(name, TaskKind.Depth) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="kind">The kind.</param>
    protected DepthTask(string name, TaskKind kind)
        : base(name, kind, 1, 1) { }

    /// <summary>Mean of the normal distribution whose CDF maps depth into the joint space.</summary>
    public double Mean { get; init; } = 2.3618;

    /// <summary>Standard deviation of that distribution, above 0.</summary>
    public double StandardDeviation { get; init; } = 1.5876;

    /// <summary>Unit of the label's values: "m", or empty for a measure of another kind, such as inverse depth. For tables alone.</summary>
    public string Unit { get; init; } = DefaultUnit;

    /// <inheritdoc/>
    public override float InvalidLabel => 0f;

    internal const string DefaultUnit = "m";
}

/// <summary>The kind of <see cref="DepthTask"/>.</summary>
public class DepthKind : TaskKind
{
    internal DepthKind()
        : base("depth") { }

    /// <summary>Makes a kind of your own, of positive measures. Its tasks derive from <see cref="DepthTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected DepthKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "depth";

    /// <inheritdoc/>
    public override IReadOnlyList<string> SettingKeys => ["mean", "standard_deviation", "unit"];

    /// <inheritdoc/>
    public override bool PredictsLabelValues => true;

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Nearest) { DividedByScale = true };

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) => new DepthTask(name);

    /// <inheritdoc/>
    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Of(Create(name)) with
        {
            Mean = settings.Number("mean") ?? throw new ArgumentException($"there is no {nameof(DepthTask.Mean)}"),
            StandardDeviation =
                settings.Number("standard_deviation") ?? throw new ArgumentException($"there is no {nameof(DepthTask.StandardDeviation)}"),
            Unit = settings.Text("unit") ?? DepthTask.DefaultUnit,
        };
    }

    /// <inheritdoc/>
    public override void WriteSettings(VisionTask task, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        DepthTask depth = Of(task);
        (settings["mean"], settings["standard_deviation"]) = (depth.Mean, depth.StandardDeviation);
        // Absent: metres, as in files from before there were other units.
        if (depth.Unit != DepthTask.DefaultUnit)
            settings["unit"] = depth.Unit;
    }

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (options["mean"], options["std"]) = (Of(task).Mean, Of(task).StandardDeviation);
    }

    /// <inheritdoc/>
    public override void Validate(VisionTask task, string path)
    {
        DepthTask depth = Of(task);
        NativeRange.Check($"{path}.{nameof(DepthTask.Mean)}", depth.Mean, "tasks[depth].mean");
        NativeRange.Check($"{path}.{nameof(DepthTask.StandardDeviation)}", depth.StandardDeviation, "tasks[depth].std");
    }

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new DepthMetrics(Of(task));

    internal override TaskOutput CreateOutput(VisionTask task) => new DepthOutput();

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new ValueStatistics(task);

    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => label[place] != 0;

    /// <inheritdoc/>
    public override string? Unit(VisionTask task) => Of(task).Unit;

    /// <inheritdoc/>
    public override string Describe(VisionTask task) => Of(task).Unit.Length > 0 ? $"{Word}, {Of(task).Unit}" : $"{Word}, no unit";

    /// <inheritdoc/>
    public override string? Difference(VisionTask first, VisionTask second)
    {
        (DepthTask a, DepthTask b) = (Of(first), Of(second));
        return a == b
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"mean, deviation and unit ({b.Mean}, {b.StandardDeviation}, '{b.Unit}') and ({a.Mean}, {a.StandardDeviation}, '{a.Unit}')"
            );
    }

    private static DepthTask Of(VisionTask task) => (DepthTask)task;
}
