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
        using Writing writing = new(path);
        writing.Stream.Write(content);
        writing.Commit();
    }

    /// <summary>A file that is being written, for content that is too large to be held at once.</summary>
    public sealed class Writing : IDisposable
    {
        private readonly string _path;
        private readonly string _temporary;
        private readonly bool _flush;

        /// <summary>Begins. Nothing is at the path until <see cref="Commit"/>.</summary>
        /// <param name="path">The file.</param>
        /// <param name="flush">
        /// Whether it is on the disk once committed; files of which there are thousands leave that to the system.
        /// </param>
        /// <exception cref="IOException">It cannot be written.</exception>
        /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
        public Writing(string path, bool flush = true)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(path);
            _flush = flush;
            _path = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(_path) ?? throw new IOException($"{path}: not the name of a file"));
            _temporary = $"{_path}.{Guid.NewGuid():N}.tmp";
            Stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write);
        }

        /// <summary>Takes the content.</summary>
        public FileStream Stream { get; }

        /// <summary>Moves the file to its place.</summary>
        public void Commit()
        {
            Stream.Flush(flushToDisk: _flush);
            Stream.Dispose();
            File.Move(_temporary, _path, overwrite: true);
        }

        /// <summary>Drops a file that was not committed.</summary>
        public void Dispose()
        {
            try
            {
                Stream.Dispose();
            }
            finally
            {
                // Once moved, it is not there any more.
                File.Delete(_temporary);
            }
        }
    }
}
