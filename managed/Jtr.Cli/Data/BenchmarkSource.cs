using System.Globalization;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Hdf5;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>Opens benchmarks in the forms in which they are downloaded, and packed data sets, each in its published parts.</summary>
internal static class BenchmarkSource
{
    /// <summary>Whether data have a part to score on.</summary>
    public static bool HasTest(DataRequest request, DataLocation at) =>
        at.Kind switch
        {
            DataKind.NyuV2 => File.Exists(at.Path)
                || File.Exists(Path.Combine(at.Path, NyuV2Dataset.MatFileName))
                || Directory.Exists(Path.Combine(at.Path, "val")),
            DataKind.Cityscapes => Directory.Exists(Path.Combine(at.Path, "leftImg8bit", "val"))
                || Directory.Exists(Path.Combine(at.Path, "val")),
            DataKind.Taskonomy => request.Layout?.Buildings is not null,
            _ => false,
        };

    /// <summary>Opens a part.</summary>
    /// <param name="request">How to read it.</param>
    /// <param name="at">Where it is.</param>
    /// <param name="test">Whether the part to score on.</param>
    /// <param name="tasks">The tasks of a network, or null.</param>
    /// <exception cref="UsageException">An option does not fit the data.</exception>
    public static IMultiTaskDataset Open(DataRequest request, DataLocation at, bool test, TaskSet? tasks)
    {
        CheckOptions(request, at.Kind);
        return at.Kind switch
        {
            DataKind.NyuV2 => OpenNyuV2(request, at.Path, test, tasks),
            DataKind.Cityscapes => OpenCityscapes(request, at.Path, test, tasks),
            DataKind.Taskonomy => OpenTaskonomy(request, at.Path, test, tasks),
            _ => OpenPacked(request, at.Path),
        };
    }

    private static void CheckOptions(DataRequest request, DataKind kind)
    {
        LayoutRequest layout = request.Layout ?? new LayoutRequest();
        (string Option, bool IsGiven, DataKind[] For)[] given =
        [
            ("--classes", layout.Classes is not null, [DataKind.NyuV2, DataKind.Cityscapes]),
            ("--cityscapes-depth", layout.Depth is not null, [DataKind.Cityscapes]),
            ("--class-mapping", layout.ClassMapping is not null, [DataKind.NyuV2]),
            ("--split-file", layout.SplitFile is not null, [DataKind.NyuV2]),
            ("--normals", layout.Normals is not null, [DataKind.NyuV2]),
            ("--extra-frames", layout.ExtraFrames is not null, [DataKind.NyuV2]),
            ("--buildings", layout.Buildings is not null, [DataKind.Taskonomy]),
            ("--map-range", layout.MapRange is not null, [DataKind.Taskonomy]),
            ("--allow-missing", layout.AllowMissing, [DataKind.NyuV2, DataKind.Cityscapes, DataKind.Taskonomy]),
            ("--tasks", request.Tasks is not null, [DataKind.Folder, DataKind.Cityscapes, DataKind.Taskonomy]),
            ("--class-names", request.ClassNames is not null, [DataKind.Folder]),
            ("--void-id", request.VoidId is not null, [DataKind.Folder]),
            ("--depth-scale", request.DepthScale is not null, [DataKind.Folder]),
        ];
        foreach ((string option, bool isGiven, DataKind[] kinds) in given)
        {
            if (isGiven && !kinds.Contains(kind))
                throw new UsageException($"{option} is for {string.Join(" and ", kinds)}; the data are {kind}.");
        }
    }

