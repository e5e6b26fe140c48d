using System.Globalization;
using System.Numerics;

namespace Jtr.Interop.Visualization;

/// <summary>Lays the colours of predictions over a photograph, and writes words on it.</summary>
public static class PictureOverlay
{
    /// <summary>
    /// Writes lines of text into the upper left corner of a picture, white on black, as large as they fit; what has no room is left out,
    /// and the last line says how many lines that are.
    /// </summary>
    /// <param name="picture">The picture; it is changed.</param>
    /// <param name="words">The lines, as <see cref="LabelPainter.LabelWords"/> gives them.</param>
    public static void Write(RgbImage picture, IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(words);
        WordPanel.Draw(
            picture,
            0,
            0,
            picture.Height,
            picture.Width,
            words,
            largest: Math.Max(1, picture.Width / WordPanel.ColumnsPerScale)
        );
    }

    /// <summary>Mixes a photograph and a picture of the same size.</summary>
    /// <param name="photograph">[height, width, 3] red, green and blue.</param>
    /// <param name="colors">The picture; it is changed.</param>
    /// <param name="strength">How much the picture counts, 0 to 1.</param>
    /// <exception cref="ArgumentException">The two have not the same size, or the strength is not in [0, 1].</exception>
    public static void Blend(ReadOnlySpan<byte> photograph, RgbImage colors, double strength = 0.5)
    {
        ArgumentNullException.ThrowIfNull(colors);
        if (!(strength is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(strength),
                strength.ToString(CultureInfo.InvariantCulture),
                "the strength has to be 0 to 1"
            );
        Span<byte> to = colors.Data;
        if (photograph.Length != to.Length)
            throw new ArgumentException(
                $"a photograph of {colors.Height} x {colors.Width} has {to.Length} values, not {photograph.Length}",
                nameof(photograph)
            );
        // In 256ths, rounded.
        int own = (int)Math.Round(256 * strength);
        int at = 0;
        for (int step = Vector<byte>.Count; at + step <= to.Length; at += step)
        {
            Vector.Widen(new Vector<byte>(to[at..]), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(new Vector<byte>(photograph[at..]), out Vector<ushort> lowBelow, out Vector<ushort> highBelow);
            Vector.Narrow(Mix(low, lowBelow), Mix(high, highBelow)).CopyTo(to[at..]);
        }
        for (int i = at; i < to.Length; i++)
            to[i] = (byte)((own * to[i] + (256 - own) * photograph[i] + 128) >> 8);

        // 256 times 255 and a half fit into 16 bits.
        Vector<ushort> Mix(Vector<ushort> above, Vector<ushort> below) =>
            ((ushort)own * above + (ushort)(256 - own) * below + new Vector<ushort>(128)) >>> 8;
    }
}
