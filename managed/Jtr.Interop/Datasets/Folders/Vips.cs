using NetVips;

namespace Jtr.Interop.Datasets.Folders;

/// <summary>libvips, set up for the loader.</summary>
internal static class Vips
{
    private static readonly Lazy<string?> Failure = new(SetUp);

    /// <summary>To be called before libvips is used.</summary>
    /// <exception cref="JtrNativeLibraryException">libvips is not there.</exception>
    public static void EnsureLoaded()
    {
        if (Failure.Value is { } failure) throw new JtrNativeLibraryException(failure, ModuleInitializer.Exception);
    }

    private static string? SetUp()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            return "libvips, which reads photographs and PNG labels, could not be loaded: add the package NetVips.Native for this " +
                "platform to the program, or install libvips (libvips42 on Debian). The inner exception says where it was looked for.";
        }
        // The loader's threads each decode an image of their own. What was decoded is cached here, not there.
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;
        return null;
    }
}
