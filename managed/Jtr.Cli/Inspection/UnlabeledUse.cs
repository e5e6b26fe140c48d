namespace Jtr.Cli.Inspection;

/// <summary>What training methods do with photographs that have no label at all.</summary>
internal static class UnlabeledUse
{
    private const string Nothing = "teaches nothing with them: each needs a label for one task at least";

    private static readonly Dictionary<string, string> _methods = new(StringComparer.Ordinal)
    {
        ["supervised"] = Nothing,
        ["single_task"] = Nothing,
        ["direct_map"] = Nothing,
        ["perceptual_map"] = Nothing,
        ["mtpsl"] = Nothing,
        ["jtr"] = "gains next to nothing from them: it compares predictions with labels of the same photograph",
        ["consistency"] = "uses them: its predictions of two views have to agree",
    };

    /// <summary>A sentence about a method, or null where it is not known.</summary>
    public static string? Of(string method) => _methods.TryGetValue(method, out string? use) ? $"The method {method} {use}" : null;
}
