using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Jtr.Interop.Protobuf;

/// <summary>
/// A protocol buffer message in the making: field numbers and values in the wire format, written one by one. The formats that are written
/// here use so few of the messages of their .proto files that this is shorter than what would be generated from them, and needs no library
/// at run time; the tests read the
/// files with Google.Protobuf and ONNX Runtime.
/// </summary>
internal sealed class ProtoMessage
{
    private const uint Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
        Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The message.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.WrittenMemory;

    /// <summary>A whole number, an enum value or a bool.</summary>
    public ProtoMessage Number(int field, long value)
    {
        Tag(field, Varint);
        Plain((ulong)value);
        return this;
    }

    /// <summary>A float.</summary>
    public ProtoMessage Single(int field, float value)
    {
        Tag(field, Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    /// <summary>A double.</summary>
    public ProtoMessage Double(int field, double value)
    {
        Tag(field, Fixed64);
        Plain(value);
        return this;
    }

    /// <summary>A text.</summary>
    public ProtoMessage Text(int field, string value)
    {
        Tag(field, LengthDelimited);
        Plain((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _bytes);
        return this;
    }

    /// <summary>Bytes.</summary>
    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimited);
        Plain((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    /// <summary>Doubles, packed.</summary>
    public ProtoMessage Doubles(int field, IReadOnlyCollection<double> values)
    {
        Tag(field, LengthDelimited);
        Plain((ulong)values.Count * sizeof(double));
        foreach (double value in values)
            Plain(value);
        return this;
    }

    /// <summary>A message inside.</summary>
    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.Written.Span);

    private void Tag(int field, uint kind) => Plain(((ulong)field << 3) | kind);

    private void Plain(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    /// <summary>Seven bits a byte, the lowest first; the eighth says that there are more.</summary>
    private void Plain(ulong value)
    {
        Span<byte> span = _bytes.GetSpan(10);
        int length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
