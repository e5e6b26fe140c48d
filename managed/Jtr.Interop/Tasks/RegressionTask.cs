using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;
using Jtr.Interop.Native;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tasks;

/// <summary>How the error of a <see cref="RegressionTask"/> counts.</summary>
public enum RegressionLoss
{
    /// <summary>Its size.</summary>
    L1 = 0,

    /// <summary>Its square up to <see cref="RegressionTask.HuberDelta"/> deviations, its size beyond.</summary>
    Huber = 1,
}

/// <summary>
/// One or more numbers for the photograph as a whole, such as an angle or an age. Label and prediction: [values] in the label's unit; in a
/// label NaN where it is not known.
/// </summary>
/// <remarks>
/// The network learns (value - mean) / deviation of each value. Several values of one task share a unit: their errors are averaged. Values
/// of different units are tasks of their own.
/// </remarks>
public record RegressionTask : VisionTask
{
    /// <summary>The largest number of values.</summary>
    public const int MaxValues = 256;

    private readonly IReadOnlyList<double> _means;
    private readonly IReadOnlyList<double> _deviations;

    /// <summary>Makes a regression task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="valueCount">Number of values, 1 to 256.</param>
    /// <param name="valueNames">A name for each value, all different, or null.</param>
    public RegressionTask(string name, int valueCount = 1, IReadOnlyList<string>? valueNames = null)
        : this(name, valueCount, valueNames, TaskKind.Regression) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="valueCount">Number of values, 1 to 256.</param>
    /// <param name="valueNames">A name for each value, all different, or null.</param>
    /// <param name="kind">The kind.</param>
    protected RegressionTask(string name, int valueCount, IReadOnlyList<string>? valueNames, TaskKind kind)
        : base(name, kind, Check(valueCount), valueCount)
    {
        ValueNames = NameList.Of(name, Word, valueNames, valueCount, nameof(valueNames));
        _means = [.. Enumerable.Repeat(0.0, valueCount)];
        _deviations = [.. Enumerable.Repeat(1.0, valueCount)];
    }

    /// <summary>Number of values.</summary>
    public int ValueCount => Channels;

    /// <summary>A name for each value.</summary>
    public IReadOnlyList<string> ValueNames { get; }

    /// <summary>Unit of all values, such as "deg"; empty for plain numbers. For tables alone.</summary>
    public string Unit { get; init; } = "";

    /// <summary>The mean of each value over the labels to train on, in the label's unit; 0 by default.</summary>
    public IReadOnlyList<double> Means
    {
        get => _means;
        init => _means = [.. OptionRange.NotNull(nameof(Means), value)];
    }

    /// <summary>The standard deviation of each value over the labels to train on, above 0, in the label's unit; 1 by default.</summary>
    public IReadOnlyList<double> Deviations
    {
        get => _deviations;
        init => _deviations = [.. OptionRange.NotNull(nameof(Deviations), value)];
    }

    /// <summary>How errors count.</summary>
    public RegressionLoss Loss { get; init; }

    /// <summary>Where <see cref="RegressionLoss.Huber"/> turns from square to size, in deviations, above 0.</summary>
    public double HuberDelta { get; init; } = 1;

    /// <inheritdoc/>
    public override float InvalidLabel => float.NaN;

    internal const string Word = "value";

    /// <summary>Whether the values have names of their own.</summary>
    internal bool IsNamed => NameList.AreOwn(Word, ValueNames);

    /// <summary>Whether another task has the same name, values and settings.</summary>
    public virtual bool Equals(RegressionTask? other) =>
        base.Equals(other)
        && ValueNames.SequenceEqual(other.ValueNames)
        && Unit == other.Unit
        && Means.SequenceEqual(other.Means)
        && Deviations.SequenceEqual(other.Deviations)
        && Loss == other.Loss
        && HuberDelta.Equals(other.HuberDelta);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ValueCount, Unit);

    private static int Check(int valueCount) =>
        valueCount is >= 1 and <= MaxValues
            ? valueCount
            : throw new ArgumentOutOfRangeException(nameof(valueCount), valueCount, "a regression task has 1 to 256 values");
}

/// <summary>The kind of <see cref="RegressionTask"/>.</summary>
public class RegressionKind : TaskKind
{
    internal RegressionKind()
        : base("regression") { }

    /// <summary>Makes a kind of your own, of numbers. Its tasks derive from <see cref="RegressionTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected RegressionKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "regression";

