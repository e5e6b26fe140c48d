using System.Text;

namespace Jtr.Cli.Output;

/// <summary>Files that appear whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file in UTF-8 beside its place, then moves it there, replacing what was there.</summary>
    /// <param name="path">The file. What is no file but a stream of the system, such as /dev/stdout, is written to as it is.</param>
    /// <param name="text">All of it.</param>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    public static void Write(string path, string text)
    {
        UTF8Encoding encoding = new(encoderShouldEmitUTF8Identifier: false);
        if (Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
        {
            File.WriteAllText(path, text, encoding);
            return;
        }
        Save(
            path,
            beside =>
            {
                using FileStream stream = new(beside, FileMode.CreateNew, FileAccess.Write);
                stream.Write(encoding.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }
        );
    }

    /// <summary>Lets a file be written beside its place, then moves it there, replacing what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it, given where.</param>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    public static void Save(string path, Action<string> write)
    {
        string beside = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            write(beside);
            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
