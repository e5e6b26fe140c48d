using System.Buffers.Binary;

namespace Jtr.Interop.Checkpoints.PyTorch;

/// <summary>Element types of PyTorch storages that are read.</summary>
internal enum PyTorchType
{
    Boolean,
    UInt8,
    Int8,
    Int16,
    Int32,
    Int64,
    Float16,
    BFloat16,
    Float32,
    Float64,
}

/// <summary>The elements that one or more tensors look at.</summary>
/// <param name="Type">Their type.</param>
/// <param name="Key">The name under which the file keeps them.</param>
/// <param name="Count">How many the pickle says there are.</param>
internal sealed record PyTorchStorage(PyTorchType Type, string Key, long Count)
{
    /// <summary>The elements as they lie in the file.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>Whether they lie there with the most significant byte first.</summary>
    public bool BigEndian { get; set; }

    public int ElementSize => SizeOf(Type);

    public static int SizeOf(PyTorchType type) =>
        type switch
        {
            PyTorchType.Boolean or PyTorchType.UInt8 or PyTorchType.Int8 => 1,
            PyTorchType.Int16 or PyTorchType.Float16 or PyTorchType.BFloat16 => 2,
            PyTorchType.Int32 or PyTorchType.Float32 => 4,
            _ => 8,
        };
}

/// <summary>A strided view of a storage, whose bounds were checked.</summary>
internal sealed class PyTorchTensor
{
    private readonly long _offset;
    private readonly long[] _sizes;
    private readonly long[] _strides;

    /// <summary>Makes a view.</summary>
    /// <exception cref="ArgumentException">It leaves its storage, or has more elements than it (a broadcast view).</exception>
    public PyTorchTensor(PyTorchStorage storage, long offset, long[] sizes, long[] strides)
    {
        if (sizes.Length != strides.Length)
            throw new ArgumentException($"a tensor of {sizes.Length} sizes and {strides.Length} strides");
        Int128 count = 1;
        Int128 last = offset;
        for (int d = 0; d < sizes.Length; d++)
        {
            if (sizes[d] < 0 || strides[d] < 0)
                throw new ArgumentException($"a tensor with the size {sizes[d]} and the stride {strides[d]}");
            count = Int128.Min(count * sizes[d], long.MaxValue);
            last = Int128.Min(last + (Int128)Math.Max(sizes[d] - 1, 0) * strides[d], long.MaxValue);
        }
        if (offset < 0 || (count > 0 && last >= storage.Count))
            throw new ArgumentException($"a tensor that reaches element {last} of a storage of {storage.Count}");
        if (count > storage.Count)
            throw new ArgumentException($"a tensor of {count} elements in a storage of {storage.Count}");
        Storage = storage;
        Count = (long)count;
        _offset = offset;
        _sizes = sizes;
        _strides = strides;
    }

    public PyTorchStorage Storage { get; }

    /// <summary>Sizes, outermost first.</summary>
    public ReadOnlySpan<long> Sizes => _sizes;

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>The shape as Python writes it.</summary>
    public string ShapeText => $"({string.Join(", ", _sizes)}{(_sizes.Length == 1 ? "," : "")})";

    /// <summary>Converts all elements, row-major.</summary>
    /// <param name="destination"><see cref="Count"/> values.</param>
    public void CopyTo(Span<double> destination)
    {
        if (destination.Length != Count)
            throw new ArgumentException($"the tensor has {Count} elements, not {destination.Length}", nameof(destination));
        ReadOnlySpan<byte> data = Storage.Data.Span;
        long[] at = new long[_sizes.Length];
        long element = _offset;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = Value(data[checked((int)(element * Storage.ElementSize))..], Storage.Type, Storage.BigEndian);
            for (int d = at.Length - 1; d >= 0; d--)
            {
                element += _strides[d];
                if (++at[d] < _sizes[d])
                    break;
                element -= at[d] * _strides[d];
                at[d] = 0;
            }
        }
    }

    private static double Value(ReadOnlySpan<byte> bytes, PyTorchType type, bool bigEndian) =>
        type switch
        {
            PyTorchType.Boolean or PyTorchType.UInt8 => bytes[0],
            PyTorchType.Int8 => (sbyte)bytes[0],
            PyTorchType.Int16 => (short)Word(bytes, bigEndian),
            PyTorchType.Float16 => (double)BitConverter.UInt16BitsToHalf(Word(bytes, bigEndian)),
            PyTorchType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)Word(bytes, bigEndian) << 16),
            PyTorchType.Int32 => bigEndian ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes),
            PyTorchType.Float32 => bigEndian ? BinaryPrimitives.ReadSingleBigEndian(bytes) : BinaryPrimitives.ReadSingleLittleEndian(bytes),
            PyTorchType.Int64 => bigEndian ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => bigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        };

    private static ushort Word(ReadOnlySpan<byte> bytes, bool bigEndian) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