    private static NyuV2Dataset OpenNyuV2(DataRequest request, string path, bool test, TaskSet? tasks)
    {
        LayoutRequest layout = request.Layout ?? new LayoutRequest();
        NyuV2Options options = new()
        {
            Height = request.Size.Height,
            Width = request.Size.Width,
            ClassCount = Classes(layout, tasks, 13, 40),
            AllowMissing = layout.AllowMissing,
            ClassMapping = layout.ClassMapping,
            SplitFile = layout.SplitFile,
            NormalsFolder = layout.Normals,
            OpenMat = NyuV2Hdf5File.Open,
            // Further frames have no place in scores that are to be compared.
            ExtraFrames = test ? null : layout.ExtraFrames,
        };
        return NyuV2Dataset.Open(path, test ? NyuV2Split.Test : NyuV2Split.Train, options);
    }

    private static LayoutDataset OpenCityscapes(DataRequest request, string path, bool test, TaskSet? tasks)
    {
        LayoutRequest layout = request.Layout ?? new LayoutRequest();
        string[]? wanted = tasks?.Select(t => t.Name).ToArray() ?? request.Tasks?.ToArray();
        if (wanted?.FirstOrDefault(w => w is not ("segmentation" or "depth")) is string strange)
            throw new UsageException($"--tasks: Cityscapes has segmentation and depth, no '{strange}'.");
        bool hasDepth = wanted?.Contains("depth") ?? layout.Depth != CityscapesDepth.None;
        CityscapesOptions options = new()
        {
            Height = request.Size.Height,
            Width = request.Size.Width,
            Split = test ? "val" : "train",
            Labels =
                wanted?.Contains("segmentation") is false ? CityscapesLabels.None
                : Classes(layout, tasks, 7, 19) == 19 ? CityscapesLabels.Classes
                : CityscapesLabels.Categories,
            Depth = hasDepth ? layout.Depth ?? CityscapesDepth.Inverse : CityscapesDepth.None,
            AllowMissing = layout.AllowMissing,
        };
        return CityscapesDataset.Open(path, options);
    }

    private static TaskonomyDataset OpenTaskonomy(DataRequest request, string path, bool test, TaskSet? tasks)
    {
        LayoutRequest layout = request.Layout ?? new LayoutRequest();
        string[]? domains = tasks?.Select(t => t.Name).ToArray() ?? request.Tasks?.ToArray();
        if (domains?.FirstOrDefault(d => !TaskonomyDomains.All.Contains(d)) is string strange)
            throw new UsageException($"--tasks: '{strange}' is none of Taskonomy's domains {string.Join(", ", TaskonomyDomains.All)}.");
        return new TaskonomyDataset(
            path,
            new TaskonomyOptions
            {
                Height = request.Size.Height,
                Width = request.Size.Width,
                Domains = domains,
                Buildings = layout.Buildings is string list ? TaskonomySplit.Read(list, test ? "test" : "train") : null,
                MapRange = Ranges(layout.MapRange ?? []),
                AllowMissing = layout.AllowMissing,
            }
        );
    }

    private static PackedDataset OpenPacked(DataRequest request, string path)
    {
        PackedDataset data = new(path);
        if ((data.Height, data.Width) == (request.Size.Height, request.Size.Width))
            return data;
        data.Dispose();
        throw new UsageException(
            $"{path} was packed at {data.Height}x{data.Width}, which --size {request.Size} cannot change; pack it anew."
        );
    }

    private static int Classes(LayoutRequest layout, TaskSet? tasks, int usual, int other)
    {
        int classes = layout.Classes ?? tasks?.OfType<SegmentationTask>().FirstOrDefault()?.ClassCount ?? usual;
        return classes == usual || classes == other
            ? classes
            : throw new UsageException($"--classes: these data have {usual} or {other} classes, not {classes}.");
    }

    private static Dictionary<string, double> Ranges(IReadOnlyList<string> said)
    {
        Dictionary<string, double> ranges = [];
        foreach (string text in said)
        {
            if (
                text.Split('=') is not [string domain, string number]
                || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                || !TaskonomyDomains.All.Contains(domain)
                || !ranges.TryAdd(domain, value)
            )
                throw new UsageException($"--map-range: '{text}' is not DOMAIN=FRACTION, each domain once.");
        }
        return ranges;
    }
}
