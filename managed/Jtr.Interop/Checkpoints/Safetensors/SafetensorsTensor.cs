using System.Buffers.Binary;

namespace Jtr.Interop.Checkpoints.Safetensors;

/// <summary>Element types of safetensors files that are read and written here.</summary>
internal enum SafetensorsType
{
    F16,
    BF16,
    F32,
    F64,
    I64,
}

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Its sizes, outermost first; empty for a scalar.</param>
/// <param name="Data">Its elements, row-major, little-endian.</param>
internal sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>Number of elements.</summary>
    public int Count => Data.Length / SizeOf(Type);

    /// <summary>Bytes of an element.</summary>
    public static int SizeOf(SafetensorsType type) =>
        type switch
        {
            SafetensorsType.F16 or SafetensorsType.BF16 => 2,
            SafetensorsType.F32 => 4,
            _ => 8,
        };

    /// <summary>Makes a tensor of values; whole numbers become the nearest.</summary>
    public static SafetensorsTensor Of(string name, SafetensorsType type, IReadOnlyList<long> shape, ReadOnlySpan<double> values)
    {
        int size = SizeOf(type);
        byte[] data = new byte[checked(values.Length * size)];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> element = data.AsSpan(i * size, size);
            if (type == SafetensorsType.F32)
                BinaryPrimitives.WriteSingleLittleEndian(element, (float)values[i]);
            else if (type == SafetensorsType.F16)
                BinaryPrimitives.WriteHalfLittleEndian(element, (Half)values[i]);
            else if (type == SafetensorsType.BF16)
                BinaryPrimitives.WriteUInt16LittleEndian(element, (ushort)(BitConverter.SingleToUInt32Bits((float)values[i]) >> 16));
            else if (type == SafetensorsType.F64)
                BinaryPrimitives.WriteDoubleLittleEndian(element, values[i]);
            else
                BinaryPrimitives.WriteInt64LittleEndian(element, (long)Math.Round(values[i]));
        }
        return new SafetensorsTensor(name, type, shape, data);
    }

    /// <summary>The elements.</summary>
    public double[] ToDoubles()
    {
        ReadOnlySpan<byte> data = Data.Span;
        double[] values = new double[Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Type switch
            {
                SafetensorsType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(data[(2 * i)..]),
                SafetensorsType.BF16 => BitConverter.UInt32BitsToSingle(
                    (uint)BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]) << 16
                ),
                SafetensorsType.F32 => BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]),
                SafetensorsType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]),
                _ => BinaryPrimitives.ReadInt64LittleEndian(data[(8 * i)..]),
            };
        }
        return values;
    }
}
