using System.Buffers.Binary;
using System.Text;

namespace Jtr.Interop.Protobuf;

/// <summary>
/// The fields of a protocol buffer message one after the other, as <see cref="ProtoMessage"/> writes them. What is read holds on to the
/// bytes.
/// </summary>
internal struct ProtoReader(ReadOnlyMemory<byte> message)
{
    private const int Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
        Fixed32 = 5;
    private const int LongestVarint = 10;

    private readonly ReadOnlyMemory<byte> _message = message;
    private int _at;
    private int _wire;
    private ulong _number;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>What a field of bytes, text, packed numbers or a message holds; empty for a number.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    /// <summary>A field that is a whole number.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public readonly long Number => _wire == Varint ? (long)_number : throw Wrong("a whole number");

    /// <summary>A field that is a float.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public readonly float Single => _wire == Fixed32 ? BitConverter.UInt32BitsToSingle((uint)_number) : throw Wrong("a float");

    /// <summary>A field that is a text.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public readonly string Text => Encoding.UTF8.GetString(Message.Span);

    /// <summary>A field that is bytes or a message.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public readonly ReadOnlyMemory<byte> Message => _wire == LengthDelimited ? Bytes : throw Wrong("bytes");

    /// <summary>Goes on to the next field.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="InvalidDataException">The message is damaged.</exception>
    public bool Next()
    {
        if (_at == _message.Length)
            return false;
        ulong tag = ReadVarint();
        if (tag >> 3 is 0 or > int.MaxValue)
            throw new InvalidDataException($"byte {_at} is in a field of the number {tag >> 3}");
        (Field, _wire, Bytes) = ((int)(tag >> 3), (int)(tag & 7), default);
        switch (_wire)
        {
            case Varint:
                _number = ReadVarint();
                break;
            case Fixed64:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)).Span);
                break;
            case Fixed32:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)).Span);
                break;
            case LengthDelimited:
                Bytes = Take(ReadVarint());
                break;
            default:
                throw new InvalidDataException($"byte {_at} is in a field of the kind {_wire}");
        }
        return true;
    }

    /// <summary>The whole numbers of a field that may be packed.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public readonly void AddNumbers(List<long> to)
    {
        if (_wire == Varint)
        {
            to.Add((long)_number);
            return;
        }
        ProtoReader packed = new(Message);
        while (packed._at < packed._message.Length)
            to.Add((long)packed.ReadVarint());
    }

    private ReadOnlyMemory<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
            throw new InvalidDataException($"a field of {count} bytes where {_message.Length - _at} are left (truncated?)");
        ReadOnlyMemory<byte> taken = _message.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    private ulong ReadVarint()
    {
        ReadOnlySpan<byte> bytes = _message.Span;
        ulong value = 0;
        for (int i = 0; i < LongestVarint; i++)
        {
            if (_at == bytes.Length)
                throw new InvalidDataException("it ends in the middle of a number (truncated?)");
            byte b = bytes[_at++];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
                return value;
        }
        throw new InvalidDataException($"the number that ends at byte {_at} has more than {LongestVarint} bytes");
    }

    private readonly InvalidDataException Wrong(string expected) => new($"field {Field} is no {expected[(expected.IndexOf(' ') + 1)..]}");
}
