namespace Jtr.Interop;

/// <summary>Files that appear whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file beside its place, then moves it there, replacing what was there. Makes the folder if need be.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full) ?? throw new IOException($"{path}: not the name of a file"));
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
