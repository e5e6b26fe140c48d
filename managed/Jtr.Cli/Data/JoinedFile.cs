using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Cli.CommandLine;
using Jtr.Interop;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Json;

namespace Jtr.Cli.Data;

/// <summary>
/// A file that says which data sets are joined, each with the options of the command line that concern it, underscores for dashes:
/// <code>
/// { "size": "96x128",
///   "sources": [
///     { "name": "streets", "data": "photos/train", "test": "photos/test", "weight": 2, "rename": { "seg": "segmentation" } },
///     { "name": "rooms", "data": "nyuv2:nyuv2", "labels": "onelabel.pth" } ] }
/// </code>
/// Paths are relative to the file's folder.
/// </summary>
internal static class JoinedFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The size, if the file says one, and the sources.</returns>
    /// <exception cref="JtrFormatException">It is damaged; the message says where.</exception>
    public static (ImageSize? Size, IReadOnlyList<SourceRequest> Sources) Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"--data: there is no file '{path}'", path);
        JoinedContent content = JsonFile.Read(path, JoinedJson.Default.JoinedContent);
        if (content.Sources is not { Count: > 0 })
            throw new JtrFormatException(path, "the array 'sources' is missing or empty");
        ImageSize? size = content.Size is null
            ? null
            : ImageSize.TryParse(content.Size)
                ?? throw new JtrFormatException(
                    path,
                    $"'size' is '{content.Size}'; it has to be two numbers up to {ImageSize.Largest}, such as 96x128"
                );
        List<SourceRequest> sources = [];
        for (int i = 0; i < content.Sources.Count; i++)
        {
            string where = $"sources[{i}]";
            SourceEntry entry = content.Sources[i] ?? throw new JtrFormatException(path, $"{where} is null");
            try
            {
                SourceRequest source = entry.ToRequest(Path.GetDirectoryName(Path.GetFullPath(path))!);
                if (sources.Any(s => s.Name == source.Name))
                    throw new UsageException($"another source is named '{source.Name}', too; give 'name'");
                sources.Add(source);
            }
            catch (UsageException e)
            {
                throw new JtrFormatException(path, $"{where}: {e.Message}", innerException: e);
            }
        }
        return (size, sources);
    }
}

/// <summary>The file as JSON has it.</summary>
internal sealed record JoinedContent(string? Size, List<SourceEntry?>? Sources);

/// <summary>One source as JSON has it. See the options of the same names.</summary>
internal sealed record SourceEntry
{
    public string? Name { get; init; }
    public string? Data { get; init; }
    public string? Test { get; init; }
    public double? Weight { get; init; }
    public Dictionary<string, string>? Rename { get; init; }
    public string? Labels { get; init; }
    public List<string>? Tasks { get; init; }
    public List<string>? ClassNames { get; init; }
    public int? Scenes { get; init; }
    public int? TestScenes { get; init; }
    public ulong? SceneSeed { get; init; }
    public double? SceneVariety { get; init; }
    public double? SceneShift { get; init; }
    public int? VoidId { get; init; }
    public double? DepthScale { get; init; }
    public int? Classes { get; init; }
    public CityscapesDepth? CityscapesDepth { get; init; }
    public List<string>? ClassMapping { get; init; }
    public string? SplitFile { get; init; }
    public string? Normals { get; init; }
    public string? ExtraFrames { get; init; }
    public string? Buildings { get; init; }
    public List<string>? MapRange { get; init; }
    public bool AllowMissing { get; init; }

    /// <summary>The source.</summary>
    /// <param name="folder">What paths are relative to.</param>
    /// <exception cref="UsageException">A value is missing or out of range.</exception>
    public SourceRequest ToRequest(string folder)
    {
        if (string.IsNullOrWhiteSpace(Data))
            throw new UsageException("'data' is missing");
        if (Name is not null && string.IsNullOrWhiteSpace(Name))
            throw new UsageException("'name' is empty");
        if (Weight is { } weight && !(weight > 0 && double.IsFinite(weight)))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"'weight' is {weight}; it has to be above 0"));
        if (Scenes is < 1 || TestScenes is < 1)
            throw new UsageException("'scenes' and 'test_scenes' have to be 1 or more");
        if (SceneVariety is { } variety && !(variety >= 0 && variety <= 1))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"'scene_variety' is {variety}; it has to be 0 to 1"));
        if (SceneShift is { } shift && !(shift >= 0 && shift <= 1))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"'scene_shift' is {shift}; it has to be 0 to 1"));
        if (VoidId is < 0 or > 65535)
            throw new UsageException($"'void_id' is {VoidId}; it has to be 0 to 65535");
        if (DepthScale is { } scale && !(scale > 0 && double.IsFinite(scale)))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"'depth_scale' is {scale}; it has to be above 0"));
        DataLocation at = DataLocation.Parse(Data, folder);
        if (at.Kind == DataKind.Joined)
            throw new UsageException($"{at.Path} joins data sets itself");
        LayoutRequest layout = new()
        {
            Classes = Classes,
            Depth = CityscapesDepth,
            ClassMapping = ClassMapping?.Select(f => Full(f, folder)).ToArray(),
            SplitFile = SplitFile is null ? null : Full(SplitFile, folder),
            Normals = Normals is null ? null : Full(Normals, folder),
            ExtraFrames = ExtraFrames is null ? null : Full(ExtraFrames, folder),
            Buildings = Buildings is null ? null : Full(Buildings, folder),
            MapRange = MapRange,
            AllowMissing = AllowMissing,
        };
        DataRequest data = new() { Data = at.ToString(), Size = default };
        return new SourceRequest
        {
            Name = Name ?? SourceRequest.DefaultName(at),
            Weight = Weight ?? 1,
            Rename = Rename,
            Labels = Labels is null ? null : Full(Labels, folder),
            Data = data with
            {
                Test = Test is null ? null : DataLocation.Parse(Test, folder).ToString(),
                Tasks = Tasks,
                ClassNames = ClassNames,
                SceneCount = Scenes ?? data.SceneCount,
                TestSceneCount = TestScenes ?? data.TestSceneCount,
                SceneSeed = SceneSeed ?? data.SceneSeed,
                SceneVariety = SceneVariety ?? data.SceneVariety,
                SceneShift = SceneShift ?? data.SceneShift,
                VoidId = VoidId,
                DepthScale = DepthScale,
                Layout = layout == new LayoutRequest() ? null : layout,
            },
        };
    }

    private static string Full(string path, string folder) => Path.GetFullPath(path, folder);
}

/// <summary>Generated at compile time, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(JoinedContent))]
internal sealed partial class JoinedJson : JsonSerializerContext;
