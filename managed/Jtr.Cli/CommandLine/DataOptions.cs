using System.CommandLine;
using Jtr.Cli.Data;

namespace Jtr.Cli.CommandLine;

/// <summary>Options about data that several commands have.</summary>
internal sealed class DataOptions
{
    /// <summary>Rows and columns where nothing else is said: scenes are small so that training takes minutes.</summary>
    public static readonly ImageSize SceneSize = new(32, 64), FolderSize = new(96, 128);

    public Option<string?> Data { get; } = OptionKinds.Text("--data", "scenes|FOLDER",
        "The built-in scenes, or a folder with image/ and one folder of labels per task; or a folder that holds two such folders, train/ and test/. A missing label file is a missing label.");

    public Option<string?> Test { get; } = OptionKinds.Text("--test", "FOLDER", "Another folder to score on. Default: test/ in the folder of --data, if it is there.");

    public Option<ImageSize?> Size { get; } = OptionKinds.Size("--size", $"Rows x columns that everything is resized to, multiples of 32. Default: {SceneSize} for scenes, {FolderSize} for folders.");

    public Option<long?> Scenes { get; } = OptionKinds.Whole("--scenes", "N", "Scenes to train on. Default: 400.", 1, 100_000_000);

    public Option<long?> TestScenes { get; } = OptionKinds.Whole("--test-scenes", "N", "Further scenes to score on. Default: 200.", 1, 100_000_000);

    public Option<long?> SceneSeed { get; } = OptionKinds.Whole("--scene-seed", "N", "Seed of the scenes themselves. Default: 1.", 0);

    public Option<long?> VoidId { get; } = OptionKinds.Whole("--void-id", "N", "Class id that says \"no label\" in label files. Default: as tasks.json says, else 255.", 0, 65535);

    public Option<double?> DepthScale { get; } = OptionKinds.Number("--depth-scale", "METRES", "Metres of one unit in whole-number depth files. Default: as tasks.json says, else 0.001.", v => v > 0, "above 0");

    /// <summary>What is said, on top of what a saved run says or of the defaults.</summary>
    public DataRequest Request(ParseResult parsed, DataRequest? saved)
    {
        string data = parsed.GetValue(Data) is not string given ? saved?.Data ?? DataRequest.Scenes : given == DataRequest.Scenes ? given : Path.GetFullPath(given);
        // Another folder than that of the saved run has its own test folder.
        DataRequest? same = saved?.Data == data ? saved : null;
        return new DataRequest
        {
            Data = data,
            Test = parsed.GetValue(Test) is string test ? Path.GetFullPath(test) : same?.Test,
            Size = parsed.GetValue(Size) ?? saved?.Size ?? (data == DataRequest.Scenes ? SceneSize : FolderSize),
            Tasks = saved?.Tasks,
            ClassNames = saved?.ClassNames,
            SceneCount = (int?)parsed.GetValue(Scenes) ?? saved?.SceneCount ?? 400,
            TestSceneCount = (int?)parsed.GetValue(TestScenes) ?? saved?.TestSceneCount ?? 200,
            SceneSeed = (ulong?)parsed.GetValue(SceneSeed) ?? saved?.SceneSeed ?? 1,
            VoidId = (int?)parsed.GetValue(VoidId) ?? same?.VoidId,
            DepthScale = parsed.GetValue(DepthScale) ?? same?.DepthScale,
        };
    }
}
