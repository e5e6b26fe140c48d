using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Jtr.Interop.Checkpoints.Safetensors;

/// <summary>
/// Safetensors files: eight bytes with the length of a JSON header (little-endian), the header with the type, shape and place of every
/// tensor, then the elements. Checkpoints are written by libjtr; this is for weights alone, in and out.
/// </summary>
internal static class SafetensorsFile
{
    private const string MetadataKey = "__metadata__";

    /// <summary>The format's own limit.</summary>
    private const long LongestHeader = 100_000_000;

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                json.WriteString(key, value);
            json.WriteEndObject();
            long offset = 0;
            foreach (SafetensorsTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.ToString());
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Spaces align the elements.
        int padding = (8 - header.WrittenCount % 8) % 8;
        header.Write("       "u8[..padding]);

        using AtomicFile.Writing file = new(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.WrittenCount);
        file.Stream.Write(length);
        file.Stream.Write(header.WrittenSpan);
        foreach (SafetensorsTensor tensor in tensors)
            file.Stream.Write(tensor.Data.Span);
        file.Commit();
    }

    /// <summary>Reads the tensors whose names pass a test.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">Says which.</param>
    /// <exception cref="JtrFormatException">It is no such file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<SafetensorsTensor> Read(string path, Func<string, bool> wanted)
    {
        path = CheckpointFile.Find(path);
        using FileStream file = File.OpenRead(path);
        byte[] header = ReadHeader(path, file);
        List<SafetensorsTensor> tensors = [];
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == MetadataKey || !wanted(entry.Name))
                    continue;
                tensors.Add(ReadTensor(path, file, 8 + header.Length, entry));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw WrongHeader(path, e);
        }
        return tensors;
    }

    /// <summary>Reads the metadata; empty where a file has none.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JtrFormatException">It is no such file, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(string path)
    {
        path = CheckpointFile.Find(path);
        using FileStream file = File.OpenRead(path);
        byte[] header = ReadHeader(path, file);
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            return json.RootElement.TryGetProperty(MetadataKey, out JsonElement metadata)
                ? metadata.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString() ?? "", StringComparer.Ordinal)
                : new Dictionary<string, string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw WrongHeader(path, e);
        }
    }

    private static JtrFormatException WrongHeader(string path, Exception e) =>
        new(path, $"its header is not what safetensors asks for: {e.Message}", 8, e);

    /// <summary>The bytes of the header.</summary>
    private static byte[] ReadHeader(string path, FileStream file)
    {
        Span<byte> start = stackalloc byte[8];
        if (file.ReadAtLeast(start, 8, throwOnEndOfStream: false) < 8)
            throw new JtrFormatException(path, $"has {file.Length} bytes, too few for a safetensors file", 0);
        long length = BinaryPrimitives.ReadInt64LittleEndian(start);
        if (length < 0 || length > Math.Min(LongestHeader, file.Length - 8))
            throw new JtrFormatException(path, $"says that its header has {(ulong)length} bytes, but the file has {file.Length}", 0);
        byte[] header = new byte[length];
        file.ReadExactly(header);
        return header;
    }

    private static SafetensorsTensor ReadTensor(string path, FileStream file, long data, JsonProperty entry)
    {
        string dtype = entry.Value.GetProperty("dtype").GetString() ?? "";
        SafetensorsType type = dtype switch
        {
            "F16" => SafetensorsType.F16,
            "BF16" => SafetensorsType.BF16,
            "F32" => SafetensorsType.F32,
            "F64" => SafetensorsType.F64,
            "I64" => SafetensorsType.I64,
            _ => throw new JtrFormatException(path, $"tensor '{entry.Name}' has the type {dtype}, expected F16, BF16, F32, F64 or I64", 8),
        };
        long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())];
        long[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt64())];
        Int128 bytes = SafetensorsTensor.SizeOf(type);
        foreach (long size in shape)
            bytes = size < 0 ? -1 : Int128.Min(bytes * size, long.MaxValue);
        if (
            offsets.Length != 2
            || bytes < 0
            || bytes > Array.MaxLength
            || offsets[0] < 0
            || offsets[1] - offsets[0] != bytes
            || offsets[1] > file.Length - data
        )
            throw new JtrFormatException(
                path,
                $"tensor '{entry.Name}' does not fit: shape [{string.Join(", ", shape)}] at bytes "
                    + $"{string.Join(" to ", offsets)} of {file.Length - data} (truncated?)",
                8
            );
        byte[] elements = new byte[(int)bytes];
        file.Position = data + offsets[0];
        file.ReadExactly(elements);
        return new SafetensorsTensor(entry.Name, type, shape, elements);
    }
}
