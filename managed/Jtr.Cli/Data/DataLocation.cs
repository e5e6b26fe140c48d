using Jtr.Interop.Datasets;

namespace Jtr.Cli.Data;

/// <summary>The forms in which data lie on disk.</summary>
internal enum DataKind
{
    /// <summary>The built-in scenes.</summary>
    Scenes,

    /// <summary>image/ and a folder of labels per task.</summary>
    Folder,

    /// <summary>NYU-v2: MTAN's .npy files or the official .mat file.</summary>
    NyuV2,

    /// <summary>Cityscapes: the official folders or MTAN's .npy files.</summary>
    Cityscapes,

    /// <summary>Taskonomy.</summary>
    Taskonomy,

    /// <summary>A file of `jtr pack`.</summary>
    Packed,

    /// <summary>Several data sets as one: a JSON file that lists them.</summary>
    Joined,
}

/// <summary>A form and a place, such as "nyuv2:/data/nyu".</summary>
/// <param name="Kind">The form.</param>
/// <param name="Path">The file or folder; empty for scenes.</param>
internal sealed record DataLocation(DataKind Kind, string Path)
{
    /// <summary>The prefixes that say the form.</summary>
    public const string Prefixes = "folder:, nyuv2:, cityscapes:, taskonomy:, packed: or joined:";

    // How far to look into folders, which may hold millions of files.
    private const int Looked = 1000;

    private static readonly (string Word, DataKind Kind)[] _words =
    [
        ("folder", DataKind.Folder),
        ("nyuv2", DataKind.NyuV2),
        ("cityscapes", DataKind.Cityscapes),
        ("taskonomy", DataKind.Taskonomy),
        ("packed", DataKind.Packed),
        ("joined", DataKind.Joined),
    ];

    private static readonly string[] _photographs = [".jpg", ".jpeg", ".png"];

    /// <summary>
    /// Reads "scenes", a path or a prefix and a path. A path alone is looked at; one where nothing is counts as a folder.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="folder">What relative paths are relative to; null: the current folder.</param>
    /// <exception cref="UsageException">What is at the path could be several things, or is none that is known.</exception>
    public static DataLocation Parse(string text, string? folder = null)
    {
        if (text == DataRequest.Scenes)
            return new(DataKind.Scenes, "");
        foreach ((string word, DataKind kind) in _words)
        {
            if (!text.StartsWith(word + ":", StringComparison.Ordinal))
                continue;
            string path = text[(word.Length + 1)..];
            return string.IsNullOrWhiteSpace(path)
                ? throw new UsageException($"'{text}' lacks a path: write {word}:PATH.")
                : new(kind, Full(path));
        }
        string full = Full(text);
        return new(Detect(full), full);

        string Full(string path) => System.IO.Path.GetFullPath(path, folder ?? Environment.CurrentDirectory);
    }

    /// <summary>As <see cref="Parse"/> reads it; a folder goes without prefix.</summary>
    public override string ToString() =>
        Kind switch
        {
            DataKind.Scenes => DataRequest.Scenes,
            DataKind.Folder => Path,
            _ => $"{_words.First(w => w.Kind == Kind).Word}:{Path}",
        };

    private static DataKind Detect(string path)
    {
        if (File.Exists(path))
        {
            if (PackedDataset.IsPacked(path))
                return DataKind.Packed;
            if (System.IO.Path.GetExtension(path) == ".mat")
                return DataKind.NyuV2;
            if (System.IO.Path.GetExtension(path) == ".json")
                return DataKind.Joined;
            throw new UsageException(
                $"{path} is neither a packed data set, nor a .mat file of NYU-v2, nor a .json file that joins data "
                    + $"sets; a prefix says what it is: {Prefixes}"
            );
        }
        if (!Directory.Exists(path))
            return DataKind.Folder;

        List<(DataKind Kind, string Why)> found = [];
        foreach (DataKind kind in Enum.GetValues<DataKind>())
        {
            if (Sign(kind, path) is string why)
                found.Add((kind, why));
        }
        return found switch
        {
            [(DataKind only, _)] => only,
            [] when Photographs(path) is not null => DataKind.Folder,
            [] => throw new UsageException(
                $"{path} is laid out like no data that are known: it has none of image/ or train/image/ (a "
                    + $"folder of photographs), nyu_depth_v2_labeled.mat "
                    + "or train/normal/ (NYU-v2), leftImg8bit/ or train/label_7/ (Cityscapes), rgb/ or BUILDING/rgb/ (Taskonomy). A prefix "
                    + $"says what it is: {Prefixes}"
            ),
            _ => throw new UsageException(
                $"{path} could be {string.Join(" or ", found.Select(f => $"{f.Kind} ({f.Why})"))}; a prefix says what it is: {Prefixes}"
            ),
        };
    }

    /// <summary>What in a folder speaks for a form, or null.</summary>
    private static string? Sign(DataKind kind, string path) =>
        kind switch
        {
            DataKind.Folder => Photographs(path) is string folder && HasFiles(folder, _photographs)
                ? $"{System.IO.Path.GetRelativePath(path, folder).Replace('\\', '/')}/ has photographs"
                : null,
            DataKind.NyuV2 => File.Exists(System.IO.Path.Combine(path, NyuV2Dataset.MatFileName)) ? NyuV2Dataset.MatFileName
            : HasNpy(path) && HasFolder(path, "train", "normal") ? "train/image/*.npy and train/normal/"
            : null,
            DataKind.Cityscapes => HasFolder(path, "leftImg8bit") ? "leftImg8bit/"
            : HasNpy(path) && (HasFolder(path, "train", "label_7") || HasFolder(path, "train", "label_19"))
                ? "train/image/*.npy and train/label_7/ or label_19/"
            : null,
            DataKind.Taskonomy => HasFolder(path, "rgb") ? "rgb/"
            : Directory.EnumerateDirectories(path).Take(Looked).Any(b => HasFolder(b, "rgb")) ? "BUILDING/rgb/"
            : null,
            _ => null,
        };

    private static bool HasFolder(params string[] parts) => Directory.Exists(System.IO.Path.Combine(parts));

    private static bool HasNpy(string path) => HasFiles(System.IO.Path.Combine(path, "train", "image"), [".npy"]);

    /// <summary>The folder of photographs of a folder, or of its part to train on.</summary>
    private static string? Photographs(string path) =>
        FolderDataset.FindPhotographs(path)
        ?? (PartNames.Find(path, DataPart.Train) is string train ? FolderDataset.FindPhotographs(train) : null);

    private static bool HasFiles(string folder, string[] extensions) =>
        Directory.Exists(folder)
        && Directory.EnumerateFiles(folder).Take(Looked).Any(f => extensions.Contains(System.IO.Path.GetExtension(f).ToLowerInvariant()));
}
