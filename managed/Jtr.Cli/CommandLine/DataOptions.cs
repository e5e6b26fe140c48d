using Jtr.Cli.Commands;
using Jtr.Cli.Configuration;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.CommandLine;

/// <summary>What the options about data ask for.</summary>
internal static class DataOptions
{
    /// <summary>The word that stands for no inputs beside the photograph.</summary>
    public const string NoInputs = "none";

    /// <summary>Rows and columns where nothing else is said: scenes are small so that training takes minutes.</summary>
    public static readonly ImageSize SceneSize = new(32, 64),
        FolderSize = new(96, 128);

    /// <summary>Rows and columns of the benchmarks, as published.</summary>
    public static readonly ImageSize NyuSize = new(288, 384),
        CityscapesSize = new(128, 256),
        TaskonomySize = new(256, 256);

    /// <summary>The sizes where nothing else is said, in words.</summary>
    public const string DefaultSizes =
        "32x64 for scenes, 96x128 for folders, as published for benchmarks (288x384 NYU-v2, 128x256 Cityscapes), 256x256 for Taskonomy, a "
        + "packed file's own";

    /// <summary>What data can be.</summary>
    public const string What =
        "Named several times, the data sets are joined: tasks of the same name are the same task. The built-in "
        + "scenes; a folder with image/ and one folder or table of labels per task, or with two such folders, train/ and test/ or val/ "
        + "(a missing label file is a missing label); "
        + "NYU-v2 (MTAN's .npy files or nyu_depth_v2_labeled.mat), Cityscapes (official or MTAN's .npy files) or Taskonomy as downloaded; "
        + "or a file of 'jtr pack'; or a .json file that lists data sets to join and how to read each. "
        + "What it is is found out, or said by a prefix: folder:PATH, nyuv2:PATH, cityscapes:PATH, taskonomy:PATH, packed:PATH, "
        + "joined:PATH.";

    private static readonly string[] _ofOneDataSet =
    [
        "data.voidId",
        "data.depthScale",
        "data.scenes",
        "data.testScenes",
        "data.sceneSeed",
        "data.inputs",
        "data.sceneInputShare",
        "data.sceneVariety",
        "data.sceneShift",
    ];

    // Settings that are about the data that are named, and not about others.
    private static readonly string[] _ofTheData = ["data.weights", "data.test", "data.voidId", "data.depthScale", "data.skipBad"];

    /// <summary>What is said, on top of what a saved run says or of the defaults.</summary>
    /// <param name="said">What is said.</param>
    /// <param name="saved">The saved run, or null.</param>
    /// <exception cref="UsageException">It cannot be told what the data are.</exception>
    public static DataRequest Request(RunConfiguration said, TrainSettings? saved = null)
    {
        if (saved is null)
            return Request(said, said, null);
        string[] before = saved.Configuration.Data.Data ?? [];
        bool isSame = said.Data.Data is not { } given || given.Select(d => DataLocation.Parse(d).ToString()).SequenceEqual(before);
        RunConfiguration all = saved.Configuration.Copy();
        foreach (Setting setting in SettingsTable.Declared.Where(s => s.Section is "data" or "benchmark"))
        {
            if (setting.Get(said) is { } value)
                setting.Set(all, value);
            else if (!isSame && (setting.Section == "benchmark" || _ofTheData.Contains(setting.Key)))
                setting.Set(all, null);
        }
        return Request(said, all, isSame ? saved.Sources : null);
    }

    /// <summary>Says in a configuration what the data are, defaults included.</summary>
    public static void Write(DataRequest data, RunConfiguration run)
    {
        bool isListed = data.Sources is not null && !IsFile(data);
        DataSection section = run.Data;
        section.Data = isListed ? [.. data.Sources!.Select(s => s.Data.Data)] : [data.Data];
        section.Weights = isListed ? [.. data.Sources!.Select(s => s.Weight)] : null;
        section.Test = data.Test;
        section.Tasks = data.Sources is null ? data.Tasks?.ToArray() : null;
        section.ClassNames = data.Sources is null ? data.ClassNames?.ToArray() : null;
        section.Inputs = data.Inputs is { Count: 0 } ? [NoInputs] : data.Inputs?.ToArray();
        section.SceneInputShare = data.IsScenes ? data.SceneInputShare : null;
        section.Size = data.Size.ToString();
        section.SkipBad = data.SkipBad;
        section.VoidId = data.VoidId;
        section.DepthScale = data.DepthScale;
        section.Scenes = data.IsScenes ? data.SceneCount : null;
        section.TestScenes = data.IsScenes ? data.TestSceneCount : null;
        section.SceneSeed = data.IsScenes ? data.SceneSeed : null;
        section.SceneVariety = data.IsScenes ? data.SceneVariety : null;
        section.SceneShift = data.IsScenes ? data.SceneShift : null;
        run.Benchmark = LayoutOptions.Section(data.Layout);
    }

