namespace Jtr.Interop.Visualization;

/// <summary>Lines of text on a picture, each on a band of its own.</summary>
internal static class WordPanel
{
    /// <summary>A picture of as many columns has letters of one dot a pixel; one of twice as many, of two.</summary>
    public const int ColumnsPerScale = 192;

    private const int Edge = 2;

    private static readonly Rgb _text = Rgb.White;
    private static readonly Rgb _band = new(20, 20, 20);

    /// <summary>Draws lines from the upper left corner of a rectangle on.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="top">First row of the rectangle.</param>
    /// <param name="left">Its first column.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="largest">Pixels of a letter's dot at most; fewer where lines would not fit, 1 at least.</param>
    public static void Draw(RgbImage picture, int top, int left, int height, int width, IReadOnlyList<string> lines, int largest)
    {
        if (lines.Count == 0)
            return;
        int scale = largest;
        while (scale > 1 && !Fits(lines, height, width, scale))
            scale--;
        int step = Step(scale),
            room = Math.Max(1, height / step);
        for (int i = 0; i < Math.Min(lines.Count, room); i++)
        {
            string line = i == room - 1 && lines.Count > room ? $"+{lines.Count - i}" : lines[i];
            string shown = BitmapFont.Fit(line, width - 2 * Edge * scale, scale);
            picture.Fill(
                top: top + i * step,
                left: left,
                height: Math.Min(step, height),
                width: Math.Min(width, BitmapFont.Measure(shown, scale) + 2 * Edge * scale),
                _band
            );
            BitmapFont.Draw(picture, left + Edge * scale, top + i * step + scale, shown, _text, scale);
        }
    }

    private static bool Fits(IReadOnlyList<string> lines, int height, int width, int scale) =>
        lines.Count * Step(scale) <= height && lines.Max(l => BitmapFont.Measure(l, scale)) <= width - 2 * Edge * scale;

    private static int Step(int scale) => (BitmapFont.GlyphHeight + 2) * scale;
}
