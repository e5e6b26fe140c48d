using System.Text;

namespace Jtr.Interop.Evaluation;

/// <summary>Aligns cells of text in columns.</summary>
public static class TextTable
{
    /// <summary>A table with a rule below its first line; lines end in "\n" and have no trailing blanks.</summary>
    /// <param name="lines">Cells, equally many in each line; the first line is the heading.</param>
    /// <param name="rightAligned">Columns of numbers.</param>
    /// <exception cref="ArgumentException">There is no line.</exception>
    public static string Format(IReadOnlyList<string[]> lines, params ReadOnlySpan<int> rightAligned)
    {
        ArgumentNullException.ThrowIfNull(lines);
        if (lines.Count == 0)
            throw new ArgumentException("a table has at least a heading", nameof(lines));
        int columns = lines[0].Length;
        int[] widths = new int[columns];
        foreach (string[] line in lines)
        {
            for (int c = 0; c < columns; c++)
                widths[c] = Math.Max(widths[c], line[c].Length);
        }
        StringBuilder text = new();
        for (int l = 0; l < lines.Count; l++)
        {
            for (int c = 0; c < columns; c++)
            {
                if (c > 0)
                    text.Append("  ");
                text.Append(rightAligned.Contains(c) ? lines[l][c].PadLeft(widths[c]) : lines[l][c].PadRight(widths[c]));
            }
            while (text[^1] == ' ')
                text.Length--;
            text.Append('\n');
            if (l == 0)
                text.Append('-', widths.Sum() + 2 * (columns - 1)).Append('\n');
        }
        return text.ToString();
    }
}
