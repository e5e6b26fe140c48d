using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Jtr.Interop.Training;

namespace Jtr.Interop.Checkpoints;

/// <summary>What stands in a checkpoint's metadata beside the trainer's options.</summary>
internal static class CheckpointDocuments
{
    public const string ValidationKey = "jtr-interop.validation";
    public const string PositionKey = "jtr-interop.position";
    public const string SizeKey = "jtr-interop.training_size";
    public const string VersionsKey = "jtr-interop.versions";

    /// <summary>The versions of everything that computed.</summary>
    public static string Versions() =>
        $"Jtr.Interop {typeof(Trainer).Assembly.GetName().Version?.ToString(3)}, libjtr {JtrRuntime.Version}, libtorch "
        + $"{JtrRuntime.TorchVersion}";

    public static string Write(ValidationState state) => JsonSerializer.Serialize(state, CheckpointJson.Default.ValidationState);

    public static string Write(FitPosition position) => JsonSerializer.Serialize(position, CheckpointJson.Default.FitPosition);

    /// <summary>The scores in between; fresh where there are none, as in older checkpoints.</summary>
    public static ValidationState ReadValidation(IReadOnlyDictionary<string, string> metadata, string path) =>
        Read(metadata, ValidationKey, path, json => JsonSerializer.Deserialize(json, CheckpointJson.Default.ValidationState))
        ?? new ValidationState();

    public static FitPosition? ReadPosition(IReadOnlyDictionary<string, string> metadata, string path) =>
        Read(metadata, PositionKey, path, json => JsonSerializer.Deserialize(json, CheckpointJson.Default.FitPosition));

    /// <summary>Steps that were done; 0 where a checkpoint does not say.</summary>
    public static long ReadStep(IReadOnlyDictionary<string, string> metadata) =>
        long.TryParse(metadata.GetValueOrDefault("jtr.step"), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : 0;

    public static string Write((int Height, int Width) size) => string.Create(CultureInfo.InvariantCulture, $"{size.Height}x{size.Width}");

    public static (int Height, int Width)? ReadSize(IReadOnlyDictionary<string, string> metadata, string path)
    {
        if (!metadata.TryGetValue(SizeKey, out string? text))
            return null;
        return
            text.Split('x') is [string rows, string columns]
            && int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out int height)
            && int.TryParse(columns, NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            ? (height, width)
            : throw new JtrFormatException(path, $"'{SizeKey}' of its metadata is damaged: '{text}'");
    }

    private static T? Read<T>(IReadOnlyDictionary<string, string> metadata, string key, string path, Func<string, T?> read)
        where T : class
    {
        if (!metadata.TryGetValue(key, out string? json))
            return null;
        try
        {
            return read(json);
        }
        catch (JsonException e)
        {
            throw new JtrFormatException(path, $"'{key}' of its metadata is damaged: {e.Message}", innerException: e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ValidationState))]
[JsonSerializable(typeof(FitPosition))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
