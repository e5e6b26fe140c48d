using System.Text.Json;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>What the schema of libjtr's options says of its kinds.</summary>
internal sealed class NativeSchema
{
    private static readonly Lazy<NativeSchema> _current = new(() => new NativeSchema(JtrRuntime.OptionsSchema));

    private NativeSchema(string schema)
    {
        using JsonDocument document = JsonDocument.Parse(schema);
        JsonElement properties = document.RootElement.GetProperty("properties");
        Methods = [.. Kinds(properties, "method").Select(ToMethod)];
        BalancingRules = [.. Kinds(properties, "balancing").Select(Title)];
        JsonElement network = Kinds(properties, "network").Single(k => Title(k) == "encoder_decoder").GetProperty("properties");
        Backbones = [.. Kinds(network, "backbone").Select(Title)];
        Decoders = [.. Kinds(network, "decoder").Select(Title)];
    }

    /// <summary>That of the library that is loaded.</summary>
    public static NativeSchema Current => _current.Value;

    /// <summary>The training methods.</summary>
    public IReadOnlyList<TrainingMethod> Methods { get; }

    /// <summary>The backbones.</summary>
    public IReadOnlyList<string> Backbones { get; }

    /// <summary>The decoders.</summary>
    public IReadOnlyList<string> Decoders { get; }

    /// <summary>The rules that weigh the tasks' losses.</summary>
    public IReadOnlyList<string> BalancingRules { get; }

    private static JsonElement.ArrayEnumerator Kinds(JsonElement properties, string option) =>
        properties.GetProperty(option).GetProperty("oneOf").EnumerateArray();

    private static string Title(JsonElement kind) => kind.GetProperty("title").GetString()!;

    private static TrainingMethod ToMethod(JsonElement kind)
    {
        JsonElement facts = kind.GetProperty("x-facts");
        TrainingMethod method = new(Title(kind), facts.GetProperty("views").GetInt32(), facts.GetProperty("min_tasks").GetInt32())
        {
            Summary = kind.GetProperty("description").GetString()!,
            Source = kind.TryGetProperty("x-source", out JsonElement source) ? source.GetString()! : "",
            HasTeacher = facts.TryGetProperty("teacher", out JsonElement teacher) && teacher.GetBoolean(),
            IsOfNetwork = facts.TryGetProperty("prototypes", out JsonElement prototypes) && prototypes.GetBoolean(),
        };
        return facts.TryGetProperty("unlabelled", out JsonElement unlabeled)
            ? method with
            {
                Unlabeled = unlabeled.GetString()!,
                UsesUnlabeled = facts.TryGetProperty("uses_unlabelled", out JsonElement uses) && uses.GetBoolean(),
            }
            : method;
    }
}
