using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Evaluation;

/// <summary>The JSON form of a result. JSON has no NaN, so a score without a valid pixel is null.</summary>
internal static class EvaluationJson
{
    private const string FormatName = "jtr-evaluation";
    private const int FormatVersion = 1;

    public static string Write(EvaluationResult result) =>
        JsonSerializer.Serialize(
            new ResultDocument
            {
                Format = FormatName,
                Version = FormatVersion,
                Samples = result.Samples,
                Tasks = Documents(result.Tasks),
                Domains =
                    result.Domains.Count == 0
                        ? null
                        :
                        [
                            .. result.Domains.Select(d => new DomainDocument
                            {
                                Name = d.Domain,
                                Samples = d.Scores.Samples,
                                Tasks = Documents(d.Scores.Tasks),
                            }),
                        ],
            },
            EvaluationJsonContext.Default.ResultDocument
        ) + "\n";

    public static EvaluationResult Read(string json, string? path)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            ResultDocument document =
                JsonSerializer.Deserialize(json, EvaluationJsonContext.Default.ResultDocument)
                ?? throw new ArgumentException("the document is null");
            if (document.Format != FormatName || document.Version != FormatVersion)
                throw new ArgumentException(
                    $"the format is '{document.Format}' version {document.Version}, not '{FormatName}' version {FormatVersion}"
                );
            return new EvaluationResult(document.Samples, Results(document.Tasks))
            {
                Domains =
                [
                    .. (document.Domains ?? [])
                        .Select(NotNull)
                        .Select(d => new DomainResult(d.Name, new EvaluationResult(d.Samples, Results(d.Tasks)))),
                ],
            };
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            string message = $"these are not evaluation results: {fault.Message}";
            throw path is null ? new JtrFormatException(message, fault) : new JtrFormatException(path, message, innerException: fault);
        }
    }

    private static TaskDocument[] Documents(IEnumerable<TaskResult> tasks) =>
        [
            .. tasks.Select(t => new TaskDocument
            {
                Name = t.Name,
                Kind = t.Kind.Word,
                Samples = t.Samples,
                ValidCount = t.ValidCount,
                Metrics =
                [
                    .. t.Metrics.Select(m => new MetricDocument
                    {
                        Name = m.Name,
                        Value = Nullable(m.Value),
                        Unit = m.Unit,
                        HigherIsBetter = m.HigherIsBetter,
                        Headline = m.IsHeadline,
                    }),
                ],
                ClassScore = t.Classes.Count == 0 || t.ClassScoreName == ClassScore.Iou ? null : t.ClassScoreName,
                Classes = t.Classes.Count == 0 ? null : [.. t.Classes.Select(c => ClassDocument.Of(c, t.ClassScoreName == ClassScore.Iou))],
                Confusion = t.Confusion is null ? null : [.. t.Confusion.Select(row => row.ToArray())],
            }),
        ];

    private static IEnumerable<TaskResult> Results(IEnumerable<TaskDocument?> tasks) => tasks.Select(t => Task(NotNull(t)));

    private static TaskResult Task(TaskDocument task) =>
        new(
            task.Name,
            TaskKind.Find(task.Kind) ?? throw new ArgumentException($"'{task.Kind}' is not a kind of task"),
            task.Samples,
            task.ValidCount,
            [
                .. task
                    .Metrics.Select(NotNull)
                    .Select(m => new MetricValue(m.Name, m.Value ?? double.NaN, m.Unit, m.HigherIsBetter, m.Headline)),
            ],
            task.Classes is null ? null : [.. task.Classes.Select(NotNull).Select(c => c.ToScore())],
            task.Confusion,
            task.ClassScore ?? ClassScore.Iou
        );

    private static T NotNull<T>(T? element)
        where T : class => element ?? throw new ArgumentException("an element of a list is null");

    private static double? Nullable(double value) => double.IsNaN(value) ? null : value;
}

internal sealed class ResultDocument
{
    public required string Format { get; init; }

    public required int Version { get; init; }

    public required long Samples { get; init; }

    public required TaskDocument?[] Tasks { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DomainDocument?[]? Domains { get; init; }
}

internal sealed class DomainDocument
{
    public required string Name { get; init; }

    public required long Samples { get; init; }

    public required TaskDocument?[] Tasks { get; init; }
}

internal sealed class TaskDocument
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    public required long Samples { get; init; }

    public required long ValidCount { get; init; }

    public required MetricDocument?[] Metrics { get; init; }

    /// <summary>What the classes' scores are; absent: intersections over union.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClassScore { get; init; }

    public ClassDocument?[]? Classes { get; init; }

    // Files of before have none.
    [JsonConverter(typeof(ConfusionConverter))]
    public long[][]? Confusion { get; init; }
}

internal sealed class MetricDocument
{
    public required string Name { get; init; }

    public required double? Value { get; init; }

    public required string Unit { get; init; }

    public required bool HigherIsBetter { get; init; }

    public required bool Headline { get; init; }
}

internal sealed class ClassDocument
{
    private const string IouKey = "iou";
    private const string ValueKey = "value";

    public required string Name { get; init; }

    /// <summary>The score, under the name that it has: "iou" of segmentation, as ever, else "value".</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Score { get; set; }

    public static ClassDocument Of(ClassScore score, bool isIou) =>
        new()
        {
            Name = score.Name,
            Score = new()
            {
                [isIou ? IouKey : ValueKey] = JsonSerializer.SerializeToElement(
                    double.IsNaN(score.Value) ? null : (double?)score.Value,
                    EvaluationJsonContext.Default.NullableDouble
                ),
            },
        };

    public ClassScore ToScore()
    {
        if (Score is not { Count: 1 } || Score.Keys.Single() is not (IouKey or ValueKey))
            throw new JsonException($"the class '{Name}' has not one score, 'iou' or 'value'");
        JsonElement value = Score.Values.Single();
        return value.ValueKind switch
        {
            JsonValueKind.Null => new ClassScore(Name, double.NaN),
            JsonValueKind.Number => new ClassScore(Name, value.GetDouble()),
            _ => throw new JsonException($"the score of the class '{Name}' is no number"),
        };
    }
}

/// <summary>A matrix with a line for each row, instead of one for each number.</summary>
internal sealed class ConfusionConverter : JsonConverter<long[][]>
{
    public override long[][] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<long[]> rows = [];
        Expect(reader.TokenType, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(reader.TokenType, JsonTokenType.StartArray);
            List<long> row = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Expect(reader.TokenType, JsonTokenType.Number);
                row.Add(
                    reader.TryGetInt64(out long count)
                        ? count
                        : throw new JsonException("a count of the confusion matrix is no whole number")
                );
            }
            rows.Add([.. row]);
        }
        return [.. rows];
    }

    public override void Write(Utf8JsonWriter writer, long[][] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        // Raw values are not indented by the writer.
        foreach (long[] row in value)
            writer.WriteRawValue($"\n        [{string.Join(", ", row.Select(n => n.ToString(CultureInfo.InvariantCulture)))}]");
        writer.WriteEndArray();
    }

    private static void Expect(JsonTokenType found, JsonTokenType expected)
    {
        if (found != expected)
            throw new JsonException($"the confusion matrix is no array of arrays of numbers: {found}, where {expected} is expected");
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ResultDocument))]
[JsonSerializable(typeof(double?))]
internal sealed partial class EvaluationJsonContext : JsonSerializerContext;
