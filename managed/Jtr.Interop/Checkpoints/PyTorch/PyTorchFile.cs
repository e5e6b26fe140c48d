using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;

namespace Jtr.Interop.Checkpoints.PyTorch;

/// <summary>
/// Reads what <c>torch.save</c> wrote, as far as it is tensors and plain containers: the zip form (PyTorch 1.6 and later)
/// and the older one of several pickles in a row. Nothing in the file is run; see <see cref="PickleReader"/>.
/// </summary>
internal static class PyTorchFile
{
    private const long LargestPickle = 64 << 20;

    // "0x1950a86a20f9469cfc6c" of torch/serialization.py.
    private static readonly BigInteger LegacyMagic = BigInteger.Parse(
        "119547037146038801333356",
        System.Globalization.CultureInfo.InvariantCulture
    );

    private const long LegacyProtocol = 1001;

    /// <summary>Reads a file.</summary>
    /// <returns>The value that was saved; see <see cref="PickleReader"/> for the types.</returns>
    /// <exception cref="JtrFormatException">It is no such file, damaged, or holds more than tensors and plain containers.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static object? Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FileInfo info = new(path);
        if (info.Exists && info.Length > Array.MaxLength)
            throw new JtrFormatException(path, $"a file of {info.Length} bytes; up to {Array.MaxLength} are read");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="JtrFormatException">As of <see cref="Read"/>.</exception>
    internal static object? Parse(string path, byte[] data) =>
        data.AsSpan().StartsWith("PK\x03\x04"u8) ? ReadZip(path, data) : ReadLegacy(path, data);

    /// <summary>archive/data.pkl, archive/data/(key) and, if the writer said so, archive/byteorder.</summary>
    private static object? ReadZip(string path, byte[] data)
    {
        try
        {
            using ZipArchive zip = new(new MemoryStream(data, writable: false), ZipArchiveMode.Read);
            ZipArchiveEntry pickle =
                zip.Entries.FirstOrDefault(e => e.Name == "data.pkl" && e.FullName.Count(c => c == '/') == 1)
                ?? throw new JtrFormatException(path, "no PyTorch file: the zip archive has no data.pkl");
            string folder = pickle.FullName[..^"data.pkl".Length];
            Dictionary<string, PyTorchStorage> storages = [];
            object? value = new PickleReader(path, Stored(path, pickle, LargestPickle, data.Length), 0, storages).Read();
            bool bigEndian =
                zip.GetEntry(folder + "byteorder") is { } order && Stored(path, order, 16, data.Length).AsSpan().SequenceEqual("big"u8);
            foreach (PyTorchStorage storage in storages.Values)
            {
                ZipArchiveEntry entry =
                    zip.GetEntry($"{folder}data/{storage.Key}")
                    ?? throw new JtrFormatException(path, $"the storage '{storage.Key}' is missing");
                long expected = storage.Count * storage.ElementSize;
                if (entry.Length != expected)
                    throw new JtrFormatException(
                        path,
                        $"the storage '{storage.Key}' has {entry.Length} bytes, where its tensors ask for {expected}"
                    );
                storage.Data = Stored(path, entry, expected, data.Length);
                storage.BigEndian = bigEndian;
            }
            return value;
        }
        catch (Exception e)
            when (e is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new JtrFormatException(path, $"a damaged zip archive: {e.Message}", innerException: e);
        }
    }

    /// <summary>An entry's bytes. PyTorch compresses none, so that an entry is as long as the room that it takes.</summary>
    private static byte[] Stored(string path, ZipArchiveEntry entry, long most, int archive)
    {
        if (entry.CompressedLength != entry.Length)
            throw new JtrFormatException(path, $"'{entry.FullName}' is compressed, which PyTorch does not do");
        if (entry.Length > Math.Min(most, archive))
            throw new JtrFormatException(path, $"'{entry.FullName}' has {entry.Length} bytes; up to {Math.Min(most, archive)} are read");
        using Stream stream = entry.Open(); // throws where the directory claims more than the archive has
        byte[] bytes = new byte[entry.Length];
        int there = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return there == bytes.Length
            ? bytes
            : throw new JtrFormatException(path, $"'{entry.FullName}' has {there} bytes instead of {entry.Length}");
    }

    /// <summary>
    /// Pickles of the magic number, the version, the writer's machine, the value and the keys; then the storages in the keys' order.
    /// </summary>
    private static object? ReadLegacy(string path, byte[] data)
    {
        Dictionary<string, PyTorchStorage> storages = [];
        PickleReader reader = new(path, data, 0, storages);
        if (data.Length < 2 || data[0] != 0x80 || reader.Read() is not BigInteger magic || magic != LegacyMagic)
            throw new JtrFormatException(path, "no PyTorch file: it is neither a zip archive nor begins with PyTorch's magic number", 0);
        if (reader.Read() is not LegacyProtocol)
            throw new JtrFormatException(path, $"a PyTorch file of a version other than {LegacyProtocol}", reader.Position);
        bool bigEndian =
            reader.Read() is Dictionary<object, object?> machine
            && machine.TryGetValue("little_endian", out object? little)
            && little is false;
        object? value = reader.Read();
        if (reader.Read() is not List<object?> keys)
            throw new JtrFormatException(path, "the list of storages is missing", reader.Position);

        int at = reader.Position;
        foreach (object? key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out PyTorchStorage? storage))
                throw new JtrFormatException(path, "a storage that no tensor looks at", at);
            if (data.Length - at < 8)
                throw new JtrFormatException(path, $"the file is truncated: the storage '{name}' is missing", at);
            long count = bigEndian
                ? BinaryPrimitives.ReadInt64BigEndian(data.AsSpan(at))
                : BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(at));
            if (count != storage.Count)
                throw new JtrFormatException(
                    path,
                    $"the storage '{name}' claims {count} elements, where its tensors ask for {storage.Count}",
                    at
                );
            at += 8;
            if (count > (data.Length - at) / storage.ElementSize)
                throw new JtrFormatException(
                    path,
                    $"the file is truncated: the storage '{name}' claims {count} elements of "
                        + $"{storage.ElementSize} bytes, {data.Length - at} bytes are left",
                    at
                );
            storage.Data = data.AsMemory(at, (int)count * storage.ElementSize);
            storage.BigEndian = bigEndian;
            at += (int)count * storage.ElementSize;
            storages.Remove(name);
        }
        if (storages.Count > 0)
            throw new JtrFormatException(path, $"the storage '{storages.Keys.First()}' is missing", at);
        if (at != data.Length)
            throw new JtrFormatException(path, $"{data.Length - at} bytes behind the last storage", at);
        return value;
    }
}
