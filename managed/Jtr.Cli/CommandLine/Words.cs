using Jtr.Cli.Commands;
using Jtr.Cli.Commands.Presets;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Labels;
using Jtr.Interop.Training;

namespace Jtr.Cli.CommandLine;

/// <summary>The words of the command line for the library's enumerations.</summary>
internal static class Words
{
    public static IReadOnlyList<(string Word, LabelScenario Value)> Scenarios { get; } =
    [
        ("asfound", LabelScenario.AsFound),
        ("onelabel", LabelScenario.OneLabel),
        ("randomlabels", LabelScenario.RandomLabels),
        ("halflabels", LabelScenario.HalfLabels),
        ("full", LabelScenario.Full),
    ];

    public static IReadOnlyList<(string Word, Preset Value)> Presets { get; } = [.. Preset.All.Select(p => (p.Name, p))];

    public static IReadOnlyList<(string Word, FlipMode Value)> Flips { get; } =
    [("none", FlipMode.None), ("all", FlipMode.EveryView), ("published", FlipMode.Published)];

    public static IReadOnlyList<(string Word, InputFusion Value)> Fusions { get; } =
    [("early", InputFusion.Early), ("sum", InputFusion.Sum), ("concat", InputFusion.Concat), ("gate", InputFusion.Gate)];

    public static IReadOnlyList<(string Word, CityscapesDepth Value)> CityscapesDepths { get; } =
    [("inverse", CityscapesDepth.Inverse), ("metric", CityscapesDepth.Metric), ("none", CityscapesDepth.None)];

    /// <summary>The value of a word, or null for null.</summary>
    /// <exception cref="InvalidOperationException">It is none of the words.</exception>
    public static T? Value<T>(IReadOnlyList<(string Word, T Value)> words, string? word)
        where T : struct => word is null ? null : words.First(w => string.Equals(w.Word, word, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The word of a value.</summary>
    public static string Of<T>(IReadOnlyList<(string Word, T Value)> words, T value)
        where T : struct => words.First(w => w.Value.Equals(value)).Word;

    /// <summary>The value of a word that is its name in any case; the first value for null.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static T Parse<T>(string? word)
        where T : struct, Enum =>
        word is null ? default
        : Enum.TryParse(word, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value
        : throw new UsageException($"there is no '{word}'; there are {string.Join(", ", Enum.GetValues<T>().Select(Of))}.");

#pragma warning disable CA1308 // Lower case is what the words have; nothing is compared.
    /// <summary>The word of a value that has its name.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => Enum.GetName(value)!.ToLowerInvariant();
#pragma warning restore CA1308
}
