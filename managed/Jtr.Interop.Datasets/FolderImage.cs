using System.Globalization;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Training;

namespace Jtr.Interop.Datasets;

/// <summary>
/// How the photographs of a folder are stored. Photographs in color, JPEG or PNG, are the default; others are those of a thermal camera
/// (one channel), of colors with infrared (four), or of any sensor with up to <see cref="InputSpec.MaxPlanes"/>.
/// </summary>
/// <remarks>
/// Other photographs are PNG of 8 or 16 bits, whose transparency is the last channel, grey JPEG, or <c>.npy</c> of [H, W], [H, W, C] or
/// [C, H, W]. A file has to have all the channels, and no more. NaN becomes the lowest value.
/// </remarks>
public sealed record FolderImage
{
    /// <summary>Photographs in color.</summary>
    public static FolderImage Rgb { get; } = new();

    /// <summary>Channels of each photograph, 1 to <see cref="InputSpec.MaxPlanes"/>.</summary>
    public int Channels { get; init; } = InputSet.RgbChannels;

    /// <summary>The number in files that becomes 0, as do those below; null: 0. Not of three channels.</summary>
    public double? Low { get; init; }

    /// <summary>
    /// The number in files that becomes 1, as do those above; null: 255 of 8-bit and 65,535 of 16-bit numbers, 1 of floating-point ones.
    /// Other whole numbers need it. Not of three channels.
    /// </summary>
    public double? High { get; init; }

    /// <summary>Whether photographs are read as 8-bit colors.</summary>
    public bool IsRgb => Channels == InputSet.RgbChannels;

    /// <summary>Reads a photograph at its own size.</summary>
    /// <param name="path">The file, which is also the image's name.</param>
    /// <returns>A <see cref="PhotographImage"/> where photographs are in color.</returns>
    /// <exception cref="JtrFormatException">The file is damaged, or of another number of channels.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SourceImage Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return IsRgb ? PhotographImage.Read(path) : ChannelPhotograph.Read(path, this);
    }

    /// <summary>Rows and columns of a photograph (upright), out of its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="JtrFormatException">The file is no photograph, or its header is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public (int Height, int Width) ReadSize(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!FolderIndex.IsNpy(path))
            return ImageFiles.ReadSize(path);
        int[] shape = NpyReader.ReadShape(path);
        (int height, int width, _) = ChannelPhotograph.Layout(path, shape, Channels);
        return (height, width);
    }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names property and range.</exception>
    public void Validate()
    {
        OptionRange.Within(nameof(Channels), Channels, 1, InputSpec.MaxPlanes);
        if (IsRgb && (Low ?? High) is { } given)
            throw new ArgumentOutOfRangeException(
                Low is null ? nameof(High) : nameof(Low),
                given.ToString(CultureInfo.InvariantCulture),
                "photographs of three channels are colors, which have no range"
            );
        if (Low is { } low && !double.IsFinite(low))
            throw new ArgumentOutOfRangeException(
                nameof(Low),
                low.ToString(CultureInfo.InvariantCulture),
                $"{nameof(Low)} has to be finite"
            );
        if (High is { } high && !(double.IsFinite(high) && high > (Low ?? 0)))
            throw new ArgumentOutOfRangeException(
                nameof(High),
                high.ToString(CultureInfo.InvariantCulture),
                $"{nameof(High)} has to be finite and above {nameof(Low)}, {(Low ?? 0).ToString(CultureInfo.InvariantCulture)}"
            );
    }
}
