using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Native;

namespace Jtr.Interop.Training;

/// <summary>Which pixels the method "teacher" teaches a class to.</summary>
public enum TeacherSelection
{
    /// <summary>
    /// Those above a threshold of their class, which follows what the teacher is sure of (FreeMatch, Wang et al., ICLR 2023).
    /// </summary>
    Adaptive,

    /// <summary>Those whose class is at least as probable as <see cref="TeacherOptions.Threshold"/>.</summary>
    Fixed,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>What the method "teacher" takes for the target of a class.</summary>
public enum TeacherTarget
{
    /// <summary>The teacher's probabilities.</summary>
    Soft,

    /// <summary>Its most probable class.</summary>
    Hard,
}

/// <summary>
/// The method "teacher": where a sample is not labelled for a task, the average of the network's weights says what to predict (Tarvainen
/// and Valpola, NIPS 2017; FixMatch, Sohn et al., NeurIPS 2020). The teacher sees the sample as it is labelled, the network sees the same
/// window strongly changed. What is null keeps the library's default, which <see cref="JtrRuntime.OptionsSchema"/> tells with its range;
/// ranges are checked when the trainer is made.
/// </summary>
public sealed record TeacherOptions : IMethodOptions
{
    /// <summary>Weight of the term, 0 or more.</summary>
    public double? Weight { get; init; }

    /// <summary>What the weight is multiplied by for tasks without classes: depth, normals, maps.</summary>
    public double? ValueWeight { get; init; }

    /// <summary>Steps over which the weight rises; 0: it is constant.</summary>
    public long? RampUpSteps { get; init; }

    /// <summary>The target of a class.</summary>
    public TeacherTarget? Target { get; init; }

    /// <summary>What the teacher's logits of classes are divided by, above 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>Pixels whose class is taught.</summary>
    public TeacherSelection? Selection { get; init; }

    /// <summary>Least probability of a class that is taught, 0 to 1, with <see cref="TeacherSelection.Fixed"/>.</summary>
    public double? Threshold { get; init; }

    /// <summary>Momentum of the moving averages that confidence is measured by, 0 to below 1.</summary>
    public double? Momentum { get; init; }

    /// <summary>
    /// Whether the teacher also sees the mirror image: its target is the mean of both, and where they differ values count less.
    /// </summary>
    public bool? Mirror { get; init; }

    /// <summary>Whether all that is taught of a task counts at most as much as its labels, however few these are.</summary>
    public bool? AsLabels { get; init; }

    /// <summary>How far brightness, contrast and saturation of the network's view change, 0 to 1.</summary>
    public double? Color { get; init; }

    /// <summary>How often the network's view is gray, 0 to 1.</summary>
    [JsonPropertyName("grey")] // as checkpoints and libjtr call it
    public double? Gray { get; init; }

    /// <summary>How often it is blurred, 0 to 1.</summary>
    public double? Blur { get; init; }

    /// <summary>How often a box of it is gray, where nothing is learned, 0 to 1 (DeVries and Taylor 2017).</summary>
    public double? CutOut { get; init; }

    /// <summary>How often a box of it shows another sample, and its target, 0 to 1 (CutMix, Yun et al., ICCV 2019).</summary>
    public double? CutMix { get; init; }

    JsonObject IMethodOptions.ToNative() => JsonSerializer.SerializeToNode(this, NativeJson.Default.TeacherOptions)!.AsObject();

    internal void Validate()
    {
        if (Target is { } target)
            OptionRange.Named($"{nameof(TrainerOptions.Teacher)}.{nameof(Target)}", target);
        if (Selection is { } selection)
            OptionRange.Named($"{nameof(TrainerOptions.Teacher)}.{nameof(Selection)}", selection);
    }
}
