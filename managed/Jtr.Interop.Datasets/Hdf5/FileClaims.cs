using static Jtr.Interop.Hdf5.FileBytes;

namespace Jtr.Interop.Hdf5;

/// <summary>
/// Checks, before the HDF5 library reads a file, that the sizes which it claims lie within the file: the library takes as much memory
/// as a size field says. What is checked is what MATLAB 7.3 (and the HDF5 library, unless told otherwise) writes: superblock 0 or 1,
/// groups with symbol tables, object headers of version 1, chunks in B-trees of version 1; the rest is refused. Sections
/// are those of the HDF5 File Format Specification, version 3.
/// </summary>
internal sealed class FileClaims
{
    private const int MostNodes = 1 << 20;

    private readonly FileBytes _file;
    private readonly HashSet<ulong> _visited = [];

    private FileClaims(FileBytes file) => _file = file;

    /// <summary>Checks a file and those arrays of its root group that are named; one that is not there is passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">Names of arrays.</param>
    /// <exception cref="JtrFormatException">It is no such file, or a size is wrong.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static void Check(string path, params ReadOnlySpan<string> names)
    {
        using FileBytes file = new(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read));
        FileClaims claims = new(file);
        (ulong header, (ulong Tree, ulong Heap)? cached) = claims.Superblock(path);
        ObjectHeader root = ObjectHeader.Read(file, header);
        if (root.Group is not { } group)
            throw file.Fault(header, "the root is no group with a symbol table");
        if (cached is { } hint && hint != group)
            throw file.Fault(header, "the root group's symbol table is told in two ways");
        Dictionary<string, ulong> members = claims.Members(group.Tree, group.Heap);
        foreach (string name in names)
        {
            if (members.TryGetValue(name, out ulong address))
                claims.Array(ObjectHeader.Read(file, address), name);
        }
    }

    /// <summary>Section II.A: the root group's header and, if it is noted there, its symbol table.</summary>
    private (ulong Header, (ulong Tree, ulong Heap)? Cached) Superblock(string path)
    {
        // MATLAB puts 512 bytes of text in front.
        foreach (ulong at in (ReadOnlySpan<ulong>)[0, 512, 1024, 2048])
        {
            if (at + 8 > _file.Length)
                break;
            if (
                !_file
                    .Read(at, 8, "")
                    .AsSpan()
                    .SequenceEqual((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A])
            )
                continue;
            byte[] block = _file.Read(at, 100, "a superblock");
            if (block[8] > 1)
                throw new JtrFormatException(
                    path,
                    $"HDF5 with a superblock of version {block[8]}; MATLAB 7.3 writes 0, and 0 and 1 are read"
                );
            if (block[13] != 8 || block[14] != 8)
                throw _file.Fault(at, $"addresses of {block[13]} and sizes of {block[14]} bytes; both have 8");
            ReadOnlySpan<byte> addresses = block.AsSpan(block[8] == 0 ? 24 : 28);
            ulong start = Quad(addresses, 0),
                end = Quad(addresses, 16);
            if (start != at)
                throw _file.Fault(at, $"its superblock is at byte {at} and says {start}");
            if (end > _file.Length)
                throw new JtrFormatException(path, $"the file is truncated: it notes a length of {end} bytes and has {_file.Length}");
            _file.Base = start;
            ReadOnlySpan<byte> entry = addresses[32..];
            return (Quad(entry, 8), Double(entry, 16) == 1 ? (Quad(entry, 24), Quad(entry, 32)) : null);
        }
        throw new JtrFormatException(path, "no MATLAB 7.3 (HDF5) file: its signature is missing", 0);
    }

    /// <summary>Sections III.B and III.D: the objects of a group by name.</summary>
    private Dictionary<string, ulong> Members(ulong tree, ulong heap)
    {
        byte[] head = Signed(heap, 32, "HEAP", "a heap of names");
        ulong size = Quad(head, 8),
            data = Quad(head, 24);
        _file.Need(data, size, "names");
        if (size > int.MaxValue)
            throw _file.Fault(heap, $"names of {size} bytes");
        byte[] names = _file.Read(data, (int)size, "names");
        Dictionary<string, ulong> members = new(StringComparer.Ordinal);
        Walk(
            tree,
            null,
            0,
            8,
            (_, table) =>
            {
                byte[] start = Signed(table, 8, "SNOD", "a symbol table");
                int count = Word(start, 6);
                byte[] entries = _file.Read(table, 8 + 40 * count, "a symbol table");
                for (int i = 0; i < count; i++)
                {
                    ReadOnlySpan<byte> entry = entries.AsSpan(8 + 40 * i, 40);
                    ulong at = Quad(entry, 0);
                    int length = at < size ? names.AsSpan((int)at).IndexOf((byte)0) : -1;
                    if (length < 0)
                        throw _file.Fault(table, "a name that is not in the heap");
                    string name = System.Text.Encoding.UTF8.GetString(names, (int)at, length);
                    if (Double(entry, 16) == 2)
                        throw _file.Fault(table, $"'{name}' is a link, which is not read");
                    if (!members.TryAdd(name, Quad(entry, 8)))
                        throw _file.Fault(table, $"'{name}' is there twice");
                }
            }
        );
        return members;
    }

    private void Array(ObjectHeader header, string name)
    {
        if (header.Chunks is not { } chunks)
            return;
        // What a chunk holds is at most what deflate can make of its bytes (RFC 1951: 258 bytes of 2 bits).
        ulong bytes = chunks.Bytes;
        Walk(
            chunks.Tree,
            null,
            1,
            8 + 8 * chunks.Rank,
            (key, address) =>
            {
                uint stored = Double(key, 0);
                _file.Need(address, stored, $"a chunk of '{name}'");
                if (bytes > 1032UL * stored + 1024)
                    throw _file.Fault(address, $"a chunk of '{name}' of {bytes} bytes, stored as {stored}");
            }
        );
    }

    private delegate void Visit(ReadOnlySpan<byte> key, ulong child);

    /// <summary>Section III.A.1: visits the children of the leaves of a B-tree.</summary>
    /// <param name="address">Of its root, or of a node.</param>
    /// <param name="expected">The level that it has to have, or null for a root.</param>
    /// <param name="type">0 groups, 1 chunks.</param>
    /// <param name="keyBytes">Bytes of a key.</param>
    /// <param name="visit">Is told key and address of every child.</param>
    private void Walk(ulong address, int? expected, int type, int keyBytes, Visit visit)
    {
        if (!_visited.Add(address) || _visited.Count > MostNodes)
            throw _file.Fault(address, "an index that leads back to itself");
        byte[] head = Signed(address, 24, "TREE", "an index");
        if (head[4] != type || (expected is { } level && head[5] != level))
            throw _file.Fault(address, $"an index of type {head[4]}, level {head[5]}");
        int count = Word(head, 6);
        byte[] node = _file.Read(address, 24 + count * (keyBytes + 8) + keyBytes, "an index");
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = node.AsSpan(24 + i * (keyBytes + 8), keyBytes);
            ulong child = Quad(node, 24 + i * (keyBytes + 8) + keyBytes);
            if (head[5] == 0)
                visit(key, child);
            else
                Walk(child, head[5] - 1, type, keyBytes, visit);
        }
    }

    private byte[] Signed(ulong address, int bytes, string signature, string what)
    {
        byte[] read = _file.Read(address, bytes, what);
        for (int i = 0; i < signature.Length; i++)
        {
            if (read[i] != signature[i])
                throw _file.Fault(address, $"{what} does not begin with {signature}");
        }
        return read;
    }
}
