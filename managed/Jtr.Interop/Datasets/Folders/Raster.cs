namespace Jtr.Interop.Datasets.Folders;

/// <summary>An image as it was decoded: whole numbers, channels side by side, before any resizing.</summary>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Channels">C, transparency left out.</param>
/// <param name="Maximum">What stands for 1: 255 or 65,535.</param>
/// <param name="Bytes">[H, W, C] of an 8-bit image, else empty.</param>
/// <param name="Words">[H, W, C] of a 16-bit image, else empty.</param>
internal sealed record Raster(int Height, int Width, int Channels, int Maximum, byte[] Bytes, ushort[] Words)
{
    public static Raster Of8Bits(int height, int width, int channels, byte[] values) => new(height, width, channels, byte.MaxValue, values, []);

    public static Raster Of16Bits(int height, int width, int channels, ushort[] values) => new(height, width, channels, ushort.MaxValue, [], values);

    public int this[int i] => Maximum == byte.MaxValue ? Bytes[i] : Words[i];

    public int Length => Height * Width * Channels;
}
