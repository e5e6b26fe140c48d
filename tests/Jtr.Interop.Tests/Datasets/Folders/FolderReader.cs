using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Tests.Datasets.Folders;

/// <summary>Labels of small folders as arrays.</summary>
internal static class FolderReader
{
    /// <summary>The label of the only sample and task of a folder.</summary>
    public static float[] Label(TemporaryFolder folder, VisionTask task, FolderOptions? options = null) =>
        SampleArrays.Read(new FolderDataset(folder.Root, (options ?? Size32) with { Tasks = [task] }), 0).Labels[0];

    /// <summary>The smallest training size, without a cache.</summary>
    public static FolderOptions Size32 { get; } =
        new()
        {
            Height = 32,
            Width = 32,
            CacheInMemory = false,
        };
}
