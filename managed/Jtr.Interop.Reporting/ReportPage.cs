using System.Text;

namespace Jtr.Interop.Reporting;

/// <summary>
/// A page of HTML made of tables, curves, bars and pictures, for reports of one's own. It is one file that any browser shows, without a
/// network or another file.
/// </summary>
/// <param name="Title">Title of the page.</param>
/// <param name="Lead">A line below the title.</param>
/// <param name="Parts">What follows, in order.</param>
public sealed record ReportPage(string Title, string Lead, IReadOnlyList<ReportPart> Parts)
{
    /// <summary>Writes the page, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">A table has no heading, or lines of different lengths.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(ToHtml()));
    }

    /// <summary>The page as text.</summary>
    /// <exception cref="ArgumentException">A table has no heading, or lines of different lengths.</exception>
    public string ToHtml()
    {
        HtmlPage page = new(Title);
        page.Lead(Lead);
        foreach (ReportPart part in Parts)
        {
            page.Section(part.Title);
            part.AppendTo(page);
        }
        return page.ToString();
    }
}

/// <summary>A part of a page. One of your own is a <see cref="ReportHtml"/>, or derives from it.</summary>
/// <param name="Title">Its title.</param>
public abstract record ReportPart(string Title)
{
    /// <summary>Writes it into a page.</summary>
    internal abstract void AppendTo(HtmlPage page);
}

/// <summary>A part of your own, such as a drawing in SVG.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Html">
/// What stands below the title, as it is: text in it is escaped by you (<see cref="System.Net.WebUtility.HtmlEncode(string)"/>). Anything
/// that it refers to must be in it, for a page is one file.
/// </param>
public record ReportHtml(string Title, string Html) : ReportPart(Title)
{
    internal sealed override void AppendTo(HtmlPage page) => page.Raw(Html);
}

/// <summary>A table. Columns of numbers are set to the right.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Cells">The heading, then lines of as many cells.</param>
/// <param name="Note">What stands below it; may be empty.</param>
public sealed record ReportTable(string Title, IReadOnlyList<IReadOnlyList<string>> Cells, string Note = "") : ReportPart(Title)
{
    internal override void AppendTo(HtmlPage page)
    {
        if (Cells.Count == 0 || Cells.Any(l => l.Count != Cells[0].Count))
            throw new ArgumentException($"the table '{Title}' needs a heading, and lines of as many cells as that", nameof(page));
        page.Table(Cells);
        if (Note.Length > 0)
            page.Note(Note);
    }
}

/// <summary>Charts of curves, side by side.</summary>
/// <param name="Title">Title of the part.</param>
/// <param name="Charts">The charts; one without points is left out.</param>
public sealed record ReportCurves(string Title, IReadOnlyList<ReportChart> Charts) : ReportPart(Title)
{
    internal override void AppendTo(HtmlPage page) =>
        page.Charts(
            Charts.Select(c => new LineChart(
                c.Title,
                [.. c.Curves.Select((curve, i) => new LineSeries(curve.Name, curve.Points, i % HtmlPage.Colors))],
                IsSmooth: true,
                c.XLabel
            ))
        );
}

/// <summary>Curves in one chart.</summary>
/// <param name="Title">What they show.</param>
/// <param name="XLabel">What is along the bottom, such as "step".</param>
/// <param name="Curves">The curves. The first of each chart of a page has the same colour, and so on.</param>
public sealed record ReportChart(string Title, string XLabel, IReadOnlyList<ReportCurve> Curves);

/// <summary>A curve.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points in order of X; those that are not finite are left out.</param>
public sealed record ReportCurve(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Bars from zero, one below the other, to the right where a value is positive.</summary>
/// <param name="Title">Title of the part.</param>
/// <param name="Bars">The bars; one whose value is not finite is left out.</param>
/// <param name="Note">What stands below them; may be empty.</param>
public sealed record ReportBars(string Title, IReadOnlyList<ReportBar> Bars, string Note = "") : ReportPart(Title)
{
    internal override void AppendTo(HtmlPage page)
    {
        page.Bars(new BarChart(Title, Bars));
        if (Note.Length > 0)
            page.Note(Note);
    }
}

/// <summary>A bar.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its length.</param>
/// <param name="Deviation">Drawn to both sides of its end; 0 or NaN: not drawn.</param>
/// <param name="Label">How the value is written.</param>
public sealed record ReportBar(string Name, double Value, double Deviation, string Label);

/// <summary>A picture.</summary>
/// <param name="Title">Title of the part.</param>
/// <param name="Png">The bytes of a PNG file.</param>
/// <param name="Caption">What it shows.</param>
public sealed record ReportPicture(string Title, ReadOnlyMemory<byte> Png, string Caption) : ReportPart(Title)
{
    internal override void AppendTo(HtmlPage page) => page.Picture(Png.Span, Caption);
}
