using Jtr.Cli.Output;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Prediction;

/// <summary>The photographs that arguments name: files, folders with what is below them, videos.</summary>
internal sealed class PhotographList
{
    private static readonly string[] _photographs = [".JPG", ".JPEG", ".PNG"],
        _arrays = [".NPY"],
        _videos = [".MP4", ".AVI", ".MOV", ".MKV"];

    private readonly List<Entry> _entries = [];

    private readonly FolderImage _image;

    private PhotographList(FolderImage image) => _image = image;

    /// <summary>Photographs, videos left out.</summary>
    public IReadOnlyList<PhotographItem> Photographs => [.. _entries.Where(e => !e.IsVideo).Select(ItemOf)];

    /// <summary>Number of videos.</summary>
    public int Videos => _entries.Count(e => e.IsVideo);

    /// <summary>Hidden files that were passed over.</summary>
    public int Hidden { get; private set; }

    /// <summary>How many there are, or null where that is not known before the videos were read.</summary>
    public int? Count => Videos > 0 ? null : _entries.Count;

    /// <summary>Finds the photographs.</summary>
    /// <param name="arguments">Files and folders.</param>
    /// <param name="output">A folder whose files are not meant, or null.</param>
    /// <param name="unique">Whether two photographs of one name are an error, instead of having names made for them.</param>
    /// <param name="image">How the photographs are stored.</param>
    /// <exception cref="FileNotFoundException">An argument is not there, or a folder has no photographs.</exception>
    /// <exception cref="UsageException">Two photographs have one name, where that is an error.</exception>
    public static PhotographList Find(IReadOnlyList<string> arguments, string? output, bool unique, FolderImage image)
    {
        PhotographList list = new(image);
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string path in arguments)
        {
            if (Directory.Exists(path))
                list.AddFolder(path, output, seen);
            else if (!File.Exists(path))
                throw new FileNotFoundException($"there is no file or folder '{path}'", path);
            else if (seen.Add(Path.GetFullPath(path)))
                list._entries.Add(new Entry(path, Path.GetFileName(path)));
        }
        list.NameAll(unique);
        return list;
    }

    /// <summary>Keeps some photographs, evenly spread.</summary>
    public void Spread(int count)
    {
        Entry[] kept = [.. PredictionSheet.Spread(_entries.Count, count).Select(i => _entries[i])];
        _entries.Clear();
        _entries.AddRange(kept);
    }

    /// <summary>All photographs and frames, one after the other. Frames are read as they are asked for.</summary>
    /// <param name="every">Of videos the first and then every so many-th frame.</param>
    public IEnumerable<PhotographItem> Items(int every)
    {
        foreach (Entry entry in _entries)
        {
            if (!entry.IsVideo)
            {
                yield return ItemOf(entry);
                continue;
            }
            foreach (PhotographItem frame in VideoFrames.Read(entry.Path, entry.Name, every))
                yield return frame;
        }
    }

    private PhotographItem ItemOf(Entry entry) => new(entry.Name, entry.Path, () => _image.Open(entry.Path));

    private void AddFolder(string folder, string? output, HashSet<string> seen)
    {
        // Of a data set the photographs are meant, not the labels beside them.
        string images = Path.Combine(folder, FolderDataset.ImageFolder);
        string root = Directory.Exists(images) ? images : folder;
        string? own = output is null ? null : Path.GetFullPath(output) + Path.DirectorySeparatorChar;
        if (own is not null && Path.GetFullPath(root + Path.DirectorySeparatorChar).StartsWith(own, StringComparison.Ordinal))
            own = null;
        EnumerationOptions all = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = 0,
            IgnoreInaccessible = false,
        };
        int before = _entries.Count;
        foreach (string path in Directory.EnumerateFiles(root, "*", all).Order(StringComparer.Ordinal))
        {
            string relative = Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/');
            string extension = Path.GetExtension(path).ToUpperInvariant();
            if (!_photographs.Contains(extension) && !(_image.IsRgb ? _videos : _arrays).Contains(extension))
                continue;
            string full = Path.GetFullPath(path);
            if (own is not null && full.StartsWith(own, StringComparison.Ordinal))
                continue;
            if (relative.Split('/').Any(part => part.StartsWith('.')))
                Hidden++;
            else if (seen.Add(full))
                _entries.Add(new Entry(path, relative));
        }
        if (_entries.Count == before)
            throw new FileNotFoundException(
                $"the folder '{folder}' has no photographs (.jpg, .jpeg, .png{(_image.IsRgb ? ") nor videos" : ", .npy)")}",
                folder
            );
    }

    /// <summary>
    /// Gives every entry a name. Those that would have the same, also to a file system that does not tell capital letters apart, have
    /// their extension in it, else the folder that they lie in, else a number.
    /// </summary>
    private void NameAll(bool unique)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        foreach (Entry[] same in _entries.GroupBy(e => e.Name, StringComparer.OrdinalIgnoreCase).Select(g => g.ToArray()))
        {
            if (same.Length > 1 && unique)
                throw new UsageException(
                    $"'{same[0].Path}' and '{same[1].Path}' have the same name; a label goes by the name of its photograph."
                );
            Func<Entry, string>[] ways =
            [
                e => e.Name,
                e => e.Relative,
                e => $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(e.Path)))}/{e.Name}",
            ];
            Func<Entry, string>? way = Array.Find(
                ways,
                w => same.Select(w).Distinct(StringComparer.OrdinalIgnoreCase).Count() == same.Length && !same.Select(w).Any(taken.Contains)
            );
            foreach (Entry entry in same)
            {
                string wanted = way is null ? entry.Name : way(entry),
                    name = wanted;
                for (int number = 2; !taken.Add(name); number++)
                    name = $"{wanted}-{number}";
                entry.Name = name;
            }
        }
    }

    private sealed class Entry(string path, string relative)
    {
        public string Path => path;

        /// <summary>The path below the folder that was named, with '/' and its extension.</summary>
        public string Relative => relative;

        public string Name { get; set; } = relative[..^System.IO.Path.GetExtension(relative).Length];

        public bool IsVideo { get; } = _videos.Contains(System.IO.Path.GetExtension(path).ToUpperInvariant());
    }
}
