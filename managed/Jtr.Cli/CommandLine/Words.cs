using Jtr.Cli.Commands;
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

    public static IReadOnlyList<(string Word, JointTaskMode Value)> Modes { get; } =
    [("published", JointTaskMode.Published), ("corrected", JointTaskMode.Corrected)];

    public static IReadOnlyList<(string Word, Precision Value)> Precisions { get; } =
    [("float32", Precision.Float32), ("float64", Precision.Float64), ("bfloat16", Precision.BFloat16)];

    public static IReadOnlyList<(string Word, Recomputation Value)> Recomputations { get; } =
    [("norms", Recomputation.Norms), ("stages", Recomputation.Stages), ("none", Recomputation.None)];

    public static IReadOnlyList<(string Word, FlipMode Value)> Flips { get; } =
    [("none", FlipMode.None), ("all", FlipMode.EveryView), ("published", FlipMode.Published)];

    public static IReadOnlyList<(string Word, LearningRateSchedule Value)> Schedules { get; } =
    [("constant", LearningRateSchedule.Constant), ("step", LearningRateSchedule.Step), ("cosine", LearningRateSchedule.Cosine)];

    public static IReadOnlyList<(string Word, BackboneStage Value)> BackboneStages { get; } =
    [
        ("none", BackboneStage.None),
        ("stem", BackboneStage.Stem),
        ("stage1", BackboneStage.Stage1),
        ("stage2", BackboneStage.Stage2),
        ("stage3", BackboneStage.Stage3),
        ("stage4", BackboneStage.Stage4),
    ];

    public static IReadOnlyList<(string Word, InputFusion Value)> Fusions { get; } =
    [("early", InputFusion.Early), ("sum", InputFusion.Sum), ("concat", InputFusion.Concat), ("gate", InputFusion.Gate)];

    public static IReadOnlyList<(string Word, TeacherTarget Value)> TeacherTargets { get; } =
    [("soft", TeacherTarget.Soft), ("hard", TeacherTarget.Hard)];

    public static IReadOnlyList<(string Word, TeacherSelection Value)> TeacherSelections { get; } =
    [("adaptive", TeacherSelection.Adaptive), ("fixed", TeacherSelection.Fixed), ("all", TeacherSelection.All)];

    public static IReadOnlyList<(string Word, CityscapesDepth Value)> CityscapesDepths { get; } =
    [("inverse", CityscapesDepth.Inverse), ("metric", CityscapesDepth.Metric), ("none", CityscapesDepth.None)];

    /// <summary>The value of a word, or null for null.</summary>
    /// <exception cref="InvalidOperationException">It is none of the words.</exception>
    public static T? Value<T>(IReadOnlyList<(string Word, T Value)> words, string? word)
        where T : struct => word is null ? null : words.First(w => string.Equals(w.Word, word, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The word of a value.</summary>
    public static string Of<T>(IReadOnlyList<(string Word, T Value)> words, T value)
        where T : struct => words.First(w => w.Value.Equals(value)).Word;
}
