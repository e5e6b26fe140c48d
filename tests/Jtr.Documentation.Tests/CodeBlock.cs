namespace Jtr.Documentation.Tests;

/// <summary>A block of code of a page, and the remark before it: an HTML comment, which readers do not see.</summary>
/// <param name="Page">Path of the page in the checkout.</param>
/// <param name="Line">Where the code begins, from 1.</param>
/// <param name="Language">What stands behind the three ticks.</param>
/// <param name="Text">The code.</param>
/// <param name="Remark">The comment, such as "runs: a pattern" or "not run: a reason"; may be empty.</param>
internal sealed record CodeBlock(string Page, int Line, string Language, string Text, string Remark)
{
    /// <summary>The pages that people read: not the generated ones, whose code is declarations.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        "README.md",
        .. Directory
            .GetFiles(Path.Combine(Repository.Root, "managed"), "PACKAGE.md", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f))
            .Where(f => !f.Split('/').Contains("bin") && !f.Split('/').Contains("obj"))
            .Order(StringComparer.Ordinal),
        .. Directory
            .GetFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Select(f => "docs/" + Path.GetFileName(f))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The blocks of all pages.</summary>
    public static IReadOnlyList<CodeBlock> All { get; } = [.. Pages.SelectMany(Read)];

    /// <summary>What follows a key in the remark; null where the remark is another.</summary>
    public string? After(string key) => Remark.StartsWith(key + ": ", StringComparison.Ordinal) ? Remark[(key.Length + 2)..] : null;

    /// <summary>Whether it is a file of a project of its own, which is built with the rest.</summary>
    public bool IsBuiltByItself => After("from")?.StartsWith("docs/examples/", StringComparison.Ordinal) == true;

    /// <inheritdoc/>
    public override string ToString() => $"{Page}:{Line}";

    private static IEnumerable<CodeBlock> Read(string page)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, page));
        string remark = "";
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("<!-- ", StringComparison.Ordinal) && lines[i].EndsWith(" -->", StringComparison.Ordinal))
                remark = lines[i][5..^4];
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
                continue;
            int end = Array.IndexOf(lines, "```", i + 1);
            if (end < 0)
                throw new InvalidDataException($"{page}:{i + 1}: a block without an end");
            yield return new CodeBlock(page, i + 2, lines[i][3..], string.Join('\n', lines[(i + 1)..end]) + "\n", remark);
            (i, remark) = (end, "");
        }
    }
}
