using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Cli.Commands;
using Jtr.Cli.Output;
using Jtr.Interop;

namespace Jtr.Cli.Comparison;

/// <summary>
/// What all runs of a comparison have in common, kept in its folder, so that a second start cannot mix runs of different settings.
/// </summary>
internal sealed record ComparisonPlan
{
    private const string FileName = "plan.json";

    /// <summary>The settings; method, mode and seed are each run's own.</summary>
    public required TrainSettings Settings { get; init; }

    /// <summary>Steps between two scores.</summary>
    public required long EvalEvery { get; init; }

    /// <summary>How choices are made before; null: there are none.</summary>
    public TuningPlan? Tuning { get; init; }

    /// <summary>Whether a folder, or one below it, holds the plan of a comparison without a preset.</summary>
    /// <param name="folder">The comparison's folder.</param>
    public static bool IsWithoutPreset(string folder) =>
        Directory.Exists(folder)
        && Directory.GetDirectories(folder).Prepend(folder).Select(f => Path.Combine(f, FileName)).FirstOrDefault(File.Exists) is { } path
        && Read(path).Settings.Configuration.Training.Preset is null;

    /// <summary>Writes the plan into the comparison's folder, or checks that the one that is there is the same.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="UsageException">The folder holds a comparison with other settings.</exception>
    /// <exception cref="JtrFormatException">The folder's plan is damaged.</exception>
    public void Settle(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            WholeFile.Write(path, Text());
            return;
        }
        if (Read(path).Text() != Text())
            throw new UsageException(
                $"{folder} holds a comparison with other settings ({FileName} says which). Give --output another "
                    + $"folder, or delete it. More --methods and --seeds may be added."
            );
    }

    private static ComparisonPlan Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ComparisonJson.Default.ComparisonPlan)
                ?? throw new JsonException("the plan is null");
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"this is no plan of a comparison: {e.Message}", innerException: e);
        }
    }

    private string Text() => JsonSerializer.Serialize(this, ComparisonJson.Default.ComparisonPlan) + "\n";
}

/// <summary>The JSON files of a comparison.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NewLine = "\n"
)]
[JsonSerializable(typeof(ComparisonPlan))]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(ComparisonDocument))]
[JsonSerializable(typeof(CostDocument))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
