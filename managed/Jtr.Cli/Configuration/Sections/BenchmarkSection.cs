using Jtr.Cli.CommandLine;

namespace Jtr.Cli.Configuration;

// csharpier-ignore-start
/// <summary>How files of benchmarks are read.</summary>
internal sealed record BenchmarkSection
{
    [Setting("--classes", "7|19|13|40",
        Text = "Classes of segmentation: 7 or 19 of Cityscapes (default: 7), 13 or 40 of NYU-v2 (default: 13; 40 from the .mat file "
            + "only).",
        Choices = ["7", "19", "13", "40"],
        MayChange = true)]
    public int? Classes { get; set; }

    [Setting("--cityscapes-depth",
        Text = "Cityscapes: inverse depth as published, metres (needs camera/), or no depth.",
        Words = nameof(Words.CityscapesDepths), Default = "inverse",
        MayChange = true)]
    public string? CityscapesDepth { get; set; }

    [Setting("--class-mapping", "FILES",
        Text = "NYU-v2 .mat: files that map its 894 labels to classes, applied one after the other.",
        Kind = SettingKind.Paths, DefaultText = "classMapping40.mat, class13Mapping.mat beside it",
        MayChange = true)]
    public string[]? ClassMapping { get; set; }

    [Setting("--split-file", "FILE",
        Text = "NYU-v2 .mat: which samples are for training and testing.",
        Kind = SettingKind.Path, DefaultText = "splits.mat beside it",
        MayChange = true)]
    public string? SplitFile { get; set; }

    [Setting("--normals", "FOLDER",
        Text = "NYU-v2 .mat: a folder of normals.",
        Kind = SettingKind.Path, DefaultText = "estimated from depth",
        MayChange = true)]
    public string? Normals { get; set; }

    [Setting("--extra-frames", "FOLDER",
        Text = "NYU-v2: further frames to train on (image/ and depth/), which are labelled for depth alone.",
        Kind = SettingKind.Path,
        MayChange = true)]
    public string? ExtraFrames { get; set; }

    [Setting("--buildings", "FILE",
        Text = "Taskonomy: a published list such as train_val_test_tiny.csv; its part train is trained on, test scored on.",
        Kind = SettingKind.Path, DefaultText = "train on all buildings",
        MayChange = true)]
    public string? Buildings { get; set; }

    [Setting("--map-range", "LIST",
        Text = "Taskonomy: the part of the 16-bit range that becomes 1, such as edge_texture=0.08,keypoints2d=0.005.",
        DefaultText = "all of it",
        MayChange = true)]
    public string[]? MapRange { get; set; }

    [Setting("--allow-missing",
        Text = "A missing file of NYU-v2 or Cityscapes is a missing label, and a label without photograph is passed over; otherwise "
            + "both are errors.",
        MayChange = true)]
    public bool? AllowMissing { get; set; }
}
// csharpier-ignore-end
