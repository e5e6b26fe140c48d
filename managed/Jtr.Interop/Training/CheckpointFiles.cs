using System.Globalization;
using System.Text.RegularExpressions;

namespace Jtr.Interop.Training;

/// <summary>
/// The files beside a fit's checkpoint: numbered ones, such as checkpoint-00000500.safetensors beside checkpoint.safetensors, and what a
/// process that was killed while it wrote has left.
/// </summary>
internal static partial class CheckpointFiles
{
    /// <summary>Keeps a copy of a checkpoint under its step's number, and deletes the oldest ones.</summary>
    /// <param name="path">The checkpoint, just written.</param>
    /// <param name="step">Its step.</param>
    /// <param name="keep">How many to keep; 1 keeps none but the checkpoint itself.</param>
    public static void Keep(string path, long step, int keep)
    {
        if (keep <= 1)
            return;
        string numbered = Numbered(path, step.ToString("D8", CultureInfo.InvariantCulture));
        using (AtomicFile.Writing writing = new(numbered))
        {
            using (FileStream source = File.OpenRead(path))
                source.CopyTo(writing.Stream);
            writing.Commit();
        }
        foreach (string old in All(path).SkipLast(keep))
            File.Delete(old);
    }

    /// <summary>The numbered checkpoints beside one, the oldest first.</summary>
    public static IReadOnlyList<string> All(string path)
    {
        string[] ends = Numbered(Path.GetFileName(path), "|").Split('|');
        return
        [
            .. Directory
                .EnumerateFiles(Folder(path))
                .Select(file => (file, number: Number(Path.GetFileName(file), ends[0], ends[1])))
                .Where(f => f.number >= 0)
                .OrderBy(f => f.number)
                .Select(f => f.file),
        ];
    }

    /// <summary>Deletes what a process left that was killed while it wrote a checkpoint. No other one may be writing it.</summary>
    public static void DeleteLeftovers(string path)
    {
        if (!Directory.Exists(Folder(path)))
            return;
        string start = Path.GetFileName(path);
        foreach (string file in Directory.EnumerateFiles(Folder(path)))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith(start, StringComparison.Ordinal) && TemporaryEnd().IsMatch(name.AsSpan(start.Length)))
                File.Delete(file);
        }
    }

    /// <summary>What the native library appends to the name of a file that it is writing.</summary>
    [GeneratedRegex(@"^\.tmp[0-9]+-[0-9]+\z")]
    private static partial Regex TemporaryEnd();

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static string Numbered(string path, string number) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}-{number}{Path.GetExtension(path)}");

    private static long Number(string name, string start, string end) =>
        name.Length > start.Length + end.Length
        && name.StartsWith(start, StringComparison.Ordinal)
        && name.EndsWith(end, StringComparison.Ordinal)
        && long.TryParse(
            name.AsSpan(start.Length, name.Length - start.Length - end.Length),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out long number
        )
            ? number
            : -1;
}
