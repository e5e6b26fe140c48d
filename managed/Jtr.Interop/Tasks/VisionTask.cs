using System.Text.Json.Nodes;

namespace Jtr.Interop.Tasks;

/// <summary>The kinds of task.</summary>
public enum TaskKind
{
    /// <summary>A class for every pixel.</summary>
    Segmentation = 0,

    /// <summary>Metres, or any positive measure.</summary>
    Depth = 1,

    /// <summary>Unit vectors.</summary>
    Normals = 2,

    /// <summary>Values in [0, 1], such as edges and keypoints.</summary>
    Map = 3,
}

/// <summary>One dense prediction task.</summary>
public abstract record VisionTask
{
    private protected VisionTask(string name, TaskKind kind, int channels, int labelChannels)
    {
        TaskName.Check(name, nameof(name));
        Name = name;
        Kind = kind;
        Channels = channels;
        LabelChannels = labelChannels;
    }

    /// <summary>
    /// Name, unique within a <see cref="TaskSet"/>; also the name of the label folder of a folder data set, and part of the names of
    /// files. It has at most 100 bytes in UTF-8 and no '/', '\', ':' or control character, and is not "." or "..".
    /// </summary>
    public string Name { get; }

    /// <summary>What kind of task.</summary>
    public TaskKind Kind { get; }

    /// <summary>Channels of the network's prediction.</summary>
    public int Channels { get; }

    /// <summary>Channels of the label: 1 for segmentation (the class id) and depth, 3 for normals.</summary>
    public int LabelChannels { get; }

    /// <summary>The label value that says "no label at this pixel", in every channel.</summary>
    public abstract float InvalidLabel { get; }

    /// <summary>Adds the kind and its options as the native library reads them.</summary>
    internal abstract void WriteNativeOptions(JsonObject options);
}

/// <summary>Semantic segmentation. Label: class id as a number, -1 where there is none. Prediction: one logit per class.</summary>
public sealed record SegmentationTask : VisionTask
{
    /// <summary>Makes a segmentation task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="classCount">Number of classes, 2 to 4096.</param>
    /// <param name="classNames">A name for each class, or null.</param>
    public SegmentationTask(string name, int classCount, IReadOnlyList<string>? classNames = null)
        : base(name, TaskKind.Segmentation, Check(classCount), 1)
    {
        if (classNames is not null && classNames.Count != classCount)
            throw new ArgumentException($"task '{name}' has {classCount} classes but {classNames.Count} class names", nameof(classNames));
        ClassNames = classNames ?? [.. Enumerable.Range(0, classCount).Select(i => $"class {i}")];
    }

    /// <summary>Number of classes.</summary>
    public int ClassCount => Channels;

    /// <summary>A name for each class.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override float InvalidLabel => -1f;

    internal override void WriteNativeOptions(JsonObject options) => (options["kind"], options["classes"]) = ("segmentation", ClassCount);

    /// <summary>Whether another task has the same name, number of classes and class names.</summary>
    public bool Equals(SegmentationTask? other) => base.Equals(other) && ClassNames.SequenceEqual(other.ClassNames);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, ClassCount);

    private static int Check(int classCount) =>
        classCount is >= 2 and <= 4096
            ? classCount
            : throw new ArgumentOutOfRangeException(nameof(classCount), classCount, "a segmentation task has 2 to 4096 classes");
}

/// <summary>Depth. Label: metres (or any positive measure), 0 where there is none.</summary>
public sealed record DepthTask : VisionTask
{
    /// <summary>Makes a depth task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    public DepthTask(string name = "depth")
        : base(name, TaskKind.Depth, 1, 1) { }

    /// <summary>Mean of the normal distribution whose CDF maps depth into the joint space.</summary>
    public double Mean { get; init; } = 2.3618;

    /// <summary>Standard deviation of that distribution, above 0.</summary>
    public double StandardDeviation { get; init; } = 1.5876;

    /// <summary>Unit of the label's values: "m", or empty for a measure of another kind, such as inverse depth. For tables alone.</summary>
    public string Unit { get; init; } = "m";

    /// <inheritdoc/>
    public override float InvalidLabel => 0f;

    internal override void WriteNativeOptions(JsonObject options) =>
        (options["kind"], options["mean"], options["std"]) = ("depth", Mean, StandardDeviation);
}

/// <summary>Surface normals. Label: unit vectors in camera coordinates, (0, 0, 0) where there is none.</summary>
public sealed record NormalsTask : VisionTask
{
    /// <summary>Makes a surface normals task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    public NormalsTask(string name = "normals")
        : base(name, TaskKind.Normals, 3, 3) { }

    /// <inheritdoc/>
    public override float InvalidLabel => 0f;

    internal override void WriteNativeOptions(JsonObject options) => options["kind"] = "normals";
}

/// <summary>A map of values in [0, 1], such as edges or keypoints. Label: NaN where there is none.</summary>
public sealed record MapTask : VisionTask
{
    /// <summary>Makes a map task.</summary>
    /// <param name="name">Its name; see <see cref="VisionTask.Name"/>.</param>
    /// <param name="channels">Number of channels, 1 to 256.</param>
    public MapTask(string name, int channels = 1)
        : base(name, TaskKind.Map, Check(channels), channels) { }

    /// <inheritdoc/>
    public override float InvalidLabel => float.NaN;

    internal override void WriteNativeOptions(JsonObject options) => (options["kind"], options["channels"]) = ("map", Channels);

    private static int Check(int channels) =>
        channels is >= 1 and <= 256
            ? channels
            : throw new ArgumentOutOfRangeException(nameof(channels), channels, "a map task has 1 to 256 channels");
}
