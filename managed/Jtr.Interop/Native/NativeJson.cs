using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>The options of a method that has some in <see cref="TrainerOptions"/>.</summary>
internal interface IMethodOptions
{
    /// <summary>As libjtr reads them, without the method's name.</summary>
    JsonObject ToNative();
}

/// <summary>Options as libjtr reads them: its names are those of the properties in snake case, its words those of the values.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LowerCaseEnum<JointTaskMode>), typeof(LowerCaseEnum<TeacherTarget>), typeof(LowerCaseEnum<TeacherSelection>)]
)]
[JsonSerializable(typeof(JointTaskOptions))]
[JsonSerializable(typeof(ConsistencyOptions))]
[JsonSerializable(typeof(PairMapOptions))]
[JsonSerializable(typeof(MtpslOptions))]
[JsonSerializable(typeof(TeacherOptions))]
[JsonSerializable(typeof(PrototypesOptions))]
internal sealed partial class NativeJson : JsonSerializerContext
{
    /// <summary>The word of an enumeration's value.</summary>
#pragma warning disable CA1308 // Lower case is what the document has; nothing is compared.
    public static string Word<T>(T value)
        where T : struct, Enum => Enum.GetName(value)!.ToLowerInvariant();
#pragma warning restore CA1308

    /// <summary>Numbers.</summary>
    public static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(v => (JsonNode)v)]);
}

/// <summary>Writes an enum's names in lower case.</summary>
internal sealed class LowerCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower)
    where T : struct, Enum;
