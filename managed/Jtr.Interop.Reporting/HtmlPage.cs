using System.Globalization;
using System.Net;
using System.Text;

namespace Jtr.Interop.Reporting;

/// <summary>A page of HTML that needs no other file and no network: style, curves and pictures are inside.</summary>
internal sealed class HtmlPage(string title)
{
    /// <summary>Colours of curves, told apart by colour-blind eyes too; and how many there are.</summary>
    public const int Colors = 8;

    private const string Style = """
        :root { color-scheme: light dark; --paper: #fcfcfb; --ink: #1c1d1f; --soft: #62656b; --rule: #e3e4e6; --card: #ffffff;
          --c0: #2563b8; --c1: #d9730d; --c2: #1f8a5f; --c3: #b83280; --c4: #7257c9; --c5: #8a6d1b; --c6: #0e8298; --c7: #c03b3b; }
        @media (prefers-color-scheme: dark) { :root { --paper: #17181a; --ink: #ececee; --soft: #a0a4ab; --rule: #34363a; --card: #1f2023;
          --c0: #6ea8f5; --c1: #f2a154; --c2: #56c596; --c3: #ec82bd; --c4: #ab98f2; --c5: #d6b85a; --c6: #58c3d8; --c7: #f08080; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
        h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
        h2 { font-size: 18px; margin: 40px 0 12px; font-weight: 650; }
        p.lead { color: var(--soft); margin: 0 0 20px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; }
        .tile { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
        .tile b { display: block; font-size: 22px; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums;
          overflow-wrap: anywhere; }
        .tile span { color: var(--soft); font-size: 13px; }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr)); gap: 16px; }
        figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 14px 10px; }
        figcaption { font-weight: 600; margin-bottom: 6px; }
        .chart > svg { display: block; width: 100%; height: auto; }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; } .end { text-anchor: end; }
          .middle { text-anchor: middle; }
        path { fill: none; stroke-linejoin: round; stroke-linecap: round; } path.line { stroke-width: 2; } path.raw { stroke-width: 1;
          opacity: .3; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); } .legend i { display: inline-block;
          width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: middle; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; min-width: 50%; background: var(--card);
          font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 6px 14px; border-bottom: 1px solid var(--rule); vertical-align: top; } th { font-weight: 600;
          color: var(--soft); font-size: 13px; white-space: nowrap; }
        .bars { max-width: 900px; } .bars svg { display: block; width: 100%; height: auto; } .name { fill: var(--ink); font-size: 14px; }
          .zero, .deviation { stroke: var(--ink); } .deviation { stroke-width: 2; }
        p.note { color: var(--soft); font-size: 13px; margin: 8px 0 0; max-width: 80ch; }
        td.number, th.number { text-align: right; } td { overflow-wrap: anywhere; }
        img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
        """;

    private readonly StringBuilder _body = new();

    /// <summary>A line below the title.</summary>
    public HtmlPage Lead(string text) => Append($"<p class=\"lead\">{Text(text)}</p>\n");

    /// <summary>The title of what follows.</summary>
    public HtmlPage Section(string text) => Append($"<h2>{Text(text)}</h2>\n");

    /// <summary>Large numbers with a word each.</summary>
    public HtmlPage Tiles(IEnumerable<(string Name, string Value)> tiles) =>
        Append(
            "<div class=\"tiles\">\n"
                + string.Concat(tiles.Select(t => $"<div class=\"tile\"><b>{Text(t.Value)}</b><span>{Text(t.Name)}</span></div>\n"))
                + "</div>\n"
        );

    /// <summary>Curves side by side; none without points.</summary>
    public HtmlPage Charts(IEnumerable<LineChart> charts) =>
        Append($"<div class=\"charts\">\n{string.Concat(charts.Select(c => c.ToHtml()))}</div>\n");

    /// <summary>Bars.</summary>
    public HtmlPage Bars(BarChart chart) => Append(chart.ToHtml());

    /// <summary>A remark on what stands above.</summary>
    public HtmlPage Note(string text) => Append($"<p class=\"note\">{Text(text)}</p>\n");

    /// <summary>A table.</summary>
    /// <param name="cells">Lines of equally many cells; the first is the heading.</param>
    public HtmlPage Table(IReadOnlyList<IReadOnlyList<string>> cells)
    {
        bool[] isNumber =
        [
            .. cells[0]
                .Select(
                    (_, c) =>
                        cells.Count > 1
                        && cells.Skip(1).All(l => l[c].Length == 0 || IsNumber(l[c]))
                        && cells.Skip(1).Any(l => l[c].Length > 0)
                ),
        ];
        Append("<div class=\"scroll\"><table>\n");
        for (int l = 0; l < cells.Count; l++)
        {
            string kind = l == 0 ? "th" : "td";
            Append("<tr>");
            for (int c = 0; c < cells[l].Count; c++)
                Append($"<{kind}{(isNumber[c] ? " class=\"number\"" : "")}>{Text(cells[l][c])}</{kind}>");
            Append("</tr>\n");
        }
        return Append("</table></div>\n");
    }

    /// <summary>Names and values.</summary>
    public HtmlPage Facts(IEnumerable<(string Name, string Value)> facts) =>
        Append(
            "<div class=\"scroll\"><table>\n"
                + string.Concat(facts.Select(f => $"<tr><th>{Text(f.Name)}</th><td>{Text(f.Value)}</td></tr>\n"))
                + "</table></div>\n"
        );

    /// <summary>A picture.</summary>
    /// <param name="png">The bytes of a PNG file.</param>
    /// <param name="caption">What it shows.</param>
    public HtmlPage Picture(ReadOnlySpan<byte> png, string caption) =>
        Append(
            $"<figure><figcaption>{Text(caption)}</figcaption><img alt=\"{Text(caption)}\" "
                + $"src=\"data:image/png;base64,{Convert.ToBase64String(png)}\"></figure>\n"
        );

    /// <summary>The whole page.</summary>
    public override string ToString()
    {
        StringBuilder colors = new();
        for (int c = 0; c < Colors; c++)
            colors.Append(
                CultureInfo.InvariantCulture,
                $"path.c{c} {{ stroke: var(--c{c}); }} circle.c{c}, "
                    + $"rect.c{c} {{ fill: var(--c{c}); }} i.c{c} {{ background: var(--c{c}); }}\n"
            );
        return $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
            + $"initial-scale=1\"><title>{Text(title)}</title>\n"
            + $"<style>\n{Style}\n{colors}</style></head>\n<body><main>\n<h1>{Text(title)}</h1>\n{_body}</main></body></html>\n";
    }

    /// <summary>HTML as it is.</summary>
    public HtmlPage Raw(string html) => Append(html + "\n");

    private HtmlPage Append(string html)
    {
        _body.Append(html);
        return this;
    }

    private static bool IsNumber(string text) =>
        text is "-"
        || double.TryParse(
            text.Split(" ± ")[0].TrimEnd('%', ' '),
            NumberStyles.Float | NumberStyles.AllowThousands,
            CultureInfo.InvariantCulture,
            out _
        );

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
