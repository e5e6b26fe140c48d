using System.Globalization;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>The classes of the segmentation task.</summary>
public enum CityscapesLabels
{
    /// <summary>No segmentation.</summary>
    None = 0,

    /// <summary>The 7 categories: flat, construction, object, nature, sky, human, vehicle.</summary>
    Categories = 7,

    /// <summary>The 19 classes of the benchmark, by train id.</summary>
    Classes = 19,
}

/// <summary>What the depth label is.</summary>
public enum CityscapesDepth
{
    /// <summary>No depth.</summary>
    None = 0,

    /// <summary>Disparity of the full-size photographs in units of 256 pixels: inverse depth in [0, 1).</summary>
    Inverse = 1,

    /// <summary>Metres: baseline times focal length by disparity. Needs the camera files.</summary>
    Metric = 2,
}

/// <summary>How Cityscapes is read, in either layout.</summary>
public sealed record CityscapesOptions : LayoutOptions
{
    /// <summary>Name of the folder of the part that is read: "train" or "val" ("test" has photographs alone).</summary>
    public string Split { get; init; } = "train";

    /// <summary>The classes of the task "segmentation". Published results have the 7 categories.</summary>
    public CityscapesLabels Labels { get; init; } = CityscapesLabels.Categories;

    /// <summary>The label of the task "depth". Published results have inverse depth.</summary>
    public CityscapesDepth Depth { get; init; } = CityscapesDepth.Inverse;

    /// <summary>
    /// Metres beyond which a metric depth counts as none, above 0; null: no such limit. A disparity below one pixel, which
    /// stereo matching cannot tell from noise, lies beyond 474 m; depth is commonly judged up to 80 m.
    /// </summary>
    public double? MaxMetricDepth { get; init; }

    /// <summary>
    /// Whether a photograph may lack a label's file (then that label is missing) and a label its photograph (then it is
    /// passed over); both are noted in <see cref="LayoutDataset.Problems"/>. Otherwise they are errors.
    /// </summary>
    public bool AllowMissing { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (string.IsNullOrWhiteSpace(Split) || Split.AsSpan().ContainsAny('/', '\\') || Split.StartsWith('.'))
            throw new ArgumentException(
                $"{nameof(Split)} has to be the name of a folder, such as train or val, not '{Split}'",
                nameof(Split)
            );
        if (!Enum.IsDefined(Labels))
            throw new ArgumentOutOfRangeException(nameof(Labels), Labels, $"{nameof(Labels)} has to be None, Categories or Classes");
        if (!Enum.IsDefined(Depth))
            throw new ArgumentOutOfRangeException(nameof(Depth), Depth, $"{nameof(Depth)} has to be None, Inverse or Metric");
        if (Labels == CityscapesLabels.None && Depth == CityscapesDepth.None)
            throw new ArgumentException($"{nameof(Labels)} and {nameof(Depth)} are both None: there is no task", nameof(Labels));
        if (MaxMetricDepth is { } most && !(most > 0))
            throw new ArgumentOutOfRangeException(
                nameof(MaxMetricDepth),
                most.ToString(CultureInfo.InvariantCulture),
                $"{nameof(MaxMetricDepth)} has to be above 0"
            );
    }
}
