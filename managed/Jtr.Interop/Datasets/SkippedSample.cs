namespace Jtr.Interop.Datasets;

/// <summary>A sample that a <see cref="SkipBadDataset"/> skips.</summary>
/// <param name="Index">Its index.</param>
/// <param name="Name">Its name.</param>
/// <param name="Path">The file at fault, or empty where the error does not say.</param>
/// <param name="Message">What is wrong with it, and what was expected.</param>
public sealed record SkippedSample(int Index, string Name, string Path, string Message)
{
    /// <summary>Whether an exception is about a file that is damaged or cannot be read.</summary>
    internal static bool IsBad(Exception e) => e is JtrFormatException or IOException or UnauthorizedAccessException;

    /// <summary>A sample and what was thrown when it was read.</summary>
    internal static SkippedSample Of(int index, string name, Exception e) =>
        new(index, name, (e as JtrFormatException)?.Path ?? (e as FileNotFoundException)?.FileName ?? "", e.Message);

    /// <inheritdoc/>
    public override string ToString() => $"sample {Index} ('{Name}') is skipped: {Message}";
}
