using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization;

/// <summary>One place of a <see cref="PictureGrid"/>: a picture, maybe with words on it, a note that there is none, or nothing.</summary>
public sealed class PictureCell
{
    private PictureCell(RgbImage? picture, string? note, IReadOnlyList<string>? words = null)
    {
        Picture = picture;
        Note = note;
        Words = words ?? [];
    }

    /// <summary>A place that stays empty.</summary>
    public static PictureCell Blank { get; } = new(null, null);

    /// <summary>A hatched place that says "no label".</summary>
    public static PictureCell NoLabel { get; } = new(null, "no label");

    /// <summary>A hatched place that says "unreadable": there is a file, but it is damaged.</summary>
    public static PictureCell Unreadable { get; } = new(null, "unreadable");

    internal RgbImage? Picture { get; }

    internal string? Note { get; }

    internal IReadOnlyList<string> Words { get; }

    /// <summary>A place with a picture.</summary>
    /// <param name="picture">The picture.</param>
    public static PictureCell Of(RgbImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return new(picture, null);
    }

    /// <summary>A place with a picture and lines of text on it, in letters that can be read however small the picture is.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="words">The lines.</param>
    public static PictureCell Of(RgbImage picture, IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(words);
        return new(picture, null, [.. words]);
    }

    /// <summary>A label in colours or, of a task of whole photographs, in words on the photograph.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="label">[label channels, H, W], or [label channels].</param>
    /// <param name="photograph">The photograph, H x W.</param>
    /// <param name="range">Depth: what the colours' ends stand for; by default the label's own range.</param>
    /// <param name="probabilities">Of a prediction in the form of a label the probability of each class or tag; else empty.</param>
    public static PictureCell OfLabel(
        VisionTask task,
        ReadOnlySpan<float> label,
        RgbImage photograph,
        ValueRange? range = null,
        ReadOnlySpan<float> probabilities = default
    )
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(photograph);
        IReadOnlyList<string> words = LabelPainter.Of(task.Kind).LabelWords(task, label, probabilities);
        return words.Count > 0
            ? Of(photograph, words)
            : Of(TaskPainter.PaintLabel(task, label, photograph.Height, photograph.Width, range));
    }

    /// <summary>A prediction in colours or, of a task of whole photographs, in words on the photograph.</summary>
    /// <param name="task">Its task.</param>
    /// <param name="prediction">[C, H, W], or [C], as the network gives it out.</param>
    /// <param name="photograph">The photograph, H x W.</param>
    /// <param name="range">Depth: what the colours' ends stand for; by default the prediction's own range.</param>
    public static PictureCell OfPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage photograph, ValueRange? range = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(photograph);
        IReadOnlyList<string> words = LabelPainter.Of(task.Kind).PredictionWords(task, prediction);
        return words.Count > 0
            ? Of(photograph, words)
            : Of(TaskPainter.PaintPrediction(task, prediction, photograph.Height, photograph.Width, range));
    }
}

/// <summary>
/// Lays pictures out in rows and columns with captions, so that photographs, labels and predictions can be compared at a glance. Small
/// pictures are enlarged by a whole factor without smoothing, so that every pixel stays what it is.
/// </summary>
public sealed class PictureGrid
{
    private const int Gap = 6;
    private const int Margin = 12;
    private const int TextScale = 2;
    private const int TextHeight = BitmapFont.GlyphHeight * TextScale;
    private const int LineHeight = TextHeight + 6;
    private const int BarWidth = 8 * TextHeight;

    private static readonly Rgb _hatchLight = new(205, 205, 205);
    private static readonly Rgb _hatchDark = new(175, 175, 175);
    private static readonly Rgb _text = new(30, 30, 30);

    private readonly string[] _columns;
    private readonly List<(string[] Caption, PictureCell[] Cells)> _rows = [];
    private readonly List<(string Text, int Width, Func<double, Rgb> Colors)> _legend = [];

    /// <summary>Makes a grid without rows.</summary>
    /// <param name="columns">The columns' captions, at least one.</param>
    public PictureGrid(params IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        if (_columns.Length == 0)
            throw new ArgumentException("a grid has at least one column", nameof(columns));
    }

