using System.CommandLine;

namespace Jtr.Cli.CommandLine;

/// <summary>What a mistyped word may have meant.</summary>
internal static class Suggestion
{
    // Two slips, as in "--lerning-rtae".
    private const int MostSlips = 2;

    /// <summary>The name of an option or subcommand of a command that is nearest to a word, or null if none is near.</summary>
    public static string? For(string word, Command command)
    {
        if (UsualWords.Ours(word, command) is string ours)
            return ours;
        return Nearest(word, command.Options.Concat(GlobalOptions.All).Select(o => o.Name).Concat(command.Subcommands.Select(c => c.Name)));
    }

    /// <summary>The name that is nearest to a word, or null if none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> names)
    {
        (string? Name, int Slips) best = names.Select(n => (n, Distance(word, n))).OrderBy(n => n.Item2).FirstOrDefault();
        return best.Name is not null && best.Slips <= MostSlips && best.Slips < word.Length / 2 ? best.Name : null;
    }

    /// <summary>Letters to insert, drop, replace or swap with their neighbour to make one word the other.</summary>
    internal static int Distance(string a, string b)
    {
        int[,] slips = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    slips[i, j] = i + j;
                    continue;
                }
                int least = Math.Min(Math.Min(slips[i - 1, j], slips[i, j - 1]) + 1, slips[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                slips[i, j] = swapped ? Math.Min(least, slips[i - 2, j - 2] + 1) : least;
            }
        }
        return slips[a.Length, b.Length];
    }
}
