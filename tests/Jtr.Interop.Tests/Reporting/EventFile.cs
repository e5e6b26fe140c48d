using System.Buffers.Binary;
using Google.Protobuf;

namespace Jtr.Interop.Tests.Reporting;

/// <summary>One number, picture or histogram of an event file.</summary>
internal sealed record EventValue(
    long Step,
    double Time,
    string Tag,
    float? Scalar,
    byte[]? Image,
    (int Height, int Width)? Size,
    (double Low, double High, double Count, double Sum, double[] Limits, double[] Buckets)? Histogram
);

/// <summary>
/// Reads event files of TensorBoard without the code that writes them: checksums bit by bit, messages with Google.Protobuf.
/// </summary>
internal static class EventFile
{
    public static (string Version, List<EventValue> Values) Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        List<EventValue> values = [];
        string version = "";
        for (int at = 0; at < bytes.Length; )
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.That(
                BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)),
                Is.EqualTo(Masked(bytes.AsSpan(at, 8))),
                "checksum of the length"
            );
            ReadOnlySpan<byte> data = bytes.AsSpan(at + 12, length);
            Assert.That(
                BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)),
                Is.EqualTo(Masked(data)),
                "checksum of the record"
            );
            at += 16 + length;
            Fields record = Fields.Of(data.ToArray());
            if (record.Has(3))
                version = record.Text(3);
            if (record.Has(5))
                values.AddRange(Fields.Of(record.Bytes(5)).All(1).Select(v => Value(record, Fields.Of(v))));
        }
        return (version, values);
    }

    private static EventValue Value(Fields record, Fields value)
    {
        Fields? image = value.Has(4) ? Fields.Of(value.Bytes(4)) : null,
            histogram = value.Has(5) ? Fields.Of(value.Bytes(5)) : null;
        return new EventValue(
            record.Has(2) ? (long)record.Number(2) : 0,
            BitConverter.UInt64BitsToDouble(record.Number(1)),
            value.Text(1),
            value.Has(2) ? BitConverter.UInt32BitsToSingle((uint)value.Number(2)) : null,
            image?.Bytes(4),
            image is null ? null : ((int)image.Number(1), (int)image.Number(2)),
            histogram is null
                ? null
                : (
                    Double(histogram, 1),
                    Double(histogram, 2),
                    Double(histogram, 3),
                    Double(histogram, 4),
                    Doubles(histogram.Bytes(6)),
                    Doubles(histogram.Bytes(7))
                )
        );
    }

    private static double Double(Fields fields, int field) => BitConverter.UInt64BitsToDouble(fields.Number(field));

    private static double[] Doubles(byte[] packed) =>
        [.. Enumerable.Range(0, packed.Length / 8).Select(i => BitConverter.ToDouble(packed, 8 * i))];

    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
        }
        crc = ~crc;
        return unchecked((crc >> 15 | crc << 17) + 0xA282EAD8u);
    }

    /// <summary>A message taken apart by field number.</summary>
    private sealed class Fields
    {
        private readonly Dictionary<int, List<object>> _fields = [];

        public static Fields Of(byte[] message)
        {
            Fields fields = new();
            using CodedInputStream input = new(message);
            for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                object value = WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Varint => input.ReadUInt64(),
                    WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                    WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                    _ => input.ReadBytes().ToByteArray(),
                };
                int field = WireFormat.GetTagFieldNumber(tag);
                if (!fields._fields.TryGetValue(field, out List<object>? list))
                    fields._fields[field] = list = [];
                list.Add(value);
            }
            return fields;
        }

        public bool Has(int field) => _fields.ContainsKey(field);

        public ulong Number(int field) => (ulong)_fields[field][0];

        public byte[] Bytes(int field) => (byte[])_fields[field][0];

        public string Text(int field) => System.Text.Encoding.UTF8.GetString(Bytes(field));

        public IEnumerable<byte[]> All(int field) => _fields[field].Cast<byte[]>();
    }
}