    /// <inheritdoc/>
    public override TaskExtent Extent => TaskExtent.Image;

    /// <inheritdoc/>
    public override ChannelChoice Channels => ChannelChoice.Optional;

    /// <inheritdoc/>
    public override string ChannelWord => "values";

    /// <inheritdoc/>
    public override IReadOnlyList<string> SettingKeys => ["value_names", "unit", "mean", "standard_deviation", "loss", "delta"];

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Whole);

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) => new RegressionTask(name, channels ?? 1);

    /// <inheritdoc/>
    public override VisionTask ReadSettings(string name, int channels, TaskSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        RegressionTask task = new(name, channels, settings.Texts("value_names"));
        return task with
        {
            Unit = settings.Text("unit") ?? "",
            Means = settings.Numbers("mean") ?? task.Means,
            Deviations = settings.Numbers("standard_deviation") ?? task.Deviations,
            Loss = settings.Text("loss") switch
            {
                null or "l1" => RegressionLoss.L1,
                "huber" => RegressionLoss.Huber,
                string other => throw new ArgumentException($"'loss' is '{other}'; it has to be l1 or huber"),
            },
            HuberDelta = settings.Number("delta") ?? task.HuberDelta,
        };
    }

    /// <inheritdoc/>
    public override void WriteSettings(VisionTask task, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        RegressionTask own = Of(task);
        settings["value_names"] = new JsonArray([.. own.ValueNames.Select(n => (JsonNode)n)]);
        if (own.Unit.Length > 0)
            settings["unit"] = own.Unit;
        settings["mean"] = TaskWeights.WriteShort(own.Means);
        settings["standard_deviation"] = TaskWeights.WriteShort(own.Deviations);
        WriteLoss(own, settings);
    }

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RegressionTask own = Of(task);
        options["channels"] = own.ValueCount;
        if (own.Means.Any(m => m != 0))
            options["means"] = TaskWeights.Write(own.Means);
        if (own.Deviations.Any(d => d != 1))
            options["deviations"] = TaskWeights.Write(own.Deviations);
        WriteLoss(own, options);
    }

    /// <inheritdoc/>
    public override void Validate(VisionTask task, string path)
    {
        RegressionTask own = Of(task);
        TaskWeights.Check($"{path}.{nameof(RegressionTask.Means)}", own.Means, own.ValueCount, ChannelWord, "tasks[regression].means");
        TaskWeights.Check(
            $"{path}.{nameof(RegressionTask.Deviations)}",
            own.Deviations,
            own.ValueCount,
            ChannelWord,
            "tasks[regression].deviations"
        );
        OptionRange.Named($"{path}.{nameof(RegressionTask.Loss)}", own.Loss);
        NativeRange.Check($"{path}.{nameof(RegressionTask.HuberDelta)}", own.HuberDelta, "tasks[regression].delta");
    }

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new RegressionMetrics(Of(task));

    internal override TaskOutput CreateOutput(VisionTask task) => new RegressionOutput();

    internal override (double[] Scale, double[] Shift)? OutputAffine(VisionTask task) => ([.. Of(task).Deviations], [.. Of(task).Means]);

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new RegressionStatistics(Of(task));

    /// <summary>Whether any value of a label is known.</summary>
    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places) => TaskValues.AnyKnown(label, place, places);

    /// <inheritdoc/>
    public override string? Unit(VisionTask task) => Of(task).Unit;

    /// <inheritdoc/>
    public override string Describe(VisionTask task)
    {
        RegressionTask own = Of(task);
        string values = own.ValueCount == 1 ? Word : $"{Word}, {own.ValueCount} values";
        return own.Unit.Length > 0 ? $"{values}, {own.Unit}" : values;
    }

    /// <summary>In what two tasks differ: their units or the names of their values. Of the means and deviations the first's
    /// count.</summary>
    /// <inheritdoc/>
    public override string? Difference(VisionTask first, VisionTask second) =>
        Of(first).Unit != Of(second).Unit
            ? $"the units '{Of(second).Unit}' and '{Of(first).Unit}'"
            : NameList.Difference(RegressionTask.Word, Of(first).ValueNames, Of(second).ValueNames);

    private static void WriteLoss(RegressionTask task, JsonObject target)
    {
        if (task.Loss != RegressionLoss.Huber)
            return;
        target["loss"] = "huber";
        if (task.HuberDelta != 1)
            target["delta"] = task.HuberDelta;
    }

    private static RegressionTask Of(VisionTask task) => (RegressionTask)task;
}
