using System.Buffers.Binary;
using System.Text;

namespace Jtr.Interop.Native;

/// <summary>
/// What a shared library of Linux says about the libraries that it needs: the dynamic section of an ELF file (System V ABI, chapter 5).
/// </summary>
/// <param name="Needed">Names of the libraries that are loaded with it, such as libtorch_cpu.so.1.13.</param>
/// <param name="Folders">Folders that it names itself to look for them in (RUNPATH or RPATH), $ORIGIN resolved.</param>
internal sealed record ElfFile(IReadOnlyList<string> Needed, IReadOnlyList<string> Folders)
{
    private const int HeaderSize = 64,
        SegmentSize = 56,
        EntrySize = 16;
    private const int LongestTable = 1 << 20;
    private const uint LoadSegment = 1,
        DynamicSegment = 2;
    private const long TagNeeded = 1,
        TagStrings = 5,
        TagRpath = 15,
        TagRunpath = 29;

    /// <summary>Reads a file.</summary>
    /// <returns>What it says, or null where it is no 64-bit little-endian ELF file, is damaged, or cannot be read: the system's loader then
    /// says so better.</returns>
    public static ElfFile? TryRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return Read(file, Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private static ElfFile? Read(FileStream file, string folder)
    {
        byte[] header = At(file, 0, HeaderSize);
        if (!header.AsSpan().StartsWith("\u007FELF\u0002\u0001"u8))
            return null;
        long segments = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        if (BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(54)) != SegmentSize)
            return null;

        byte[] table = At(file, segments, count * SegmentSize);
        byte[]? dynamic = null;
        List<(long Address, long Offset, long Size)> loads = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> segment = table.AsSpan(i * SegmentSize, SegmentSize);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(segment);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(segment[8..]),
                address = BinaryPrimitives.ReadInt64LittleEndian(segment[16..]),
                size = BinaryPrimitives.ReadInt64LittleEndian(segment[32..]);
            if (type == LoadSegment)
                loads.Add((address, offset, size));
            if (type == DynamicSegment)
                dynamic = At(file, offset, size);
        }
        if (dynamic is null)
            return null;

        List<(long Tag, long Value)> entries = [];
        for (int i = 0; i + EntrySize <= dynamic.Length; i += EntrySize)
            entries.Add(
                (BinaryPrimitives.ReadInt64LittleEndian(dynamic.AsSpan(i)), BinaryPrimitives.ReadInt64LittleEndian(dynamic.AsSpan(i + 8)))
            );
        long strings = entries.First(e => e.Tag == TagStrings).Value;
        (long start, long place, long length) = loads.First(l => strings >= l.Address && strings < l.Address + l.Size);
        byte[] text = At(file, place + (strings - start), Math.Min(length - (strings - start), LongestTable));
        return new ElfFile(
            [.. entries.Where(e => e.Tag == TagNeeded).Select(e => Text(text, e.Value))],
            [
                .. entries
                    .Where(e => e.Tag is TagRpath or TagRunpath)
                    .SelectMany(e => Text(text, e.Value).Split(':', StringSplitOptions.RemoveEmptyEntries))
                    .Select(f =>
                        f.Replace("${ORIGIN}", folder, StringComparison.Ordinal).Replace("$ORIGIN", folder, StringComparison.Ordinal)
                    ),
            ]
        );
    }

    private static byte[] At(FileStream file, long offset, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LongestTable);
        file.Position = offset;
        byte[] bytes = new byte[count];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static string Text(byte[] strings, long offset)
    {
        ReadOnlySpan<byte> rest = strings.AsSpan(checked((int)offset));
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
