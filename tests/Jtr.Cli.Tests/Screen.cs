namespace Jtr.Cli.Tests;

/// <summary>A terminal of the simplest kind: what stands on it after everything was written.</summary>
internal static class Screen
{
    /// <summary>The lines, without blanks at their ends.</summary>
    /// <param name="written">All that the program wrote, control sequences included.</param>
    /// <param name="columns">Columns of a line.</param>
    public static string[] Of(string written, int columns)
    {
        List<char[]> lines = [];
        int row = 0,
            column = 0;
        for (int i = 0; i < written.Length; i++)
        {
            switch (written[i])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    row++;
                    break;
                case '\u001b' when i + 1 < written.Length && written[i + 1] == '[':
                    int end = i + 2;
                    while (end < written.Length && !char.IsAsciiLetter(written[end]))
                        end++;
                    Apply(written[(i + 2)..end], end < written.Length ? written[end] : 'm');
                    i = end;
                    break;
                case >= ' ':
                    if (column == columns)
                        (row, column) = (row + 1, 0);
                    Line(row)[column++] = written[i];
                    break;
                default:
                    break;
            }
        }
        return [.. lines.Select(l => new string(l).TrimEnd())];

        char[] Line(int at)
        {
            while (lines.Count <= at)
                lines.Add([.. Enumerable.Repeat(' ', columns)]);
            return lines[at];
        }

        void Apply(string parameters, char command)
        {
            int number = int.TryParse(parameters, out int given) ? given : 0;
            int count = Math.Max(number, 1);
            switch (command)
            {
                case 'A':
                    row = Math.Max(0, row - count);
                    break;
                case 'B':
                    row += count;
                    break;
                case 'C':
                    column = Math.Min(columns - 1, column + count);
                    break;
                case 'D':
                    column = Math.Max(0, column - count);
                    break;
                case 'G':
                    column = count - 1;
                    break;
                case 'K':
                    Line(row).AsSpan(number == 0 ? column : 0).Fill(' ');
                    break;
                case 'J':
                    Line(row).AsSpan(column).Fill(' ');
                    for (int below = row + 1; below < lines.Count; below++)
                        lines[below].AsSpan().Fill(' ');
                    break;
                default:
                    break;
            }
        }
    }
}
