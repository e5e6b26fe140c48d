namespace Jtr.Interop.Evaluation;

/// <summary>One score of a task.</summary>
/// <param name="Name">Its name, as in a table's heading, such as "mIoU".</param>
/// <param name="Value">The score; NaN when the data had no valid pixel.</param>
/// <param name="Unit">Its unit: "%", "deg", "m", or empty for a plain number.</param>
/// <param name="HigherIsBetter">Whether a larger value is the better one.</param>
/// <param name="IsHeadline">Whether this is the task's one score that enters Delta %.</param>
public readonly record struct MetricValue(string Name, double Value, string Unit, bool HigherIsBetter, bool IsHeadline);