    /// <summary>A line above everything, or empty.</summary>
    public string Title { get; init; } = "";

    /// <summary>Pictures are enlarged by the largest whole factor that keeps the widest at most this wide. Above 0.</summary>
    public int CellWidth
    {
        get;
        init =>
            field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(CellWidth), value, "a cell is at least 1 pixel wide");
    } = 256;

    /// <summary>Adds a row.</summary>
    /// <param name="caption">Stands to the left; lines are separated by "\n".</param>
    /// <param name="cells">A cell for each column.</param>
    /// <exception cref="ArgumentException">There are not as many cells as columns.</exception>
    public void AddRow(string caption, params IEnumerable<PictureCell> cells)
    {
        ArgumentNullException.ThrowIfNull(caption);
        ArgumentNullException.ThrowIfNull(cells);
        PictureCell[] row = [.. cells];
        if (row.Length != _columns.Length)
            throw new ArgumentException($"a row of this grid has {_columns.Length} cells, not {row.Length}", nameof(cells));
        _rows.Add((caption.Split('\n'), row));
    }

    /// <summary>Adds the classes of a task and their colours below the pictures; of a task without classes nothing.</summary>
    /// <param name="task">The task.</param>
    public void AddLegend(VisionTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (task.Kind.ClassNames(task) is not { Count: > 0 } names)
            return;
        foreach ((string name, Rgb color) in names.Zip(ClassPalette.For(names)).Append(("no label", Rgb.Black)))
            _legend.Add((name, TextHeight, _ => color));
    }

    /// <summary>
    /// Adds what the colours of all tasks stand for below the pictures, kind by kind, as their <see cref="LabelPainter"/> says it.
    /// </summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="ranges">For each task what the ends of its colours stand for in all pictures, or null.</param>
    /// <exception cref="ArgumentException">There are not as many ranges as tasks.</exception>
    public void AddLegend(TaskSet tasks, IReadOnlyList<ValueRange?> ranges)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(ranges);
        if (ranges.Count != tasks.Count)
            throw new ArgumentException($"{tasks.Count} tasks have as many ranges, not {ranges.Count}", nameof(ranges));
        IEnumerable<PaintedTask> painted = tasks.Select((task, t) => new PaintedTask(task, ranges[t]));
        foreach (IGrouping<TaskKind, PaintedTask> kind in painted.GroupBy(p => p.Task.Kind).OrderBy(k => k.Key.Order))
            LabelPainter.Of(kind.Key).AddLegend(this, [.. kind]);
    }

    /// <summary>Adds a bar of colours and what its ends stand for below the pictures.</summary>
    /// <param name="text">Stands behind the bar, such as "depth: 0.5 to 9.8 m".</param>
    /// <param name="colors">The colour of 0 (the bar's left end) to 1, such as <see cref="Colormap.Viridis"/>.</param>
    public void AddLegend(string text, Func<double, Rgb> colors)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(colors);
        _legend.Add((text, BarWidth, colors));
    }

    /// <summary>Draws the grid.</summary>
    /// <exception cref="InvalidOperationException">It has no rows.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It would be larger than a picture can be.</exception>
    public RgbImage Render()
    {
        if (_rows.Count == 0)
            throw new InvalidOperationException("the grid has no rows");
        (int pictureWidth, int pictureHeight) = LargestPicture();
        int scale = Math.Max(1, CellWidth / pictureWidth);
        int cellWidth = pictureWidth * scale,
            cellHeight = pictureHeight * scale;
        int captionWidth = _rows.Max(r => r.Caption.Max(line => BitmapFont.Measure(line, TextScale)));
        int left = Margin + (captionWidth == 0 ? 0 : captionWidth + Gap);
        int width = left + _columns.Length * (cellWidth + Gap) - Gap + Margin;
        int top = Margin + (Title.Length == 0 ? 0 : LineHeight + Gap) + LineHeight;
        int rowHeight = Math.Max(cellHeight, _rows.Max(r => r.Caption.Length) * LineHeight) + Gap;
        List<(int X, int Line)> legend = PlaceLegend(width);
        int legendHeight = legend.Count == 0 ? 0 : Gap + (legend[^1].Line + 1) * LineHeight;

        RgbImage canvas = RgbImage.Create(top + _rows.Count * rowHeight - Gap + legendHeight + Margin, width);
        canvas.Data.Fill(255);
        Text(canvas, Margin, Margin, Title, width - 2 * Margin);
        for (int c = 0; c < _columns.Length; c++)
            Text(canvas, left + c * (cellWidth + Gap), top - LineHeight, _columns[c], cellWidth);
        for (int r = 0; r < _rows.Count; r++)
        {
            int y = top + r * rowHeight;
            for (int line = 0; line < _rows[r].Caption.Length; line++)
                Text(canvas, Margin, y + line * LineHeight, _rows[r].Caption[line], captionWidth);
            for (int c = 0; c < _columns.Length; c++)
                DrawCell(canvas, _rows[r].Cells[c], y, left + c * (cellWidth + Gap), cellHeight, cellWidth, scale);
        }
        int legendTop = top + _rows.Count * rowHeight + Gap;
        for (int i = 0; i < legend.Count; i++)
        {
            int y = legendTop + legend[i].Line * LineHeight;
            (string text, int swatch, Func<double, Rgb> colors) = _legend[i];
            canvas.Fill(y, legend[i].X, TextHeight, swatch, _text);
            for (int x = 1; x < swatch - 1; x++)
                canvas.Fill(y + 1, legend[i].X + x, TextHeight - 2, 1, colors((x - 1) / (swatch - 3.0)));
            Text(canvas, legend[i].X + swatch + Gap, y, text, width);
        }
        return canvas;
    }

    /// <summary>Draws the grid and writes it as a PNG file, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void SavePng(string path) => Render().SavePng(path);

    private (int Width, int Height) LargestPicture()
    {
        (int width, int height) = (0, 0);
        foreach (PictureCell cell in _rows.SelectMany(r => r.Cells))
        {
            width = Math.Max(width, cell.Picture?.Width ?? 0);
            height = Math.Max(height, cell.Picture?.Height ?? 0);
        }
        return width == 0 ? (CellWidth, CellWidth / 2) : (width, height);
    }

    private List<(int X, int Line)> PlaceLegend(int width)
    {
        List<(int X, int Line)> places = [];
        (int x, int line) = (Margin, 0);
        foreach ((string text, int swatch, _) in _legend)
        {
            int item = swatch + Gap + BitmapFont.Measure(text, TextScale);
            if (x > Margin && x + item > width - Margin)
                (x, line) = (Margin, line + 1);
            places.Add((x, line));
            x += item + 3 * Gap;
        }
        return places;
    }

    private static void DrawCell(RgbImage canvas, PictureCell cell, int top, int left, int height, int width, int scale)
    {
        if (cell.Picture is RgbImage picture)
        {
            canvas.Draw(picture, top, left, scale);
            WordPanel.Draw(canvas, top, left, picture.Height * scale, picture.Width * scale, cell.Words, TextScale);
            return;
        }
        if (cell.Note is not string note)
            return;
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
                canvas[top + row, left + column] = (row + column) / 6 % 2 == 0 ? _hatchLight : _hatchDark;
        }
        int textWidth = Math.Min(BitmapFont.Measure(note, TextScale), Math.Max(width - 2 * Gap, 0));
        int textX = left + (width - textWidth) / 2,
            textY = top + (height - TextHeight) / 2;
        canvas.Fill(textY - Gap, textX - Gap, TextHeight + 2 * Gap, textWidth + 2 * Gap, _hatchLight);
        Text(canvas, textX, textY, note, textWidth);
    }

    // Text that is too wide is set smaller, then cut.
    private static void Text(RgbImage canvas, int x, int y, string text, int width)
    {
        int scale = BitmapFont.Measure(text, TextScale) <= width ? TextScale : 1;
        int center = (TextHeight - BitmapFont.GlyphHeight * scale) / 2;
        BitmapFont.Draw(canvas, x, y + center, BitmapFont.Fit(text, width, scale), _text, scale);
    }
}
