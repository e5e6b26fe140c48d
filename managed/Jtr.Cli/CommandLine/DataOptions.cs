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
    ];

    /// <summary>Options about the files of benchmarks, for a help page.</summary>
    public static OptionGroup LayoutGroup =>
        SettingsTable.Group(
            "Benchmarks",
            "benchmark.classes",
            "benchmark.cityscapesDepth",
            "benchmark.classMapping",
            "benchmark.splitFile",
            "benchmark.normals",
            "benchmark.extraFrames",
            "benchmark.buildings",
            "benchmark.mapRange",
            "benchmark.allowMissing"
        );

    /// <summary>What is said, on top of what a saved run says or of the defaults.</summary>
    public static DataRequest Request(RunConfiguration said, DataRequest? saved) => Request(said, saved, said.Data.Data ?? []);

    /// <summary>The same, with data that are named elsewhere than by --data.</summary>
    /// <exception cref="UsageException">It cannot be told what the data are.</exception>
    public static DataRequest Request(RunConfiguration said, DataRequest? saved, IReadOnlyList<string> given)
    {
        if (given.Count == 0 && saved?.Sources is { } kept)
            return Joined(said, saved, saved.Data, null, kept);
        if (given.Count > 1)
            return Joined(said, saved, string.Join(" + ", given), null, SourceRequest.Of(given, said.Data.Weights));
        if (said.Data.Weights is not null)
            throw new UsageException("--data-weights is for several data sets; in a .json file each source has a \"weight\".");
        DataLocation at = DataLocation.Parse(given.Count > 0 ? given[0] : saved?.Data ?? DataRequest.Scenes);
        if (at.Kind == DataKind.Joined)
        {
            (ImageSize? size, IReadOnlyList<SourceRequest> sources) = JoinedFile.Read(at.Path);
            return Joined(said, saved, at.ToString(), size, sources);
        }
        string data = at.ToString();
        // Other data than those of the saved run have their own test data.
        DataRequest? same = saved?.Data == data ? saved : null;
        return new DataRequest
        {
            Data = data,
            Test =
                said.Data.Test is not string test ? same?.Test
                : at.Kind == DataKind.Scenes ? test
                : DataLocation.Parse(test).ToString(),
            Size = ImageSizeOf(said) ?? saved?.Size ?? DefaultSize(at),
            Tasks = saved?.Tasks,
            ClassNames = saved?.ClassNames,
            SceneCount = said.Data.Scenes ?? saved?.SceneCount ?? 400,
            TestSceneCount = said.Data.TestScenes ?? saved?.TestSceneCount ?? 200,
            SceneSeed = said.Data.SceneSeed ?? saved?.SceneSeed ?? 1,
            SceneVariety = said.Data.SceneVariety ?? saved?.SceneVariety ?? 1,
            Inputs = said.Data.Inputs is { } inputs ? (inputs is [NoInputs] ? [] : inputs) : saved?.Inputs,
            SceneInputShare = said.Data.SceneInputShare ?? saved?.SceneInputShare,
            VoidId = said.Data.VoidId ?? same?.VoidId,
            DepthScale = said.Data.DepthScale ?? same?.DepthScale,
            Layout = LayoutOptions.Request(said.Benchmark, same?.Layout),
            SkipBad = said.Data.SkipBad ?? same?.SkipBad == true,
        };
    }

    private static DataRequest Joined(
        RunConfiguration said,
        DataRequest? saved,
        string data,
        ImageSize? size,
        IReadOnlyList<SourceRequest> sources
    )
    {
        if (_ofOneDataSet.Select(SettingsTable.Get).FirstOrDefault(s => s.Get(said) is not null) is Setting other)
        {
            throw new UsageException(
                $"{other.Option} is for one data set; of joined ones a .json file says it for each, "
                    + $"as \"{other.Option[2..].Replace('-', '_')}\"."
            );
        }
        if (LayoutOptions.Request(said.Benchmark, null) is not null)
            throw new UsageException(
                "--classes and the other options of benchmarks are for one data set; of joined ones a .json file says them for each."
            );
        DataRequest? same = saved?.Data == data ? saved : null;
        return new DataRequest
        {
            Data = data,
            Sources = sources,
            Test = said.Data.Test is string test ? DataLocation.Parse(test).ToString() : same?.Test,
            Size = ImageSizeOf(said) ?? saved?.Size ?? size ?? DefaultSize(sources),
            SkipBad = said.Data.SkipBad ?? same?.SkipBad == true,
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
