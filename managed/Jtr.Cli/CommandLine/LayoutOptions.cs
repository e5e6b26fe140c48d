using Jtr.Cli.Configuration;
using Jtr.Cli.Data;

namespace Jtr.Cli.CommandLine;

/// <summary>What the options about the files of benchmarks ask for.</summary>
internal static class LayoutOptions
{
    /// <summary>What is said, on top of what a saved run says; null when nothing is.</summary>
    public static LayoutRequest? Request(BenchmarkSection said, LayoutRequest? saved)
    {
        LayoutRequest basis = saved ?? new LayoutRequest();
        LayoutRequest request = new()
        {
            Classes = said.Classes ?? basis.Classes,
            Depth = Words.Value(Words.CityscapesDepths, said.CityscapesDepth) ?? basis.Depth,
            ClassMapping = said.ClassMapping?.Select(Path.GetFullPath).ToArray() ?? basis.ClassMapping,
            SplitFile = Full(said.SplitFile) ?? basis.SplitFile,
            Normals = Full(said.Normals) ?? basis.Normals,
            ExtraFrames = Full(said.ExtraFrames) ?? basis.ExtraFrames,
            Buildings = Full(said.Buildings) ?? basis.Buildings,
            MapRange = said.MapRange ?? basis.MapRange,
            AllowMissing = said.AllowMissing ?? basis.AllowMissing,
        };
        return request == new LayoutRequest() ? null : request;
    }

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
