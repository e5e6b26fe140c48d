using System.Runtime.InteropServices;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>
/// The file: a <see cref="PackedStart"/>; a <see cref="PackedHeader"/>; the samples; an index of one <see cref="PackedEntry"/> a sample,
/// and behind it, the samples' names in UTF-8. All numbers are little-endian, all checksums CRC-32C. Samples begin at multiples of
/// <see cref="PlaneLayout.Alignment"/> bytes.
/// </summary>
/// <remarks>
/// A sample is one <see cref="PackedPart"/> for its image, one for each label that it has, in the order of the tasks, and one for each
/// input of the data set, whether it has it or not, padded; then for each of them its table, if it has one, and its values, each padded.
/// Nothing lies in a file that these sizes do not account for.
/// </remarks>
internal static class PackedFormat
{
    /// <summary>Changes when older readers would misread what is written. 2: inputs, and photographs of other than 3 channels.</summary>
    public const uint Version = 2;

    /// <summary>What photographs in color without inputs are written as, and the first version that is read.</summary>
    public const uint FirstVersion = 1;

    public const int LongestHeader = 16 << 20;

    /// <summary>The first eight bytes.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'J', (byte)'T', (byte)'R', (byte)'P', (byte)'A', (byte)'C', (byte)'K'];

    /// <summary>The same as a number.</summary>
    public static ulong MagicNumber => MemoryMarshal.Read<ulong>(Magic);
}

/// <summary>The beginning of the file, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PackedStart
{
    public const int Size = 64;

    public ulong Magic;
    public uint Version;
    public uint HeaderBytes;
    public ulong IndexAt;
    public ulong IndexBytes;
    public uint Count;
    public uint HeaderChecksum;
    public uint IndexChecksum;
    public uint Reserved0;
    public ulong Reserved1;
    public uint Reserved2;

    /// <summary>Of everything before it.</summary>
    public uint Checksum;

    /// <summary>What <see cref="Checksum"/> has to be.</summary>
    public readonly uint Sum()
    {
        PackedStart copy = this;
        return Packed.Checksum.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<PackedStart>(ref copy))[..(Size - sizeof(uint))]);
    }
}

/// <summary>Where a sample is, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PackedEntry
{
    public const int Size = 40;

    public ulong At;
    public ulong Bytes;
    public ulong Labeled;
    public uint Checksum;

    /// <summary>Counted from the end of the entries.</summary>
    public uint NameAt;
    public uint NameBytes;

    /// <summary>A place among the header's domains; 0 in files without.</summary>
    public uint Domain;
}

/// <summary>How an image, a label or an input of a sample is stored, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PackedPart
{
    public const int Size = 8;

    public PlaneEncoding Encoding;
    public uint Entries;
}
