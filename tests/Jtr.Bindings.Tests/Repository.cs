namespace Jtr.Bindings.Tests;

/// <summary>Files of the checkout that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Header => Path.Combine(Root, "native", "include", "jtr", "jtr.h");

    public static string Generated => Path.Combine(Root, "bindings", "Jtr.Bindings", "Jtr.Generated.cs");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Jtr.Interop.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no checkout above {TestContext.CurrentContext.TestDirectory}");
    }
}
