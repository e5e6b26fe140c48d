using Jtr.Cli.Configuration;
using Jtr.Cli.Data;

namespace Jtr.Cli.CommandLine;

/// <summary>What the options about the files of benchmarks ask for.</summary>
internal static class LayoutOptions
{
    /// <summary>What is said; null when nothing is.</summary>
    public static LayoutRequest? Request(BenchmarkSection said)
    {
        LayoutRequest request = new()
        {
            Classes = said.Classes,
            Depth = Words.Value(Words.CityscapesDepths, said.CityscapesDepth),
            ClassMapping = said.ClassMapping?.Select(Path.GetFullPath).ToArray(),
            SplitFile = Full(said.SplitFile),
            Normals = Full(said.Normals),
            ExtraFrames = Full(said.ExtraFrames),
            Buildings = Full(said.Buildings),
            MapRange = said.MapRange,
            AllowMissing = said.AllowMissing == true,
        };
        return request == new LayoutRequest() ? null : request;
    }

    /// <summary>What says it in a configuration.</summary>
    public static BenchmarkSection Section(LayoutRequest? layout) =>
        layout is null
            ? new BenchmarkSection()
            : new BenchmarkSection
            {
                Classes = layout.Classes,
                CityscapesDepth = layout.Depth is { } depth ? Words.Of(Words.CityscapesDepths, depth) : null,
                ClassMapping = layout.ClassMapping?.ToArray(),
                SplitFile = layout.SplitFile,
                Normals = layout.Normals,
                ExtraFrames = layout.ExtraFrames,
                Buildings = layout.Buildings,
                MapRange = layout.MapRange?.ToArray(),
                AllowMissing = layout.AllowMissing,
            };

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
