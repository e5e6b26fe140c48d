using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Jtr.Interop.Datasets.Packed;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Microsoft.Win32.SafeHandles;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A data set in one file that is mapped into memory: decoded, resized and in compact types, so that reading a sample is
/// little more than a copy. <see cref="Write"/> makes such a file of any data set.
/// </summary>
/// <remarks>
/// <para>Several threads may read at once. What was read stays in the system's page cache as long as there is memory, and is shared by
/// all processes that read the file.</para>
/// <para>Every sample has a checksum, which is verified when the sample is read for the first time. A file must not be changed
/// while it is open; <see cref="Write"/> puts a new one in its place instead.</para>
/// </remarks>
public sealed unsafe class PackedDataset : IMultiTaskDataset, IDisposable
{
    /// <summary>The usual extension of packed files, with the dot.</summary>
    public const string Extension = ".jtrpack";

    private readonly PackedIndex _index;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;
    private readonly byte* _memory;

    // Bit i: sample i was found whole. Threads that meet at a sample may verify it twice.
    private readonly int[] _verified;

    /// <summary>Opens a file and checks everything but its samples.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="JtrFormatException">It is no packed data set, of another version, truncated or damaged.</exception>
    public PackedDataset(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        CheckByteOrder();
        Path = path;
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
        try
        {
            _index = PackedIndex.Read(stream, path);
            _file = MemoryMappedFile.CreateFromFile(
                stream,
                null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: false
            );
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        try
        {
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
        _handle = _view.SafeMemoryMappedViewHandle;
        _memory = (byte*)_handle.DangerousGetHandle() + _view.PointerOffset;
        _verified = new int[(Count + 31) / 32];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What was rounded when the file was written.</summary>
    public PackPrecision Precision => _index.Precision;

    /// <inheritdoc/>
    public TaskSet Tasks => _index.Tasks;

    /// <inheritdoc/>
    public InputSet Inputs => _index.Inputs;

    /// <inheritdoc/>
    public int Count => _index.Entries.Length;

    /// <inheritdoc/>
    public int Height => _index.Height;

    /// <inheritdoc/>
    public int Width => _index.Width;

    /// <summary>Whether a file begins as a packed data set does.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsPacked(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        Span<byte> start = stackalloc byte[PackedFormat.Magic.Length];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start.SequenceEqual(PackedFormat.Magic);
    }

    /// <summary>Packs a data set into a file, which appears whole or not at all.</summary>
    /// <param name="source">The data set. Several threads read it at once.</param>
    /// <param name="path">The file; what was there is replaced. Its folder is made if need be.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="progress">Is told the number of samples that are done, now and then.</param>
    /// <param name="cancellationToken">Stops; no file appears.</param>
    /// <exception cref="ArgumentException">The data set has no samples, or an option is outside its range.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="JtrFormatException">A file of a sample is damaged. This, and whatever else the source throws, is passed on as it
    /// is.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(
        IMultiTaskDataset source,
        string path,
        PackOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        options ??= new PackOptions();
        options.Validate();
        if (source.Count == 0)
            throw new ArgumentException("the data set has no samples", nameof(source));
        CheckByteOrder();
        cancellationToken.ThrowIfCancellationRequested();
        using AtomicFile.Writing file = new(path);
        new PackedWriter(source, options).Write(file.Stream, options.Precision, progress, cancellationToken);
        file.Commit();
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Domains => _index.Domains;

    /// <inheritdoc/>
    public SampleInfo GetSampleInfo(int index)
    {
        CheckIndex(index);
        PackedEntry entry = _index.Entries[index];
        return new(_index.Name(index), new TaskMask(entry.Labeled), (int)entry.Domain);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The data set is disposed.</exception>
    public bool HasInput(int index, int input)
    {
        CheckIndex(index);
        ArgumentOutOfRangeException.ThrowIfNegative(input);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(input, Inputs.Count);
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            PackedEntry entry = _index.Entries[index];
            int part = 1 + new TaskMask(entry.Labeled).Count + input;
            if ((part + 1) * PackedPart.Size > (long)entry.Bytes)
                throw Damaged(index, 0, $"{entry.Bytes} bytes are too few for the list of its parts");
            ReadOnlySpan<byte> at = new(_memory + entry.At + part * PackedPart.Size, PackedPart.Size);
            return MemoryMarshal.Read<PackedPart>(at).Encoding != PlaneEncoding.Absent;
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The data set is disposed.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination) => Read(index, wanted, destination, CancellationToken.None);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The data set is disposed.</exception>
    public TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        CheckIndex(index);
        if (destination.Height != Height || destination.Width != Width || destination.Labels.Length != Tasks.LabelValues(Height, Width))
            throw new ArgumentException(
                $"the buffer is not for {Tasks.TotalLabelChannels} label channels of {Height} x {Width}",
                nameof(destination)
            );
        if (!destination.Inputs.FitsTo(destination.Inputs.Count == 0 ? Inputs.ImageAlone : Inputs))
            throw new ArgumentException(
                $"the buffer is for {destination.Inputs.Describe()}; the samples have {Inputs.Describe()}",
                nameof(destination)
            );

        // The memory stays mapped while this holds a reference, whatever other threads do.
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            PackedEntry entry = _index.Entries[index];
            ReadOnlySpan<byte> record = new(_memory + entry.At, (int)entry.Bytes);
            bool isVerified = (Volatile.Read(ref _verified[index / 32]) >> index % 32 & 1) != 0;
            if (!isVerified && Checksum.Of(record) != entry.Checksum)
                throw Damaged(index, 0, "its checksum does not match");
            cancellationToken.ThrowIfCancellationRequested();
            Decode(index, record, new TaskMask(entry.Labeled), wanted, destination, isVerified, cancellationToken);
            if (!isVerified)
                Interlocked.Or(ref _verified[index / 32], 1 << index % 32);
            return wanted & new TaskMask(entry.Labeled);
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }

    /// <summary>Closes the file, which stays mapped until the reads that other threads are at have ended.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private void Decode(
        int index,
        ReadOnlySpan<byte> record,
        TaskMask labeled,
        TaskMask wanted,
        SampleBuffer destination,
        bool isVerified,
        CancellationToken cancellationToken
    )
    {
        int parts = 1 + labeled.Count + Inputs.Count;
        long at = PlaneLayout.Aligned(parts * PackedPart.Size);
        if (at > record.Length)
            throw Damaged(index, 0, $"{record.Length} bytes are too few for the list of its parts");
        ReadOnlySpan<PackedPart> directory = MemoryMarshal.Cast<byte, PackedPart>(record[..(parts * PackedPart.Size)]);
        int part = 0;
        at = Decode(index, record, at, directory[part++], destination.Image.Length, destination.Image, isVerified);
        for (int t = 0; t < Tasks.Count; t++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (labeled[t])
            {
                Span<float> label = destination.Label(t);
                at = Decode(index, record, at, directory[part++], label.Length, wanted[t] ? label : [], isVerified);
            }
        }
        for (int i = 0; i < Inputs.Count; i++)
        {
            bool isPresent = directory[part].Encoding != PlaneEncoding.Absent,
                isWanted = destination.Inputs.Count > 0;
            Span<float> values = isWanted && isPresent ? destination.Input(i) : [];
            at = Decode(index, record, at, directory[part++], Inputs[i].Values(Height, Width), values, isVerified);
            if (isWanted)
                destination.SetInput(i, isPresent);
        }
        if (at != record.Length)
            throw Damaged(index, at, $"its parts end there, it has {record.Length} bytes");
    }

    /// <summary>Reads a part of so many values, or passes it over if there is no destination. Returns where the next one begins.</summary>
    private long Decode(int index, ReadOnlySpan<byte> record, long at, PackedPart part, int count, Span<float> destination, bool isVerified)
    {
        if (!Enum.IsDefined(part.Encoding) || (part.Encoding == PlaneEncoding.Absent && !destination.IsEmpty))
            throw Damaged(index, at, $"the encoding {(uint)part.Encoding} is not known");
        if (part.Entries > PlaneLayout.MostEntries(part.Encoding))
            throw Damaged(index, at, $"a table of {part.Entries} entries");
        long table = PlaneLayout.TableBytes((int)part.Entries);
        long values = (long)count * PlaneLayout.ValueBytes(part.Encoding);
        long next = at + table + PlaneLayout.Aligned(values);
        if (next > record.Length)
            throw Damaged(index, at, $"{record.Length - at} bytes, where the next part alone takes {next - at}");

        ReadOnlySpan<float> entries = MemoryMarshal.Cast<byte, float>(record.Slice((int)at, (int)part.Entries * sizeof(float)));
        ReadOnlySpan<byte> stored = record.Slice((int)(at + table), (int)values);
        if (!isVerified && !PlaneDecoder.IsWithinTable(part.Encoding, entries.Length, stored))
            throw Damaged(index, at, "a value is not in its table");
        if (!destination.IsEmpty)
            PlaneDecoder.Read(part.Encoding, entries, stored, destination);
        return next;
    }

    private JtrFormatException Damaged(int index, long offset, string what) =>
        new(
            Path,
            $"sample {index} ('{_index.Name(index)}') is damaged: {what}; pack the data set again",
            (long)_index.Entries[index].At + offset
        );

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
    }

    private static void CheckByteOrder()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("packed data sets are for little-endian machines");
    }
}
