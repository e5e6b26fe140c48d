using System.CommandLine;
using System.Globalization;
using Jtr.Cli.Data;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.CommandLine;

/// <summary>Options about data that several commands have.</summary>
internal sealed class DataOptions
{
    /// <summary>Rows and columns where nothing else is said: scenes are small so that training takes minutes.</summary>
    public static readonly ImageSize SceneSize = new(32, 64), FolderSize = new(96, 128);

    /// <summary>What data can be.</summary>
    public const string What = "Named several times, the data sets are joined: tasks of the same name are the same task. The built-in scenes; a folder with image/ and one folder of labels per task, or with two such folders, train/ and test/ (a missing label file is a missing label); "
        + "NYU-v2 (MTAN's .npy files or nyu_depth_v2_labeled.mat), Cityscapes (official or MTAN's .npy files) or Taskonomy as downloaded; or a file of 'jtr pack'; or a .json file that lists data sets to join and how to read each. "
        + "What it is is found out, or said by a prefix: folder:PATH, nyuv2:PATH, cityscapes:PATH, taskonomy:PATH, packed:PATH, joined:PATH.";

    // As published.
    private static readonly ImageSize _nyuSize = new(288, 384), _cityscapesSize = new(128, 256), _taskonomySize = new(256, 256);

    private readonly LayoutOptions _layouts = new();

    public Option<string[]?> Data { get; } = OptionKinds.Several("--data", "scenes|PATH", What);

    public Option<string[]?> Weights { get; } = OptionKinds.List("--weights", "LIST",
        "How often an epoch has a sample of each of the joined data sets: 2,0.5 has those of the first twice and every other one of the second. Default: 1 each.");

    public Option<string?> Test { get; } = OptionKinds.Text("--test", "PATH", "Other data to score on. Default: the part of --data that is for it: test/ of a folder, val or test of a benchmark.");

    public Option<ImageSize?> Size { get; } = OptionKinds.Size("--size",
        $"Rows x columns that everything is resized to, multiples of 32. Default: {SceneSize} for scenes, {FolderSize} for folders, as published for benchmarks ({_nyuSize} NYU-v2, {_cityscapesSize} Cityscapes), {_taskonomySize} for Taskonomy, a packed file's own.");

    public Option<bool> SkipBad { get; } = new("--skip-bad") { Description = "Use another sample in place of one whose files are damaged, and count it; otherwise it is an error." };

    public Option<long?> Scenes { get; } = OptionKinds.Whole("--scenes", "N", "Scenes to train on. Default: 400.", 1, 100_000_000);

    public Option<long?> TestScenes { get; } = OptionKinds.Whole("--test-scenes", "N", "Further scenes to score on. Default: 200.", 1, 100_000_000);

    public Option<long?> SceneSeed { get; } = OptionKinds.Whole("--scene-seed", "N", "Seed of the scenes themselves. Default: 1.", 0);

    public Option<double?> SceneVariety { get; } = OptionKinds.Number("--scene-variety", "X",
        "How much the scenes differ, 0 to 1: at 0 muted colours, few patterns, fewer things and a camera in a corner, which small networks learn in minutes. Default: 1.", x => x is >= 0 and <= 1, "from 0 to 1");

    public Option<long?> VoidId { get; } = OptionKinds.Whole("--void-id", "N", "Class id that says \"no label\" in label files. Default: as tasks.json says, else 255.", 0, 65535);

    public Option<double?> DepthScale { get; } = OptionKinds.Number("--depth-scale", "METRES", "Metres of one unit in whole-number depth files. Default: as tasks.json says, else 0.001.", v => v > 0, "above 0");

    /// <summary>Options about the files of benchmarks.</summary>
    public OptionGroup LayoutGroup => _layouts.Group;

    /// <summary>Whether the command line names data.</summary>
    public bool Names(ParseResult parsed) => parsed.GetValue(Data) is { Length: > 0 };

    /// <summary>What is said, on top of what a saved run says or of the defaults.</summary>
    public DataRequest Request(ParseResult parsed, DataRequest? saved) => Request(parsed, saved, parsed.GetValue(Data) ?? []);

    /// <summary>The same, with data that are named elsewhere than by <see cref="Data"/>.</summary>
    /// <exception cref="UsageException">It cannot be told what the data are.</exception>
    public DataRequest Request(ParseResult parsed, DataRequest? saved, IReadOnlyList<string> given)
    {
        if (given.Count == 0 && saved?.Sources is { } kept) return Joined(parsed, saved, saved.Data, null, kept);
        if (given.Count > 1) return Joined(parsed, saved, string.Join(" + ", given), null, SourceRequest.Of(given, ReadWeights(parsed)));
        if (parsed.GetResult(Weights) is not null) throw new UsageException("--weights is for several data sets; in a .json file each source has a \"weight\".");
        DataLocation at = DataLocation.Parse(given.Count > 0 ? given[0] : saved?.Data ?? DataRequest.Scenes);
        if (at.Kind == DataKind.Joined)
        {
            (ImageSize? size, IReadOnlyList<SourceRequest> sources) = JoinedFile.Read(at.Path);
            return Joined(parsed, saved, at.ToString(), size, sources);
        }
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
            SceneVariety = parsed.GetValue(SceneVariety) ?? saved?.SceneVariety ?? 1,
            VoidId = (int?)parsed.GetValue(VoidId) ?? same?.VoidId,
            DepthScale = parsed.GetValue(DepthScale) ?? same?.DepthScale,
            Layout = _layouts.Request(parsed, same?.Layout),
            SkipBad = parsed.GetValue(SkipBad) || same?.SkipBad == true,
        };
    }

    private DataRequest Joined(ParseResult parsed, DataRequest? saved, string data, ImageSize? size, IReadOnlyList<SourceRequest> sources)
    {
        Option?[] others = [VoidId, DepthScale, Scenes, TestScenes, SceneSeed, SceneVariety];
        if (others.FirstOrDefault(o => parsed.GetResult(o!) is not null) is Option other)
            throw new UsageException($"{other.Name} is for one data set; of joined ones a .json file says it for each, as \"{other.Name[2..].Replace('-', '_')}\".");
        if (_layouts.Request(parsed, null) is not null) throw new UsageException("--classes and the other options of benchmarks are for one data set; of joined ones a .json file says them for each.");
        DataRequest? same = saved?.Data == data ? saved : null;
        return new DataRequest
        {
            Data = data,
            Sources = sources,
            Test = parsed.GetValue(Test) is string test ? DataLocation.Parse(test).ToString() : same?.Test,
            Size = parsed.GetValue(Size) ?? saved?.Size ?? size ?? DefaultSize(sources),
            SkipBad = parsed.GetValue(SkipBad) || same?.SkipBad == true,
        };
    }

    private double[]? ReadWeights(ParseResult parsed) => parsed.GetResult(Weights) is null ? null : [.. parsed.GetValue(Weights)!.Select(text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight > 0 && double.IsFinite(weight) ? weight : throw new UsageException($"--weights: '{text}' is not a number above 0."))];

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
