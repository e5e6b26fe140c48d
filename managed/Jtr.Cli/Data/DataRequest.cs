using Jtr.Cli.CommandLine;

namespace Jtr.Cli.Data;

/// <summary>Which data to open, as said on the command line.</summary>
internal sealed record DataRequest
{
    /// <summary>The word that stands for the built-in scenes.</summary>
    public const string Scenes = "scenes";

    /// <summary>Scenes to train on and to score on, where nothing else is said.</summary>
    public const int DefaultScenes = 400,
        DefaultTestScenes = 200;

    /// <summary>"scenes", a folder, or a prefix and a path: see <see cref="DataLocation"/>. Of joined data, what stands for them.</summary>
    public required string Data { get; init; }

    /// <summary>The data sets that are joined, or null.</summary>
    public IReadOnlyList<SourceRequest>? Sources { get; init; }

    /// <summary>A folder to score on, or null: the folder "test" beside "train", or further scenes.</summary>
    public string? Test { get; init; }

    /// <summary>The tasks as written, or null for all (of scenes: segmentation, depth and normals).</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>Names of the inputs beside the photograph, or null for all that tasks.json lists (of scenes none).</summary>
    public IReadOnlyList<string>? Inputs { get; init; }

    /// <summary>Which part of the scenes has them, 0 to 1; null: all.</summary>
    public double? SceneInputShare { get; init; }

    /// <summary>Names of the classes of the segmentation task, or null.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Rows and columns.</summary>
    public required ImageSize Size { get; init; }

    /// <summary>Scenes to train on.</summary>
    public int SceneCount { get; init; } = DefaultScenes;

    /// <summary>Scenes to score on, which follow those to train on.</summary>
    public int TestSceneCount { get; init; } = DefaultTestScenes;

    /// <summary>Seed of the scenes.</summary>
    public ulong SceneSeed { get; init; } = 1;

    /// <summary>How much the scenes differ, 0 to 1.</summary>
    public double SceneVariety { get; init; } = 1;

    /// <summary>How unlike their photographs are to those of the usual camera, 0 to 1.</summary>
    public double SceneShift { get; init; }

    /// <summary>Class id that says "no label", or null.</summary>
    public int? VoidId { get; init; }

    /// <summary>Metres of one unit of whole-number depth files, or null.</summary>
    public double? DepthScale { get; init; }

    /// <summary>How a benchmark's files are read, or null.</summary>
    public LayoutRequest? Layout { get; init; }

    /// <summary>Whether samples that cannot be read are skipped.</summary>
    public bool SkipBad { get; init; }

    /// <summary>Whether the data are the built-in scenes.</summary>
    public bool IsScenes => Data == Scenes;
}
