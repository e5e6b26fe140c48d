using System.Buffers.Binary;

namespace Jtr.Interop.Hdf5;

/// <summary>Little-endian numbers at addresses of an HDF5 file, which count from its base. For one thread at a time.</summary>
internal sealed class FileBytes(string path, FileStream stream) : IDisposable
{
    /// <summary>The address that says "none".</summary>
    public const ulong None = ulong.MaxValue;

    /// <summary>Where addresses count from.</summary>
    public ulong Base { get; set; }

    /// <summary>Bytes of the file.</summary>
    public ulong Length { get; } = (ulong)stream.Length;

    /// <summary>Throws unless bytes lie in the file.</summary>
    public void Need(ulong address, ulong bytes, string what)
    {
        ulong room = Length - Base;
        if (bytes > room || address > room - bytes)
            throw Fault(address, $"{what} of {bytes} bytes, which the file of {Length} bytes does not hold");
    }

    /// <summary>Bytes at an address.</summary>
    public byte[] Read(ulong address, int bytes, string what)
    {
        Need(address, (ulong)bytes, what);
        byte[] read = new byte[bytes];
        stream.Position = (long)(Base + address);
        stream.ReadExactly(read);
        return read;
    }

    /// <summary>An error about what is at an address.</summary>
    public JtrFormatException Fault(ulong address, string message) =>
        address > Length
            ? new(path, $"damaged: {message}")
            : new(path, $"damaged: {message}", (long)Math.Min(Base + address, long.MaxValue));

    public void Dispose() => stream.Dispose();

    public static ushort Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    public static uint Double(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ulong Quad(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
