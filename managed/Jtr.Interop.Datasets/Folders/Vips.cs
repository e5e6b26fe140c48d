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
        if (Failure.Value is { } failure)
            throw new JtrNativeLibraryException(failure, ModuleInitializer.Exception);
    }

    // Kept, so that the native side does not call what was collected.
    private static readonly Log.LogDelegate Silence = static (_, _, _) => { };

    private static string? SetUp()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            return "libvips, which reads photographs and PNG labels and writes pictures, could not be loaded: "
                + "add the package NetVips.Native for this platform to the program, or install libvips (libvips42 on Debian). The inner "
                + "exception says where it was looked for.";
        }
        // The loader's threads each decode an image of their own. What was decoded is cached here, not there.
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;
        // What it is able to read all the same (such as a few bytes too many between two parts of a JPEG file) is not worth a line on
        // standard error from a library, for each file and pass.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning, Silence);
        return null;
    }
}
