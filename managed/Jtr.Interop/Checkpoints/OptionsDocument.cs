using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Inputs;
using Jtr.Interop.Native;
using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>The options of a trainer as they stand in the metadata of a checkpoint.</summary>
internal sealed record OptionsDocument
{
    /// <summary>Changes when older readers would misread what is written.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }
    public required IReadOnlyList<TaskDocument> Tasks { get; init; }

    /// <summary>Absent: none, as in checkpoints from before there were any.</summary>
    public IReadOnlyList<InputSpec>? Inputs { get; init; }
    public FusionOptions? Fusion { get; init; }
    public double? InputDropout { get; init; }
    public required string Method { get; init; }
    public required int Width { get; init; }

    /// <summary>Null: a SegNet of that width.</summary>
    public NetworkOptions? Network { get; init; }
    public required JointTaskOptions JointTask { get; init; }

    // Checkpoints from before these methods lack them.
    public ConsistencyOptions? Consistency { get; init; }
    public PairMapOptions? DirectMap { get; init; }
    public PairMapOptions? PerceptualMap { get; init; }
    public MtpslOptions? Mtpsl { get; init; }
    public TeacherOptions? Teacher { get; init; }
    public IReadOnlyList<ConstraintOptions>? Constraints { get; init; }
    public DomainOptions? Domains { get; init; }
    public BalancingOptions? Balancing { get; init; }
    public required AdamOptions Optimizer { get; init; }
    public double? MaxGradientNorm { get; init; }
    public double? EmaDecay { get; init; }
    public required ulong Seed { get; init; }
    public required Precision Precision { get; init; }

    /// <summary>Null: norms, as in checkpoints from before it could be chosen.</summary>
    public Recomputation? Recomputation { get; init; }
    public required DeviceKind Device { get; init; }
    public required int DeviceIndex { get; init; }

    /// <summary>Options that have no property, as a JSON object; absent for none.</summary>
    public JsonObject? NativeOptions { get; init; }

    public static string Write(TrainerOptions options)
    {
        OptionsDocument document = new()
        {
            Format = CurrentFormat,
            Tasks = [.. options.Tasks.Select(TaskDocument.From)],
            Inputs = options.Inputs.Count == 0 ? null : [.. options.Inputs],
            Fusion = options.Inputs.Count == 0 ? null : options.Fusion,
            InputDropout = options.Inputs.Count == 0 ? null : options.InputDropout,
            Method = options.Method,
            Width = options.Width,
            Network = options.Network,
            JointTask = options.JointTask,
            Consistency = options.Consistency,
            DirectMap = options.DirectMap,
            PerceptualMap = options.PerceptualMap,
            Mtpsl = options.Mtpsl,
            Teacher = options.Teacher,
            Constraints = options.Constraints.Count == 0 ? null : options.Constraints,
            Domains = options.Domains is { Names.Count: 0, Techniques.Count: 0 } ? null : options.Domains,
            Balancing = options.Balancing,
            Optimizer = options.Optimizer,
            MaxGradientNorm = options.MaxGradientNorm,
            EmaDecay = options.EmaDecay,
            Seed = options.Seed,
            Precision = options.Precision,
            Recomputation = options.Recomputation,
            Device = options.Device,
            DeviceIndex = options.DeviceIndex,
            NativeOptions = options.NativeOptions is { } more ? OptionsWriter.Parse(more, nameof(options)) : null,
        };
        return JsonSerializer.Serialize(document, OptionsJsonContext.Default.OptionsDocument);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">The checkpoint that it comes from, for messages.</param>
    /// <exception cref="JtrFormatException">It is not that, or of a later format, or holds options that are out of range.</exception>
    public static TrainerOptions Read(string json, string path)
    {
        try
        {
            OptionsDocument document =
                JsonSerializer.Deserialize(json, OptionsJsonContext.Default.OptionsDocument)
                ?? throw new JtrFormatException(path, "the trainer's options are null");
            if (document.Format != CurrentFormat)
                throw new JtrFormatException(
                    path,
                    $"the trainer's options are of format {document.Format}, this version reads {CurrentFormat}"
                );
            TrainerOptions options = new()
            {
                Tasks = new TaskSet(document.Tasks.Select(t => t.ToTask())),
                Inputs = document.Inputs is null ? InputSet.None : new InputSet(document.Inputs),
                Fusion = document.Fusion ?? new FusionOptions(),
                InputDropout = document.InputDropout ?? 0,
                Method = document.Method,
                Width = document.Width,
                Network = document.Network,
                JointTask = document.JointTask,
                Consistency = document.Consistency ?? new ConsistencyOptions(),
                DirectMap = document.DirectMap ?? new PairMapOptions(),
                PerceptualMap = document.PerceptualMap ?? new PairMapOptions(),
                Mtpsl = document.Mtpsl ?? new MtpslOptions(),
                Teacher = document.Teacher ?? new TeacherOptions(),
                Constraints = document.Constraints ?? [],
                Domains = document.Domains ?? new DomainOptions(),
                Balancing = document.Balancing ?? new BalancingOptions(),
                Optimizer = document.Optimizer,
                MaxGradientNorm = document.MaxGradientNorm,
                EmaDecay = document.EmaDecay,
                Seed = document.Seed,
                Precision = document.Precision,
                Recomputation = document.Recomputation.GetValueOrDefault(),
                Device = document.Device,
                DeviceIndex = document.DeviceIndex,
                NativeOptions = document.NativeOptions?.ToJsonString(),
            };
            options.Validate();
            return options;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new JtrFormatException(path, $"the trainer's options in its metadata are damaged: {e.Message}", innerException: e);
        }
    }
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

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(OptionsDocument))]
internal sealed partial class OptionsJsonContext : JsonSerializerContext;
