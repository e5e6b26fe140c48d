using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Jtr.Interop.Npy;

/// <summary>Element types of .npy files that are read; the whole numbers come first.</summary>
internal enum NpyType
{
    Boolean,
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Float16,
    Float32,
    Float64,
}

/// <summary>
/// An array read by <see cref="NpyReader"/>: row-major, in its own element type, in memory that <see cref="Dispose"/> gives back.
/// </summary>
internal sealed class NpyArray : IDisposable
{
    private readonly int[] _shape;
    private readonly Pooled<byte> _data;

    /// <summary>Takes over values that are in the machine's byte order.</summary>
    internal NpyArray(NpyType type, int[] shape, Pooled<byte> data)
    {
        Type = type;
        _shape = shape;
        _data = data;
    }

    /// <summary>Type of the elements.</summary>
    public NpyType Type { get; }

    /// <summary>Whether the elements are whole numbers.</summary>
    public bool IsInteger => Type < NpyType.Float16;

    /// <summary>Sizes, outermost first; empty for a single number.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>Number of elements.</summary>
    public int Count => _data.Length / SizeOf(Type);

    /// <summary>The shape as Python writes it.</summary>
    internal string ShapeText => _shape.Length == 1 ? $"({_shape[0]},)" : $"({string.Join(", ", _shape)})";

    /// <summary>Converts elements; whole numbers beyond 2^53 are rounded.</summary>
    /// <param name="destination">As many values as are converted.</param>
    /// <param name="start">The first element.</param>
    public void CopyTo(Span<double> destination, int start = 0) => Copy(destination, start);

    /// <summary>Converts elements, rounding to the nearest float32.</summary>
    /// <param name="destination">As many values as are converted.</param>
    /// <param name="start">The first element.</param>
    public void CopyTo(Span<float> destination, int start = 0) => Copy(destination, start);

    /// <summary>The elements' bytes.</summary>
    internal ReadOnlySpan<byte> Data => _data.Span;

    /// <summary>Gives the memory back. Harmless when repeated.</summary>
    public void Dispose() => _data.Dispose();

    internal static int SizeOf(NpyType type) =>
        type switch
        {
            NpyType.Boolean or NpyType.UInt8 or NpyType.Int8 => 1,
            NpyType.UInt16 or NpyType.Int16 or NpyType.Float16 => 2,
            NpyType.UInt32 or NpyType.Int32 or NpyType.Float32 => 4,
            _ => 8,
        };

    internal static void ReverseBytes(Span<byte> data, int size)
    {
        switch (size)
        {
            case 2:
                Span<ushort> two = MemoryMarshal.Cast<byte, ushort>(data);
                BinaryPrimitives.ReverseEndianness(two, two);
                break;
            case 4:
                Span<uint> four = MemoryMarshal.Cast<byte, uint>(data);
                BinaryPrimitives.ReverseEndianness(four, four);
                break;
            case 8:
                Span<ulong> eight = MemoryMarshal.Cast<byte, ulong>(data);
                BinaryPrimitives.ReverseEndianness(eight, eight);
                break;
            default:
                break;
        }
    }

    private void Copy<TTo>(Span<TTo> destination, int start)
        where TTo : unmanaged, IFloatingPoint<TTo>
    {
        if (start < 0 || destination.Length > Count - start)
            throw new ArgumentException(
                $"the array has {Count} elements, not {destination.Length} from the one of index {start} on",
                nameof(destination)
            );
        switch (Type)
        {
            case NpyType.Boolean or NpyType.UInt8:
                Copy<byte, TTo>(destination, start);
                break;
            case NpyType.Int8:
                Copy<sbyte, TTo>(destination, start);
                break;
            case NpyType.UInt16:
                Copy<ushort, TTo>(destination, start);
                break;
            case NpyType.Int16:
                Copy<short, TTo>(destination, start);
                break;
            case NpyType.UInt32:
                Copy<uint, TTo>(destination, start);
                break;
            case NpyType.Int32:
                Copy<int, TTo>(destination, start);
                break;
            case NpyType.UInt64:
                Copy<ulong, TTo>(destination, start);
                break;
            case NpyType.Int64:
                Copy<long, TTo>(destination, start);
                break;
            case NpyType.Float16:
                Copy<Half, TTo>(destination, start);
                break;
            case NpyType.Float32:
                Copy<float, TTo>(destination, start);
                break;
            default:
                Copy<double, TTo>(destination, start);
                break;
        }
    }

    private void Copy<TFrom, TTo>(Span<TTo> destination, int start)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, IFloatingPoint<TTo>
    {
        ReadOnlySpan<TFrom> source = MemoryMarshal.Cast<byte, TFrom>(_data.Span).Slice(start, destination.Length);
        if (typeof(TFrom) == typeof(TTo))
        {
            MemoryMarshal.Cast<TFrom, TTo>(source).CopyTo(destination);
            return;
        }
        for (int i = 0; i < source.Length; i++)
            destination[i] = TTo.CreateTruncating(source[i]);
    }
}
