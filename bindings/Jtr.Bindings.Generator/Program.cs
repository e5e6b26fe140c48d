using CppSharp;
using Jtr.Bindings.Generator;

string? root = args.Length > 0 ? args[0] : FindRepository(AppContext.BaseDirectory);
if (root is null || !File.Exists(Path.Combine(root, JtrLibrary.HeaderPath)))
{
    Console.Error.WriteLine(
        $"usage: Jtr.Bindings.Generator [repository]\n{JtrLibrary.HeaderPath} was not found in {root ?? "any folder above this program"}"
    );
    return 2;
}

JtrLibrary library = new(Path.GetFullPath(root));
return ConsoleDriver.Run(library) && library.Finish() ? 0 : 1;

static string? FindRepository(string start)
{
    for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        if (File.Exists(Path.Combine(folder.FullName, JtrLibrary.HeaderPath)))
            return folder.FullName;
    return null;
}
