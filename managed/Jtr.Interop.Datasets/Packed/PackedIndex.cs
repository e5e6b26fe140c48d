using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>All of a packed file but its samples, checked.</summary>
internal sealed class PackedIndex
{
    private readonly byte[] _names;

    private PackedIndex(PackedHeader header, TaskSet tasks, InputSet inputs, PackedEntry[] entries, byte[] names)
    {
        Height = header.Height;
        Width = header.Width;
        Precision = header.Precision;
        Tasks = tasks;
        Inputs = inputs;
        Entries = entries;
        Domains = header.Domains ?? [SampleInfo.OneDomain];
        _names = names;
    }

    public int Height { get; }

    public int Width { get; }

    public PackPrecision Precision { get; }

    public TaskSet Tasks { get; }

    public InputSet Inputs { get; }

    public IReadOnlyList<string> Domains { get; }

    public PackedEntry[] Entries { get; }

    public string Name(int index) => Encoding.UTF8.GetString(_names.AsSpan((int)Entries[index].NameAt, (int)Entries[index].NameBytes));

    /// <summary>Reads beginning, header and index.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="JtrFormatException">It is not such a file, of another version, truncated or damaged.</exception>
    public static PackedIndex Read(FileStream stream, string path)
    {
        PackedStart start = ReadStart(stream, path);
        PackedHeader header = ReadHeader(stream, path, start);
        TaskSet tasks = MakeTasks(header, path);
        InputSet inputs = MakeInputs(header, path);

        byte[] index = new byte[start.IndexBytes];
        stream.Position = (long)start.IndexAt;
        stream.ReadExactly(index);
        if (Checksum.Of(index) != start.IndexChecksum)
            throw new JtrFormatException(path, "the index is damaged: its checksum does not match", (long)start.IndexAt);
        int entryBytes = (int)start.Count * PackedEntry.Size;
        PackedEntry[] entries = MemoryMarshal.Cast<byte, PackedEntry>(index.AsSpan(0, entryBytes)).ToArray();
        byte[] names = index[entryBytes..];
        for (int i = 0; i < entries.Length; i++)
            Check(entries[i], i);
        return new PackedIndex(header, tasks, inputs, entries, names);

        void Check(PackedEntry entry, int i)
        {
            long at = (long)start.IndexAt + (long)i * PackedEntry.Size;
            bool isInside =
                entry.At >= PackedStart.Size + start.HeaderBytes && entry.At <= start.IndexAt && entry.Bytes <= start.IndexAt - entry.At;
            if (!isInside || entry.Bytes > int.MaxValue || entry.At % PlaneLayout.Alignment != 0)
                throw new JtrFormatException(
                    path,
                    $"sample {i} is said to be {entry.Bytes} bytes at {entry.At}, which is not a place for a sample",
                    at
                );
            if (((ulong)entry.NameAt + entry.NameBytes) > (ulong)names.Length)
                throw new JtrFormatException(path, $"the name of sample {i} is not in the file", at);
            if ((entry.Labeled & ~tasks.All.Bits) != 0)
                throw new JtrFormatException(path, $"sample {i} has labels of tasks beyond the {tasks.Count} there are", at);
            if (entry.Domain >= (uint)(header.Domains?.Count ?? 1))
                throw new JtrFormatException(path, $"sample {i} is of domain {entry.Domain}, which the file does not have", at);
        }
    }

    private static PackedStart ReadStart(FileStream stream, string path)
    {
        PackedStart start = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<PackedStart>(ref start));
        int got = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (got < sizeof(ulong) || start.Magic != PackedFormat.MagicNumber)
            throw new JtrFormatException(path, "no packed data set: it does not begin with \\x89JTRPACK", 0);
        if (got < bytes.Length)
            throw new JtrFormatException(path, $"truncated: {got} bytes, where the beginning alone takes {bytes.Length}", got);
        if (start.Version is < PackedFormat.FirstVersion or > PackedFormat.Version)
            throw new JtrFormatException(
                path,
                $"a packed data set of version {start.Version}; this program reads versions {PackedFormat.FirstVersion} to "
                    + $"{PackedFormat.Version}: pack it again",
                8
            );
        if (start.Checksum != start.Sum())
            throw new JtrFormatException(path, "the beginning is damaged: its checksum does not match", 0);

        ulong length = (ulong)stream.Length;
        if (start.IndexAt > length || start.IndexBytes != length - start.IndexAt)
            throw new JtrFormatException(
                path,
                $"truncated or lengthened: {length} bytes, where the index ends at {(UInt128)start.IndexAt + start.IndexBytes}",
                (long)Math.Min(start.IndexAt, length)
            );
        if (
            start.Count is 0 or > int.MaxValue
            || start.IndexBytes > (ulong)Array.MaxLength
            || (ulong)start.Count * PackedEntry.Size > start.IndexBytes
        )
            throw new JtrFormatException(path, $"an index of {start.IndexBytes} bytes for {start.Count} samples", 24);
        if (start.HeaderBytes > PackedFormat.LongestHeader || PackedStart.Size + start.HeaderBytes > start.IndexAt)
            throw new JtrFormatException(path, $"the header claims {start.HeaderBytes} bytes", 12);
        return start;
    }

    private static PackedHeader ReadHeader(FileStream stream, string path, PackedStart start)
    {
        byte[] json = new byte[start.HeaderBytes];
        stream.Position = PackedStart.Size;
        stream.ReadExactly(json);
        if (Checksum.Of(json) != start.HeaderChecksum)
            throw new JtrFormatException(path, "the header is damaged: its checksum does not match", PackedStart.Size);
        PackedHeader header;
        try
        {
            header = PackedHeader.Parse(json);
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"the header is damaged: {e.Message}", PackedStart.Size, e);
        }
        if (
            header.Domains is { } domains
            && (domains.Count == 0 || domains.Any(d => d is null) || domains.Distinct().Count() < domains.Count)
        )
            throw new JtrFormatException(path, "the header is damaged: its domains have to be different names", PackedStart.Size);
        if (header.Height < 1 || header.Width < 1)
            throw new JtrFormatException(path, $"samples of {header.Height} x {header.Width} pixels", PackedStart.Size);
        return header;
    }

    private static TaskSet MakeTasks(PackedHeader header, string path)
    {
        TaskSet tasks;
        try
        {
            tasks = new TaskSet(header.Tasks.Select(t => t is null ? throw new JsonException("a task is null") : t.ToTask()));
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            throw new JtrFormatException(path, $"the header is damaged: its tasks: {e.Message}", PackedStart.Size, e);
        }
        if ((Int128)header.Height * header.Width * Math.Max(InputSet.RgbChannels, tasks.TotalLabelChannels) > int.MaxValue)
            throw new JtrFormatException(
                path,
                $"samples of {header.Height} x {header.Width} pixels with {tasks.TotalLabelChannels} label channels, which is too much",
                PackedStart.Size
            );
        return tasks;
    }

    private static InputSet MakeInputs(PackedHeader header, string path)
    {
        try
        {
            InputSet inputs = new(
                (header.Inputs ?? []).Select(i => i ?? throw new JsonException("an input is null")),
                header.ImageChannels ?? InputSet.RgbChannels
            );
            _ = checked(inputs.ImageValues(header.Height, header.Width) + inputs.Values(header.Height, header.Width));
            return inputs;
        }
        catch (Exception e) when (e is ArgumentException or JsonException or OverflowException)
        {
            throw new JtrFormatException(path, $"the header is damaged: its inputs: {e.Message}", PackedStart.Size, e);
        }
    }
}
