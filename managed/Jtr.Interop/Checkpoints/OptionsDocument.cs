using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>
/// The options of a trainer as they stand in the metadata of a checkpoint: <see cref="TrainerOptions"/> as JSON. What is absent, as in
/// checkpoints from before it was there, has its default.
/// </summary>
internal static class OptionsDocument
{
    /// <summary>Changes when older readers would misread what is written.</summary>
    public const int CurrentFormat = 1;

    private const string FormatKey = "format",
        ConstraintsKey = "constraints",
        DomainsKey = "domains",
        NetworkKey = "network";

    // What every version has written: without it the document is damaged.
    private static readonly string[] _always =
    [
        "tasks",
        "method",
        "width",
        "joint_task",
        "optimizer",
        "seed",
        "precision",
        "device",
        "device_index",
    ];

    /// <summary>The options as a text.</summary>
    public static string Write(TrainerOptions options)
    {
        JsonObject document = Node(options);
        document.Insert(0, FormatKey, CurrentFormat);
        return document.ToJsonString();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">The checkpoint that it comes from, for messages.</param>
    /// <exception cref="JtrFormatException">It is not that, or of a later format, or holds options that are out of range.</exception>
    public static TrainerOptions Read(string json, string path)
    {
        try
        {
            JsonObject document =
                JsonNode.Parse(json) as JsonObject ?? throw new JtrFormatException(path, "the trainer's options are null, or no object");
            if ((document[FormatKey] as JsonValue)?.TryGetValue(out int format) != true)
                throw new JsonException($"'{FormatKey}' is missing");
            if (format != CurrentFormat)
                throw new JtrFormatException(path, $"the trainer's options are of format {format}, this version reads {CurrentFormat}");
            if (_always.FirstOrDefault(key => !document.ContainsKey(key)) is { } missing)
                throw new JsonException($"'{missing}' is missing");
            TrainerOptions options = Deserialize(document);
            options.Validate();
            return options;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new JtrFormatException(path, $"the trainer's options in its metadata are damaged: {e.Message}", innerException: e);
        }
    }

    private static TrainerOptions Deserialize(JsonObject document)
    {
        // The generated reader gives a property that is absent the default of its type, not that of its record.
        TrainerOptions standard = new()
        {
            Tasks = new TaskSet(new MapTask("any")),
            Network = document[NetworkKey] is JsonObject ? new NetworkOptions() : null,
        };
        Fill(document, Node(standard));
        TrainerOptions options =
            document.Deserialize(OptionsJsonContext.Default.TrainerOptions) ?? throw new JsonException("the options are null");
        // The same lists as those of options without constraints and domains, so that they are equal.
        return options with
        {
            Constraints = options.Constraints is { Count: > 0 } constraints ? constraints : standard.Constraints,
            Domains =
                options.Domains is { } domains && HasAny(domains)
                    ? domains.Weights is { Count: > 0 }
                        ? domains
                        : domains with
                        {
                            Weights = standard.Domains.Weights,
                        }
                    : standard.Domains,
        };
    }

    private static void Fill(JsonObject document, JsonObject standard)
    {
        foreach ((string key, JsonNode? value) in standard)
        {
            if (!document.ContainsKey(key))
                document[key] = value?.DeepClone();
            else if (document[key] is JsonObject part && value is JsonObject standardPart)
                Fill(part, standardPart);
        }
    }

    private static JsonObject Node(TrainerOptions options)
    {
        JsonObject node = JsonSerializer.SerializeToNode(options, OptionsJsonContext.Default.TrainerOptions)!.AsObject();
        if (options.Constraints.Count == 0)
            node.Remove(ConstraintsKey);
        if (!HasAny(options.Domains))
            node.Remove(DomainsKey);
        return node;
    }

    private static bool HasAny(DomainOptions domains) =>
        domains.Names.Count > 0 || domains.Techniques.Count > 0 || domains.Weights?.Count > 0;
}

/// <summary>A task in the metadata of a checkpoint.</summary>
internal sealed record TaskDocument
{
    public required string Name { get; init; }

    /// <summary><see cref="TaskKind.Name"/>.</summary>
    public required string Kind { get; init; }
    public required int Channels { get; init; }

    /// <summary>What tasks of that kind have beside it.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Settings { get; set; }

    public static TaskDocument From(VisionTask task)
    {
        JsonObject settings = [];
        task.Kind.WriteSettings(task, settings);
        return new()
        {
            Name = task.Name,
            Kind = task.Kind.Name,
            Channels = task.Channels,
            Settings = settings.ToDictionary(s => s.Key, s => Element(s.Value), StringComparer.Ordinal),
        };
    }

    // The serializer writes a JsonObject of further properties as an object of its own.
    private static JsonElement Element(JsonNode? value)
    {
        using JsonDocument parsed = JsonDocument.Parse(value?.ToJsonString() ?? "null");
        return parsed.RootElement.Clone();
    }

    public VisionTask ToTask()
    {
        TaskKind kind =
            TaskKind.Find(Kind)
            ?? throw new JsonException(
                $"task '{Name}' is of the kind '{Kind}', which is not known here; there are {TaskKind.Words()}, "
                    + $"and those that {nameof(TaskKind)}.{nameof(TaskKind.Register)} was given"
            );
        try
        {
            return kind.Own(kind.ReadSettings(Name, Channels, TaskSettings.Of(Settings)));
        }
        catch (ArgumentException e)
        {
            throw new JsonException($"task '{Name}': {e.Message}", e);
        }
    }
}

/// <summary>A set of tasks as a list.</summary>
internal sealed class TaskSetConverter : JsonConverter<TaskSet>
{
    /// <inheritdoc/>
    public override TaskSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new((JsonSerializer.Deserialize(ref reader, OptionsJsonContext.Default.TaskDocumentArray) ?? []).Select(t => t.ToTask()));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskSet value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, [.. value.Select(TaskDocument.From)], OptionsJsonContext.Default.TaskDocumentArray);
}

/// <summary>A set of inputs as a list; the photograph is among them, first, where it is not in color.</summary>
internal sealed class InputSetConverter : JsonConverter<InputSet>
{
    /// <inheritdoc/>
    public override InputSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, OptionsJsonContext.Default.InputSpecArray) switch
        {
            null or [] => InputSet.None,
            [{ Name: InputSpec.Image } image, .. InputSpec[] others] => new InputSet(others, image.Channels),
            InputSpec[] inputs => new InputSet(inputs),
        };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, InputSet value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(
            writer,
            value.IsRgb ? [.. value] : [new InputSpec { Name = InputSpec.Image, Channels = value.ImageChannels }, .. value],
            OptionsJsonContext.Default.InputSpecArray
        );
}

/// <summary>A text that is a JSON object, as that object.</summary>
internal sealed class JsonObjectText : JsonConverter<string>
{
    /// <inheritdoc/>
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        (JsonNode.Parse(ref reader) as JsonObject ?? throw new JsonException("it has to be an object { ... }")).ToJsonString();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
    {
        using JsonDocument document = JsonDocument.Parse(value);
        document.WriteTo(writer);
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(TaskSetConverter), typeof(InputSetConverter)]
)]
[JsonSerializable(typeof(TrainerOptions))]
[JsonSerializable(typeof(TaskDocument[]))]
[JsonSerializable(typeof(InputSpec[]))]
internal sealed partial class OptionsJsonContext : JsonSerializerContext;
