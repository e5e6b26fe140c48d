using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Jtr.Interop.Tests.Training;

/// <summary>An array of an .npz file, its elements as doubles (exact for the formats of the golden files).</summary>
internal sealed record NpyArray(int[] Shape, double[] Values);

/// <summary>Reads the .npz files of the golden tests: a zip of .npy, version 1 or 2, little-endian, row-major. Strict.</summary>
internal sealed partial class NpzFile : IDisposable
{
    private readonly ZipArchive _archive;

    public NpzFile(string path)
    {
        _archive = ZipFile.OpenRead(path);
        Names = _archive.Entries.ToDictionary(
            e =>
                e.FullName.EndsWith(".npy", StringComparison.Ordinal)
                    ? e.FullName[..^4]
                    : throw new InvalidDataException($"{path}: {e.FullName} is no .npy"),
            e => e,
            StringComparer.Ordinal
        );
    }

    private Dictionary<string, ZipArchiveEntry> Names { get; }

    public IEnumerable<string> Keys => Names.Keys;

    public bool Contains(string name) => Names.ContainsKey(name);

    public double[] Values(string name) => Read(name).Values;

    public NpyArray Read(string name)
    {
        if (!Names.TryGetValue(name, out ZipArchiveEntry? entry))
            throw new KeyNotFoundException($"the file has no '{name}'");
        byte[] bytes = new byte[entry.Length];
        using (Stream stream = entry.Open())
            stream.ReadExactly(bytes);
        ReadOnlySpan<byte> span = bytes;
        if (span.Length < 12 || span[0] != 0x93 || !span[1..].StartsWith("NUMPY"u8) || span[6] is 0 or > 2)
            throw new InvalidDataException($"{name}: no .npy");
        int start = span[6] == 1 ? 10 : 12;
        int length = span[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(span[8..]) : BinaryPrimitives.ReadInt32LittleEndian(span[8..]);
        Match header = Header().Match(Encoding.ASCII.GetString(span.Slice(start, length)));
        if (!header.Success)
            throw new InvalidDataException($"{name}: cannot read the .npy header, or the array is not row-major");
        int[] shape =
        [
            .. header
                .Groups["shape"]
                .Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(int.Parse),
        ];
        double[] values = Convert(header.Groups["type"].Value, span[(start + length)..], name);
        if (values.Length != shape.Aggregate(1, (a, b) => a * b))
            throw new InvalidDataException($"{name}: {values.Length} values for the shape ({string.Join(", ", shape)})");
        return new NpyArray(shape, values);
    }

    public void Dispose() => _archive.Dispose();

    private static double[] Convert(string type, ReadOnlySpan<byte> data, string name)
    {
        int size = type[^1] - '0';
        double[] values = new double[data.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> element = data.Slice(i * size, size);
            values[i] = type switch
            {
                "<f4" => BinaryPrimitives.ReadSingleLittleEndian(element),
                "<f8" => BinaryPrimitives.ReadDoubleLittleEndian(element),
                "<i4" => BinaryPrimitives.ReadInt32LittleEndian(element),
                "<i8" => BinaryPrimitives.ReadInt64LittleEndian(element),
                "|u1" or "|b1" => element[0],
                _ => throw new InvalidDataException($"{name}: the element type '{type}' is not read here"),
            };
        }
        return values;
    }

    [GeneratedRegex(@"^\{'descr': '(?<type>[<|][fiub][148])', 'fortran_order': False, 'shape': \((?<shape>[\d, ]*)\), \}\s*$")]
    private static partial Regex Header();
}
