using System.CommandLine;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.CommandLine;

/// <summary>Options about data that several commands have.</summary>
internal sealed class DataOptions
{
    /// <summary>Rows and columns where nothing else is said: scenes are small so that training takes minutes.</summary>
    public static readonly ImageSize SceneSize = new(32, 64), FolderSize = new(96, 128);

    /// <summary>What data can be.</summary>
    public const string What = "The built-in scenes; a folder with image/ and one folder of labels per task, or with two such folders, train/ and test/ (a missing label file is a missing label); "
        + "NYU-v2 (MTAN's .npy files or nyu_depth_v2_labeled.mat), Cityscapes (official or MTAN's .npy files) or Taskonomy as downloaded; or a file of 'jtr pack'. "
        + "What it is is found out, or said by a prefix: folder:PATH, nyuv2:PATH, cityscapes:PATH, taskonomy:PATH, packed:PATH.";

    // As published.
    private static readonly ImageSize _nyuSize = new(288, 384), _cityscapesSize = new(128, 256), _taskonomySize = new(256, 256);

    private readonly LayoutOptions _layouts = new();

    public Option<string?> Data { get; } = OptionKinds.Text("--data", "scenes|PATH", What);

    public Option<string?> Test { get; } = OptionKinds.Text("--test", "PATH", "Other data to score on. Default: the part of --data that is for it: test/ of a folder, val or test of a benchmark.");

    public Option<ImageSize?> Size { get; } = OptionKinds.Size("--size",
        $"Rows x columns that everything is resized to, multiples of 32. Default: {SceneSize} for scenes, {FolderSize} for folders, as published for benchmarks ({_nyuSize} NYU-v2, {_cityscapesSize} Cityscapes), {_taskonomySize} for Taskonomy, a packed file's own.");

    public Option<bool> SkipBad { get; } = new("--skip-bad") { Description = "Use another sample in place of one whose files are damaged, and count it; otherwise it is an error." };

    public Option<long?> Scenes { get; } = OptionKinds.Whole("--scenes", "N", "Scenes to train on. Default: 400.", 1, 100_000_000);

    public Option<long?> TestScenes { get; } = OptionKinds.Whole("--test-scenes", "N", "Further scenes to score on. Default: 200.", 1, 100_000_000);

    public Option<long?> SceneSeed { get; } = OptionKinds.Whole("--scene-seed", "N", "Seed of the scenes themselves. Default: 1.", 0);

    public Option<long?> VoidId { get; } = OptionKinds.Whole("--void-id", "N", "Class id that says \"no label\" in label files. Default: as tasks.json says, else 255.", 0, 65535);

    public Option<double?> DepthScale { get; } = OptionKinds.Number("--depth-scale", "METRES", "Metres of one unit in whole-number depth files. Default: as tasks.json says, else 0.001.", v => v > 0, "above 0");

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _layouts.Group;

    /// <summary>What is said, on top of what a saved run says or of the defaults.</summary>
    public DataRequest Request(ParseResult parsed, DataRequest? saved) => Request(parsed, saved, parsed.GetValue(Data));

    /// <summary>The same, with data that are named elsewhere than by <see cref="Data"/>.</summary>
    /// <exception cref="UsageException">It cannot be told what the data are.</exception>
    public DataRequest Request(ParseResult parsed, DataRequest? saved, string? given)
    {
        DataLocation at = DataLocation.Parse(given ?? saved?.Data ?? DataRequest.Scenes);
        string data = at.ToString();
        // Other data than those of the saved run have their own test data.
        DataRequest? same = saved?.Data == data ? saved : null;
        return new DataRequest
        {
            Data = data,
            Test = parsed.GetValue(Test) is not string test ? same?.Test : at.Kind == DataKind.Scenes ? test : DataLocation.Parse(test).ToString(),
            Size = parsed.GetValue(Size) ?? saved?.Size ?? DefaultSize(at),
            Tasks = saved?.Tasks,
            ClassNames = saved?.ClassNames,
            SceneCount = (int?)parsed.GetValue(Scenes) ?? saved?.SceneCount ?? 400,
            TestSceneCount = (int?)parsed.GetValue(TestScenes) ?? saved?.TestSceneCount ?? 200,
            SceneSeed = (ulong?)parsed.GetValue(SceneSeed) ?? saved?.SceneSeed ?? 1,
            VoidId = (int?)parsed.GetValue(VoidId) ?? same?.VoidId,
            DepthScale = parsed.GetValue(DepthScale) ?? same?.DepthScale,
            Layout = _layouts.Request(parsed, same?.Layout),
            SkipBad = parsed.GetValue(SkipBad) || same?.SkipBad == true,
        };
    }

    private static ImageSize DefaultSize(DataLocation at)
    {
        switch (at.Kind)
        {
            case DataKind.Scenes: return SceneSize;
            case DataKind.NyuV2: return _nyuSize;
            case DataKind.Cityscapes: return _cityscapesSize;
            case DataKind.Taskonomy: return _taskonomySize;
            case DataKind.Packed when File.Exists(at.Path):
                using (PackedDataset packed = new(at.Path)) return new(packed.Height, packed.Width);
            default: return FolderSize;
        }
    }
}
