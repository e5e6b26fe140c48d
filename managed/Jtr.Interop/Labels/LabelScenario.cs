namespace Jtr.Interop.Labels;

/// <summary>
/// Which of the labels that exist training may see (Li, Liu, Bilen, CVPR 2022). The benchmarks hide labels of fully labelled
/// sets this way; real, partially labelled data is taken <see cref="AsFound"/>.
/// </summary>
public enum LabelScenario
{
    /// <summary>Every label that exists.</summary>
    AsFound = 0,

    /// <summary>Every label, and a sample that lacks one is an error.</summary>
    Full = 1,

    /// <summary>Exactly one label a sample, uniform over those that exist.</summary>
    OneLabel = 2,

    /// <summary>
    /// A number of labels uniform in 1..K-1, then that many labels uniformly, K being the number of labels that exist
    /// (a sample with one label keeps it).
    /// </summary>
    RandomLabels = 3,

    /// <summary>Every label that exists with probability 1/2; a sample may end up with none.</summary>
    HalfLabels = 4,
}
