using System.Runtime.InteropServices;
using Jtr.Interop.Datasets.Packed;

namespace Jtr.Interop.Tests.Datasets.Packed;

/// <summary>Makes the checksums of a damaged file match, so that what lies behind them can be tested.</summary>
internal static class PackedRepair
{
    public static PackedEntry[] Entries(byte[] file)
    {
        PackedStart start = MemoryMarshal.Read<PackedStart>(file);
        return MemoryMarshal.Cast<byte, PackedEntry>(file.AsSpan((int)start.IndexAt, (int)start.Count * PackedEntry.Size)).ToArray();
    }

    /// <summary>Corrects, in place, the checksums of all parts that lie within the file.</summary>
    public static byte[] Repair(byte[] file)
    {
        if (file.Length < PackedStart.Size)
            return file;
        PackedStart start = MemoryMarshal.Read<PackedStart>(file);
        ulong length = (ulong)file.Length;
        if (start.HeaderBytes <= length - PackedStart.Size)
            start.HeaderChecksum = Checksum.Of(file.AsSpan(PackedStart.Size, (int)start.HeaderBytes));
        if (start.IndexAt < length)
        {
            start.IndexBytes = Math.Min(start.IndexBytes, length - start.IndexAt);
            Span<byte> index = file.AsSpan((int)start.IndexAt, (int)start.IndexBytes);
            foreach (ref PackedEntry entry in MemoryMarshal.Cast<byte, PackedEntry>(index))
            {
                if (entry.At < length && entry.Bytes <= length - entry.At)
                    entry.Checksum = Checksum.Of(file.AsSpan((int)entry.At, (int)entry.Bytes));
            }
            start.IndexChecksum = Checksum.Of(index);
        }
        start.Checksum = start.Sum();
        MemoryMarshal.Write(file, in start);
        return file;
    }
}
