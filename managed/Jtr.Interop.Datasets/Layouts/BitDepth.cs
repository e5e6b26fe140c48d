using Jtr.Interop.Datasets.Folders;

namespace Jtr.Interop.Datasets.Layouts;

/// <summary>Checks that a PNG has the bit depth of its format; another one means another scale, or another file.</summary>
internal static class BitDepth
{
    /// <exception cref="JtrFormatException">It has 16.</exception>
    public static Raster Require8Bits(this Raster raster, string path, string what) =>
        raster.Maximum == byte.MaxValue ? raster : throw new JtrFormatException(path, $"16 bits a channel, where {what} has 8");

    /// <exception cref="JtrFormatException">It has fewer.</exception>
    public static Raster Require16Bits(this Raster raster, string path, string what) =>
        raster.Maximum == ushort.MaxValue ? raster : throw new JtrFormatException(path, $"8 bits a channel or fewer, where {what} has 16");
}
