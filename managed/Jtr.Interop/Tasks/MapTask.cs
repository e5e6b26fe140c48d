using System.Text.Json.Nodes;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Inference.Outputs;
using Jtr.Interop.Labels;

namespace Jtr.Interop.Tasks;

/// <summary>A map of values in [0, 1], such as edges or keypoints. Label: NaN where there is none.</summary>
public record MapTask : VisionTask
{
    /// <summary>Makes a map task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="channels">Number of channels, 1 to 256.</param>
    public MapTask(string name, int channels = 1)
        : this(name, channels, TaskKind.Map) { }

    /// <summary>Makes a task of a kind of your own.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="channels">Number of channels, 1 to 256.</param>
    /// <param name="kind">The kind.</param>
    protected MapTask(string name, int channels, TaskKind kind)
        : base(name, kind, Check(channels), channels) { }

    /// <inheritdoc/>
    public override float InvalidLabel => float.NaN;

    private static int Check(int channels) =>
        channels is >= 1 and <= 256
            ? channels
            : throw new ArgumentOutOfRangeException(nameof(channels), channels, "a map task has 1 to 256 channels");
}

/// <summary>The kind of <see cref="MapTask"/>.</summary>
public class MapKind : TaskKind
{
    internal MapKind()
        : base("map") { }

    /// <summary>Makes a kind of your own, of values in [0, 1]. Its tasks derive from <see cref="MapTask"/>.</summary>
    /// <param name="word">Its word.</param>
    protected MapKind(string word)
        : base(word) { }

    /// <inheritdoc/>
    public override string NativeKind => "map";

    /// <inheritdoc/>
    public override ChannelChoice Channels => ChannelChoice.Optional;

    /// <inheritdoc/>
    public override bool PredictsLabelValues => true;

    /// <inheritdoc/>
    public override ViewRule Views { get; } = new(ViewSampling.Bilinear);

    /// <inheritdoc/>
    public override VisionTask Create(string name, int? channels = null) => new MapTask(name, channels ?? 1);

    /// <inheritdoc/>
    public override void WriteNativeOptions(VisionTask task, JsonObject options)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        options["channels"] = task.Channels;
    }

    /// <inheritdoc/>
    public override TaskMetrics CreateMetrics(VisionTask task) => new MapMetrics((MapTask)task);

    internal override TaskOutput CreateOutput(VisionTask task) => new MapOutput(task.Channels);

    /// <inheritdoc/>
    public override LabelStatistics CreateStatistics(VisionTask task) => new ValueStatistics(task);

    /// <inheritdoc/>
    public override bool IsValid(ReadOnlySpan<float> label, int place, int places)
    {
        for (int i = place; i < label.Length; i += places)
        {
            if (float.IsNaN(label[i]))
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override string Describe(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Channels > 1 ? $"{Word}, {task.Channels} channels" : Word;
    }
}
