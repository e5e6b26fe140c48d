namespace Jtr.Cli.Prediction.Formats;

/// <summary>The forms that there are.</summary>
internal static class PredictionFormats
{
    /// <summary>A record for each photograph.</summary>
    public const string Json = "json";

    /// <summary>A line for each photograph and task.</summary>
    public const string Csv = "csv";

    /// <summary>Files for each photograph and task.</summary>
    public static IReadOnlyList<IPredictionFormat> All { get; } =
    [new IdsFormat(), new NpyFormat(), new Png16Format(), new ColorsFormat(), new OverlayFormat()];

    /// <summary>All words after --format, and what they mean.</summary>
    public static IReadOnlyList<(string Term, string Meaning)> Words { get; } =
    [
        .. All.Select(f => (f.Name, f.Meaning + $" (NAME.TASK{f.Ending})")),
        (
            Json,
            "a summary of each photograph: class shares, ranges of values, classes and tags with their probabilities, mean confidence "
                + "(NAME.json)"
        ),
        (Csv, "the same summaries in one table (predictions.csv)"),
    ];
}
