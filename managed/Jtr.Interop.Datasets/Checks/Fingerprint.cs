using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Checks;

/// <summary>
/// The difference hash of a photograph: of 8 rows of 9 grey levels each, whether one is brighter than its left neighbour. Photographs that
/// look the same have nearly the same bits, whatever their size and compression.
/// </summary>
internal static class Fingerprint
{
    private const int Rows = 8;
    private const int Columns = 9;

    // Differences below are noise, which any two dark photographs might share.
    private const int LeastContrast = 16;

    /// <summary>Reads a photograph.</summary>
    /// <returns>The bits; null for a photograph of one colour.</returns>
    /// <exception cref="JtrFormatException">It is no photograph, or damaged.</exception>
    public static ulong? Of(string path) => Of(ImageFiles.ReadGreyThumbnail(path, Rows, Columns));

    /// <summary>The bits of [8, 9] grey levels.</summary>
    public static ulong? Of(ReadOnlySpan<byte> grey)
    {
        byte low = byte.MaxValue,
            high = 0;
        ulong bits = 0;
        for (int y = 0; y < Rows; y++)
        {
            for (int x = 0; x < Columns; x++)
            {
                byte level = grey[y * Columns + x];
                (low, high) = (Math.Min(low, level), Math.Max(high, level));
                if (x > 0)
                    bits = bits << 1 | (level > grey[y * Columns + x - 1] ? 1ul : 0);
            }
        }
        return high - low < LeastContrast ? null : bits;
    }
}
