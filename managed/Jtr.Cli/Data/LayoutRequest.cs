using Jtr.Interop.Datasets.Cityscapes;

namespace Jtr.Cli.Data;

/// <summary>How the files of a benchmark are read, as said on the command line. Null and false: not said.</summary>
internal sealed record LayoutRequest
{
    /// <summary>Classes of segmentation: 7 or 19 (Cityscapes), 13 or 40 (NYU-v2).</summary>
    public int? Classes { get; init; }

    /// <summary>Cityscapes: which depth.</summary>
    public CityscapesDepth? Depth { get; init; }

    /// <summary>NYU-v2's .mat file: tables from its labels to classes.</summary>
    public IReadOnlyList<string>? ClassMapping { get; init; }

    /// <summary>NYU-v2's .mat file: which samples are for training.</summary>
    public string? SplitFile { get; init; }

    /// <summary>NYU-v2's .mat file: a folder of normals.</summary>
    public string? Normals { get; init; }

    /// <summary>NYU-v2: a folder of further frames with depth alone.</summary>
    public string? ExtraFrames { get; init; }

    /// <summary>Taskonomy: the list of buildings.</summary>
    public string? Buildings { get; init; }

    /// <summary>Taskonomy: the parts of the range that edges and keypoints use, as DOMAIN=FRACTION.</summary>
    public IReadOnlyList<string>? MapRange { get; init; }

    /// <summary>Whether a missing file is a missing label.</summary>
    public bool AllowMissing { get; init; }
}