    /// <summary>Whether a .json file lists the data sets that are joined, instead of the command line.</summary>
    public static bool IsFile(DataRequest data) => data.Data.StartsWith("joined:", StringComparison.Ordinal);

    /// <summary>What a configuration says.</summary>
    /// <param name="said">What the user says of it, which has to fit the data.</param>
    /// <param name="all">All that counts: that, defaults, and what a saved run says.</param>
    /// <param name="sources">The data sets that a file listed when the run began, or null.</param>
    /// <exception cref="UsageException">It cannot be told what the data are.</exception>
    public static DataRequest Request(RunConfiguration said, RunConfiguration all, IReadOnlyList<SourceRequest>? sources)
    {
        DataSection data = all.Data;
        string[] given = data.Data ?? [DataRequest.Scenes];
        if (given.Length > 1)
            return Joined(said, all, string.Join(" + ", given), null, SourceRequest.Of(given, data.Weights));
        if (data.Weights is not null)
            throw new UsageException("--data-weights is for several data sets; in a .json file each source has a \"weight\".");
        DataLocation at = DataLocation.Parse(given[0]);
        if (at.Kind == DataKind.Joined)
        {
            (ImageSize? size, sources) = sources is null ? JoinedFile.Read(at.Path) : (null, sources);
            return Joined(said, all, at.ToString(), size, sources);
        }
        DataRequest standard = new() { Data = at.ToString(), Size = ImageSizeOf(all) ?? DefaultSize(at) };
        return standard with
        {
            Test = data.Test is not { } test || at.Kind == DataKind.Scenes ? data.Test : DataLocation.Parse(test).ToString(),
            Tasks = data.Tasks,
            ClassNames = data.ClassNames,
            SceneCount = data.Scenes ?? standard.SceneCount,
            TestSceneCount = data.TestScenes ?? standard.TestSceneCount,
            SceneSeed = data.SceneSeed ?? standard.SceneSeed,
            SceneVariety = data.SceneVariety ?? standard.SceneVariety,
            SceneShift = data.SceneShift ?? standard.SceneShift,
            Inputs = data.Inputs is [NoInputs] ? [] : data.Inputs,
            SceneInputShare = data.SceneInputShare,
            VoidId = data.VoidId,
            DepthScale = data.DepthScale,
            Layout = LayoutOptions.Request(all.Benchmark),
            SkipBad = data.SkipBad == true,
        };
    }

    private static DataRequest Joined(
        RunConfiguration said,
        RunConfiguration all,
        string data,
        ImageSize? size,
        IReadOnlyList<SourceRequest> sources
    )
    {
        if (_ofOneDataSet.Select(SettingsTable.Get).FirstOrDefault(s => s.Get(said) is not null) is { } other)
        {
            throw new UsageException(
                $"{other.Option} is for one data set; of joined ones a .json file says it for each, "
                    + $"as \"{other.Option[2..].Replace('-', '_')}\"."
            );
        }
        if (LayoutOptions.Request(said.Benchmark) is not null)
            throw new UsageException(
                "--classes and the other options of benchmarks are for one data set; of joined ones a .json file says them for each."
            );
        if ((said.Data.Tasks ?? said.Data.ClassNames) is not null)
            throw new UsageException("--tasks and --class-names are for one data set; of joined ones a .json file says them for each.");
        return new DataRequest
        {
            Data = data,
            Sources = sources,
            Test = all.Data.Test is { } test ? DataLocation.Parse(test).ToString() : null,
            Size = ImageSizeOf(all) ?? size ?? DefaultSize(sources),
            SkipBad = all.Data.SkipBad == true,
        };
    }

    /// <summary>The size that is named, or null.</summary>
    public static ImageSize? ImageSizeOf(RunConfiguration said) => said.Data.Size is string text ? ImageSize.TryParse(text) : null;

    /// <summary>The size of a packed source, which cannot change; else that of the first source.</summary>
    private static ImageSize DefaultSize(IReadOnlyList<SourceRequest> sources)
    {
        DataLocation[] places = [.. sources.Select(s => DataLocation.Parse(s.Data.Data))];
        return DefaultSize(places.FirstOrDefault(p => p.Kind == DataKind.Packed) ?? places[0]);
    }

    private static ImageSize DefaultSize(DataLocation at)
    {
        switch (at.Kind)
        {
            case DataKind.Scenes:
                return SceneSize;
            case DataKind.NyuV2:
                return NyuSize;
            case DataKind.Cityscapes:
                return CityscapesSize;
            case DataKind.Taskonomy:
                return TaskonomySize;
            case DataKind.Packed when File.Exists(at.Path):
                using (PackedDataset packed = new(at.Path))
                    return new(packed.Height, packed.Width);
            default:
                return FolderSize;
        }
    }
}
