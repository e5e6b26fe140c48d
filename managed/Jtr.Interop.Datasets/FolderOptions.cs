using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>How a <see cref="FolderDataset"/> is read.</summary>
public sealed record FolderOptions
{
    /// <summary>
    /// Rows that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public required int Height { get; init; }

    /// <summary>
    /// Columns that every sample is resized to, 1 to 8,192; a trainer may want multiples (<see cref="Training.Trainer.Stride"/>).
    /// </summary>
    public required int Width { get; init; }

    /// <summary>The folder of photographs, where it does not lie in the data set's own; null: it does.</summary>
    public string? Photographs { get; init; }

    /// <summary>
    /// The tasks, each named as its folder; or null to take them from <c>tasks.json</c> or, without such a file, from the
    /// names of the folders. Give the training set's tasks to the test set, so that both have the same classes.
    /// </summary>
    public IReadOnlyList<VisionTask>? Tasks { get; init; }

    /// <summary>
    /// How photographs are stored; or null to take it from <c>tasks.json</c>, else colors. Give the training set's to the test set.
    /// </summary>
    public FolderImage? Image { get; init; }

    /// <summary>
    /// What samples have beside the photograph; or null to take it from <c>tasks.json</c>. Give the training set's to the test set.
    /// </summary>
    public IReadOnlyList<FolderInput>? Inputs { get; init; }

    /// <summary>The class id that says "no label at this pixel"; null for what tasks.json says, else 255.</summary>
    public int? VoidId { get; init; }

    /// <summary>
    /// Metres of one unit of a whole-number depth file (PNG, integer .npy), above 0; null for what tasks.json says, else
    /// 0.001. Floating-point .npy files hold metres.
    /// </summary>
    public double? DepthScale { get; init; }

    /// <summary>
    /// Whether samples, once read and resized, stay in memory (losslessly: it changes no value); null: when all of them
    /// take less than 1 GiB.
    /// </summary>
    public bool? CacheInMemory { get; init; }

    /// <summary>
    /// Whether label files that cannot be read are passed over, and noted in <see cref="FolderDataset.Problems"/>, while classes and
    /// channels are counted to find the tasks; otherwise they are errors. (To read their samples is an error either way: see
    /// <see cref="SkipBadDataset"/>.)
    /// </summary>
    public bool PassOverDamaged { get; init; }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names property and range.</exception>
    public void Validate()
    {
        SampleSize.Check(nameof(Height), Height);
        SampleSize.Check(nameof(Width), Width);
        if (DepthScale is { } scale && !(scale > 0 && double.IsFinite(scale)))
            throw new ArgumentOutOfRangeException(
                nameof(DepthScale),
                scale.ToString(CultureInfo.InvariantCulture),
                $"{nameof(DepthScale)} has to be a finite number above 0"
            );
        Image?.Validate();
        if (Tasks is { Count: 0 })
            throw new ArgumentException($"{nameof(Tasks)} is empty; null finds the tasks in the folder", nameof(Tasks));
    }
}

/// <summary>Something about a folder that is not as one would expect, but does not keep it from being read.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Message">What is the matter.</param>
public sealed record FolderProblem(string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Message}";

    /// <summary>What an exception about a file says. (The message of a format error begins with its path.)</summary>
    internal static FolderProblem Of(string path, Exception e) =>
        new(path, e.Message.StartsWith(path + ": ", StringComparison.Ordinal) ? e.Message[(path.Length + 2)..] : e.Message);
}
