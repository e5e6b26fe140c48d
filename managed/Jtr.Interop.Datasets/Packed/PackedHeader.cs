using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Inputs;

namespace Jtr.Interop.Datasets.Packed;

/// <summary>What a packed file says about all of its samples, as JSON.</summary>
internal sealed record PackedHeader
{
    public required int Height { get; init; }
    public required int Width { get; init; }
    public required PackPrecision Precision { get; init; }
    public required IReadOnlyList<TaskDocument> Tasks { get; init; }

    /// <summary>Names of the samples' domains; null where there is but the one without a name of its own.</summary>
    public IReadOnlyList<string>? Domains { get; init; }

    /// <summary>Channels of the photographs; null: 3.</summary>
    public int? ImageChannels { get; init; }

    /// <summary>The inputs beside the photograph; null: none.</summary>
    public IReadOnlyList<InputSpec>? Inputs { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PackedJsonContext.Default.PackedHeader);

    /// <exception cref="JsonException">It is no such header.</exception>
    public static PackedHeader Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, PackedJsonContext.Default.PackedHeader) ?? throw new JsonException("it is null");
}

/// <summary>Generated at compile time, so that it needs no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(PackedHeader))]
internal sealed partial class PackedJsonContext : JsonSerializerContext;
