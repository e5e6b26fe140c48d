namespace Jtr.Interop.Datasets.Folders;

/// <summary>What lies in a folder of images or of one task's labels: files by their stem (the name without extension).</summary>
internal sealed class FolderIndex
{
    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>Lists a folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="extensions">The extensions that count, with the dot, in lower case; the case of the files' is ignored.</param>
    /// <param name="problems">Receives files that have another extension. Hidden files are passed over.</param>
    /// <exception cref="JtrFormatException">Two files have the same stem.</exception>
    public FolderIndex(string folder, IReadOnlyList<string> extensions, List<FolderProblem> problems)
    {
        Name = Path.GetFileName(folder);
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (name.StartsWith('.'))
                continue;
            if (!extensions.Contains(Path.GetExtension(name).ToLowerInvariant()))
            {
                problems.Add(new FolderProblem(path, $"passed over: not one of {string.Join(", ", extensions)}"));
                continue;
            }
            string stem = Path.GetFileNameWithoutExtension(name);
            if (!_files.TryAdd(stem, path))
                throw new JtrFormatException(path, $"'{Path.GetFileName(_files[stem])}' beside it has the same name; which one counts?");
        }
    }

    /// <summary>The folder's own name.</summary>
    public string Name { get; }

    public static string[] ImageExtensions { get; } = [".jpg", ".jpeg", ".png"];

    /// <summary>Those of photographs of any channels.</summary>
    public static string[] ChannelExtensions { get; } = [.. ImageExtensions, ".npy"];

    public static string[] LabelExtensions { get; } = [".png", ".npy"];

    /// <summary>Stems in ordinal order.</summary>
    public IReadOnlyCollection<string> Stems => _files.Keys;

    /// <summary>Paths in the order of their stems.</summary>
    public IReadOnlyCollection<string> Paths => _files.Values;

    /// <summary>The file of a stem, or null.</summary>
    public string? this[string stem] => _files.GetValueOrDefault(stem);

    public static bool IsNpy(string path) => path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);
}
