namespace Jtr.Cli.CommandLine;

/// <summary>Breaks text into lines.</summary>
internal static class TextWrap
{
    /// <summary>Lines of at most a width, broken at blanks and line ends; a longer word has a line to itself.</summary>
    public static IReadOnlyList<string> Lines(string text, int width) => [.. text.Split('\n').SelectMany(line => Broken(line, width))];

    private static List<string> Broken(string text, int width)
    {
        List<string> lines = [];
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = "";
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        lines.Add(line);
        return lines;
    }
}
