namespace Jtr.Interop.Tests.Fuzz;

/// <summary>A format that is parsed here, and a file of it to start from.</summary>
/// <param name="Name">Of the format and the kind of file.</param>
/// <param name="Seed">A whole file, small, so that damage hits what matters.</param>
/// <param name="Parse">Reads all of a file, given by its path. Must throw nothing but typed errors.</param>
internal sealed record FuzzTarget(string Name, byte[] Seed, Action<string> Parse)
{
    /// <summary>Mends checksums after the damage, so that what lies behind them is reached.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Extension of the file's name, with the dot, where the reader looks at it.</summary>
    public string Extension { get; init; } = "";

    /// <summary>Bytes that reading may take beyond the file's own. The runtime's own needs (messages, stack traces, JSON buffers) are far
    /// below, as are the 700,000 pixels that a JPEG of 700 bytes may hold, in a pool's array of up to twice their bytes; a size that is
    /// believed is far above.</summary>
    public long MostBytes { get; init; } = 8 << 20;

    /// <summary>Share of the cases, relative to the others'.</summary>
    public int Weight { get; init; } = 1;

    public override string ToString() => Name;
}
