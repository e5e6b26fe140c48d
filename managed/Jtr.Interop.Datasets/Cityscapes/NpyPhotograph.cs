using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.Layouts;

namespace Jtr.Interop.Datasets.Cityscapes;

/// <summary>
/// Photographs in .npy files: (H, W, 3), floating-point in [0, 1] or bytes for 0..255. Resized bilinearly with antialiasing.
/// </summary>
internal static class NpyPhotograph
{
    // Whoever resized a photograph may have rounded; 255 instead of 1 is another scale.
    private const float Tolerance = 1e-3f;

    /// <summary>Reads a file.</summary>
    /// <exception cref="JtrFormatException">It is damaged, has another shape or type, or values outside [0, 1].</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DecodedImage Read(string path, int height, int width)
    {
        using NpyArray array = NpyReader.Read(path);
        if (array.Shape is not [> 0, > 0, 3])
            throw new JtrFormatException(path, $"an array of shape {array.ShapeText}, where a photograph has (H, W, 3)");
        if (array.IsInteger && array.Type != NpyType.UInt8)
            throw new JtrFormatException(path, $"a photograph of the type {array.Type}; floating-point in [0, 1] and UInt8 are read");
        LabelSource source = new(path, array.Shape[0], array.Shape[1], height, width);
        using Pooled<float> pooled = LabelSource.Interleaved(array, planar: false, 3);
        Span<float> values = pooled.Span;
        for (int i = 0; i < values.Length; i++)
        {
            float value = array.IsInteger ? values[i] / 255f : values[i];
            if (!(value >= -Tolerance && value <= 1 + Tolerance))
                throw source.Fault(i / 3, string.Create(CultureInfo.InvariantCulture, $"value {value}, which is not in [0, 1],"));
            values[i] = Math.Clamp(value, 0, 1);
        }
        using Pooled<float> resized = source.Bilinear(pooled, 3);
        foreach (ref float value in resized.Span)
            value = Math.Min(value, 1);
        return new DecodedImage(source.ImageHeight, source.ImageWidth, new PackedFloats(LabelSource.Planar<float>(resized.Span, 3)));
    }
}
