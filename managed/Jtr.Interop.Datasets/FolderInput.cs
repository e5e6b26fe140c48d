using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets;

/// <summary>An input beside the photograph, as a <see cref="FolderDataset"/> reads it.</summary>
/// <remarks>
/// Planes lie in a folder of their own, a file for each photograph, of its name and size: PNG of 8 or 16 bits, or <c>.npy</c>. Vectors are
/// the rows of a table, <c>NAME.csv</c>, or <c>.npy</c> files in a folder. A missing file, row or empty cell is a missing input.
/// </remarks>
public sealed record FolderInput
{
    /// <summary>What the network is told of it.</summary>
    public required InputSpec Spec { get; init; }

    /// <summary>Its folder in the data set's, or null: the input's name.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// What whole numbers of a file are multiplied by, above 0, as 0.001 for millimetres; null: 1 over the largest (255 or 65,535) of
    /// images, so that they become 0 to 1, and 1 of other whole numbers. Floating-point numbers are taken as they are.
    /// </summary>
    public double? Scale { get; init; }

    /// <summary>The number in a file, before the scale, that says that a pixel has no value; it becomes the mean. Null: none.</summary>
    public double? VoidValue { get; init; }
}
