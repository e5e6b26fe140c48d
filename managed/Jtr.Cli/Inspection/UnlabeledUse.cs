using Jtr.Interop.Training;

namespace Jtr.Cli.Inspection;

/// <summary>What training methods do with photographs that have no label at all.</summary>
internal static class UnlabeledUse
{
    private const string Nothing = "teaches nothing with them: each needs a label for one task at least";

    private static readonly Dictionary<string, string> _methods = new(StringComparer.Ordinal)
    {
        // The first that a name such as "jtr+teacher" has is told.
        ["teacher"] = "uses them: the average of its weights says what to predict for them",
        ["consistency"] = "uses them: its predictions of two views have to agree",
        ["supervised"] = Nothing,
        ["supervised+"] = Nothing,
        ["single_task"] = Nothing,
        ["direct_map"] = Nothing,
        ["perceptual_map"] = Nothing,
        ["mtpsl"] = Nothing,
        ["jtr"] = "gains next to nothing from them: it compares predictions with labels of the same photograph",
    };

    /// <summary>A sentence about a method, or null where it is not known.</summary>
    public static string? Of(string method)
    {
        string[] parts = [.. JtrRuntime.FindMethod(method)?.Parts.Select(m => m.Name) ?? []];
        return _methods.Keys.FirstOrDefault(parts.Contains) is { } told ? $"The method {method} {_methods[told]}" : null;
    }
}
