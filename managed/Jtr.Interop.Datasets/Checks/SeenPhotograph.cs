namespace Jtr.Interop.Datasets.Checks;

/// <summary>A photograph that checks look at.</summary>
/// <param name="IsTest">Whether it is of the data to score on.</param>
/// <param name="Path">Its file.</param>
/// <param name="Fingerprint">A number that resembles that of a photograph which looks the same; null for one without contrast.</param>
internal sealed record SeenPhotograph(bool IsTest, string Path, ulong? Fingerprint);
