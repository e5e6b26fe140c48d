using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Jtr.Interop.Tests.PyTorch;

/// <summary>Writes pickles and PyTorch files opcode by opcode, as <c>torch.save</c> does (protocol 2).</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter() => Raw(0x80, 2);

    public PickleWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Code(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleWriter Global(string module, string name) => Code($"c{module}\n{name}\n");

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Raw([(byte)'X', .. Little(4, utf8.Length), .. utf8]);
    }

    /// <summary>BININT for 32 bits, LONG1 beyond.</summary>
    public PickleWriter Number(long value) =>
        value == (int)value ? Raw([(byte)'J', .. Little(4, value)]) : Raw([0x8A, 8, .. Little(8, value)]);

    public PickleWriter Numbers(params long[] values)
    {
        Code("(");
        foreach (long value in values)
            Number(value);
        return Code("t");
    }

    public PickleWriter Tensor(
        string storageType,
        string key,
        long count,
        long[] sizes,
        long[] strides,
        long offset = 0,
        bool legacy = false
    )
    {
        Global("torch._utils", "_rebuild_tensor_v2")
            .Code("((")
            .Text("storage")
            .Global("torch", storageType)
            .Text(key)
            .Text("cpu")
            .Number(count);
        if (legacy)
            Code("N");
        return Code("tQ").Number(offset).Numbers(sizes).Numbers(strides).Raw(0x89).Global("collections", "OrderedDict").Code(")RtR");
    }

    public byte[] End()
    {
        Code(".");
        return [.. _bytes];
    }

    /// <summary>A dictionary of one float tensor [rows, columns], as the published assignments are.</summary>
    public static byte[] Weights(int rows, int columns, string name = "labels_weights", bool legacy = false) =>
        new PickleWriter()
            .Code("}")
            .Text(name)
            .Tensor("FloatStorage", "0", rows * columns, [rows, columns], [columns, 1], legacy: legacy)
            .Code("s")
            .End();

    /// <summary>The zip form.</summary>
    public static byte[] Zip(
        byte[] pickle,
        CompressionLevel level = CompressionLevel.NoCompression,
        string? byteOrder = null,
        params (string Key, byte[] Data)[] storages
    )
    {
        MemoryStream file = new();
        using (ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("archive/data.pkl", pickle);
            if (byteOrder is not null)
                Add("archive/byteorder", Encoding.ASCII.GetBytes(byteOrder));
            foreach ((string key, byte[] data) in storages)
                Add($"archive/data/{key}", data);
            Add("archive/version", "3\n"u8.ToArray());

            void Add(string name, byte[] content)
            {
                using Stream stream = zip.CreateEntry(name, level).Open();
                stream.Write(content);
            }
        }
        return file.ToArray();
    }

    /// <summary>The older form with one storage "0".</summary>
    public static byte[] Legacy(byte[] pickle, byte[] storage, long count) =>
        [
            .. new PickleWriter().Raw(0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19).End(),
            .. new PickleWriter().Number(1001).End(),
            .. new PickleWriter().Code("}(").Text("little_endian").Raw(0x88).Code("u").End(),
            .. pickle,
            .. new PickleWriter().Code("]").Text("0").Code("a").End(),
            .. Little(8, count),
            .. storage,
        ];

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(v => Little(4, BitConverter.SingleToInt32Bits(v)))];

    public static byte[] Little(int size, long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
