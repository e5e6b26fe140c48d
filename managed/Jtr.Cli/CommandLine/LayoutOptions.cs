using System.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets.Cityscapes;

namespace Jtr.Cli.CommandLine;

/// <summary>Options about the files of the benchmarks.</summary>
internal sealed class LayoutOptions
{
    private static readonly (string Word, int Value)[] _classCounts = [("7", 7), ("19", 19), ("13", 13), ("40", 40)];

    private static readonly (string Word, CityscapesDepth Value)[] _depths =
        [("inverse", CityscapesDepth.Inverse), ("metric", CityscapesDepth.Metric), ("none", CityscapesDepth.None)];

    private readonly Option<int?> _classes = OptionKinds.Choice("--classes", "Classes of segmentation: 7 or 19 of Cityscapes (default: 7), 13 or 40 of NYU-v2 (default: 13; 40 from the .mat file only).", _classCounts);

    private readonly Option<CityscapesDepth?> _depth = OptionKinds.Choice("--cityscapes-depth",
        "Cityscapes: inverse depth as published, metres (needs camera/), or no depth. Default: inverse.", _depths);

    private readonly Option<string[]?> _mapping = OptionKinds.List("--class-mapping", "FILES", "NYU-v2 .mat: files that map its 894 labels to classes, applied one after the other. Default: classMapping40.mat, class13Mapping.mat beside it.");

    private readonly Option<string?> _split = OptionKinds.Text("--split-file", "FILE", "NYU-v2 .mat: which samples are for training and testing. Default: splits.mat beside it.");

    private readonly Option<string?> _normals = OptionKinds.Text("--normals", "FOLDER", "NYU-v2 .mat: a folder of normals. Default: estimated from depth.");

    private readonly Option<string?> _extra = OptionKinds.Text("--extra-frames", "FOLDER", "NYU-v2: further frames to train on (image/ and depth/), which are labelled for depth alone.");

    private readonly Option<string?> _buildings = OptionKinds.Text("--buildings", "FILE", "Taskonomy: a published list such as train_val_test_tiny.csv; its part train is trained on, test scored on. Default: train on all buildings.");

    private readonly Option<string[]?> _range = OptionKinds.List("--map-range", "LIST", "Taskonomy: the part of the 16-bit range that becomes 1, such as edge_texture=0.08,keypoints2d=0.005. Default: all of it.");

    private readonly Option<bool> _missing = new("--allow-missing") { Description = "A missing file of NYU-v2 or Cityscapes is a missing label, and a label without photograph is passed over; otherwise both are errors." };

    /// <summary>For the help page.</summary>
    public OptionGroup Group => new("Benchmarks", [_classes, _depth, _mapping, _split, _normals, _extra, _buildings, _range, _missing]);

    /// <summary>What is said, on top of what a saved run says; null when nothing is.</summary>
    public LayoutRequest? Request(ParseResult parsed, LayoutRequest? saved)
    {
        LayoutRequest basis = saved ?? new LayoutRequest();
        LayoutRequest request = new()
        {
            Classes = parsed.GetValue(_classes) ?? basis.Classes,
            Depth = parsed.GetValue(_depth) ?? basis.Depth,
            ClassMapping = Given(parsed, _mapping)?.Select(Path.GetFullPath).ToArray() ?? basis.ClassMapping,
            SplitFile = Full(parsed, _split) ?? basis.SplitFile,
            Normals = Full(parsed, _normals) ?? basis.Normals,
            ExtraFrames = Full(parsed, _extra) ?? basis.ExtraFrames,
            Buildings = Full(parsed, _buildings) ?? basis.Buildings,
            MapRange = Given(parsed, _range) ?? basis.MapRange,
            AllowMissing = parsed.GetValue(_missing) || basis.AllowMissing,
        };
        return request == new LayoutRequest() ? null : request;
    }

    // An array that is not given is empty, not null.
    private static string[]? Given(ParseResult parsed, Option<string[]?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static string? Full(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is string path ? Path.GetFullPath(path) : null;
}
