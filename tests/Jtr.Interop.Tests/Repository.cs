namespace Jtr.Interop.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Jtr.Interop.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no checkout above {AppContext.BaseDirectory}");
    }
}
