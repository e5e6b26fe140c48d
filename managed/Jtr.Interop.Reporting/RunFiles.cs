using System.Globalization;
using System.Text.Json;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Evaluation;

namespace Jtr.Interop.Reporting;

/// <summary>What the folder of a run holds; each part may be missing.</summary>
/// <param name="Name">Name of the run: of its folder.</param>
/// <param name="Progress">The losses.</param>
/// <param name="Scores">Headline scores between: step, task, metric, value.</param>
/// <param name="Result">The last scores.</param>
/// <param name="Options">Names and values of its settings.</param>
/// <param name="Environment">Names and values of its machine.</param>
/// <param name="Picture">A PNG of photographs, labels and predictions.</param>
internal sealed record RunFiles(
    string Name,
    ProgressTable? Progress,
    IReadOnlyList<(long Step, string Task, string Metric, double Value)> Scores,
    EvaluationResult? Result,
    IReadOnlyList<(string Name, string Value)> Options,
    IReadOnlyList<(string Name, string Value)> Environment,
    byte[]? Picture
)
{
    /// <summary>Reads a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    /// <exception cref="JtrFormatException">It has no file of a run, or one is damaged.</exception>
    public static RunFiles Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder '{folder}'");
        string progress = Path.Combine(folder, RunRecorder.ProgressName),
            results = Path.Combine(folder, "results.json"),
            checkpoint = Path.Combine(folder, "checkpoint.safetensors");
        string pictures = Path.Combine(folder, "predictions.png"),
            configuration = Path.Combine(folder, "config.json");
        if (!File.Exists(progress) && !File.Exists(results) && !File.Exists(checkpoint))
            throw new JtrFormatException(
                folder,
                $"is not the folder of a run: it has no {RunRecorder.ProgressName}, no results.json and no checkpoint.safetensors"
            );
        return new(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            File.Exists(progress) ? ProgressTable.Read(progress) : null,
            ReadScores(Path.Combine(folder, "history.csv")),
            File.Exists(results) ? EvaluationResult.LoadJson(results) : null,
            File.Exists(configuration) ? ReadConfiguration(configuration)
                : File.Exists(checkpoint) ? ReadOptions(CheckpointInfo.Read(checkpoint))
                : [],
            RunEnvironment.Read(folder),
            File.Exists(pictures) ? File.ReadAllBytes(pictures) : null
        );
    }

    private static List<(long, string, string, double)> ReadScores(string path)
    {
        List<(long, string, string, double)> scores = [];
        if (!File.Exists(path))
            return scores;
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            string[] cells = ProgressTable.Split(line);
            if (
                cells.Length == 4
                && long.TryParse(cells[0], NumberStyles.None, CultureInfo.InvariantCulture, out long step)
                && double.TryParse(cells[3], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            )
                scores.Add((step, cells[1], cells[2], value));
        }
        return scores;
    }

    /// <summary>The settings of 'jtr train', by the names that people write.</summary>
    private static List<(string, string)> ReadConfiguration(string path)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            List<(string, string)> options = [];
            Flatten(json.RootElement, "", options);
            return options;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JtrFormatException(path, $"is not the configuration that 'jtr train' writes: {e.Message}", innerException: e);
        }
    }

    /// <summary>The metadata of a checkpoint, JSON in them taken apart.</summary>
    private static List<(string, string)> ReadOptions(CheckpointInfo info)
    {
        List<(string, string)> options = [];
        foreach ((string key, string value) in info.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (!value.StartsWith('{'))
            {
                options.Add((key, value));
                continue;
            }
            try
            {
                using JsonDocument json = JsonDocument.Parse(value);
                Flatten(json.RootElement, key == CheckpointInfo.OptionsKey ? "" : key + ".", options);
            }
            catch (JsonException)
            {
                options.Add((key, value));
            }
        }
        return options;
    }

    /// <summary>
    /// Names and values of all that a JSON object holds, names of objects inside before a point; without what is null or empty.
    /// </summary>
    internal static void Flatten(JsonElement element, string prefix, List<(string, string)> into)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
                Flatten(property.Value, $"{prefix}{property.Name}.", into);
            else if (Plain(property.Value) is { Length: > 0 } text)
                into.Add((prefix + property.Name, text));
        }
    }

    /// <summary>A value as people write it: lists of texts and numbers without brackets.</summary>
    private static string Plain(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetRawText()
        : value.ValueKind == JsonValueKind.Array
        && value.EnumerateArray().All(e => e.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            ? string.Join(", ", value.EnumerateArray())
        : value.ToString();
}
