using System.Text.Json;
using System.Text.Json.Nodes;
using Jtr.Interop;
using Jtr.Interop.Training;

namespace Jtr.Cli.Configuration;

/// <summary>A kind of something that the native library has, such as the method "jtr".</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does, in a sentence.</param>
/// <param name="Source">The paper that it comes from, or empty.</param>
internal sealed record NativeVariant(string Name, string Summary, string Source);

/// <summary>An option of the native library.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Schema">What the schema says of it.</param>
/// <param name="Default">Its default, or null.</param>
internal sealed record NativeSetting(NativePath Path, JsonObject Schema, JsonNode? Default);

/// <summary>What the native library says of its options: all variants that it has, whoever wrote them.</summary>
internal sealed class OptionsSchema
{
    private static readonly Lazy<OptionsSchema?> _current = new(Load);

    private readonly JsonObject _root;

    /// <summary>Reads a schema, such as <see cref="JtrRuntime.OptionsSchema"/>.</summary>
    public OptionsSchema(string json) => _root = JsonNode.Parse(json)!.AsObject();

    /// <summary>That of the library that is loaded; null where none can be, of which `jtr doctor` tells.</summary>
    public static OptionsSchema? Current => _current.Value;

    /// <summary>The variants of an option, such as "method"; none where there is no such option.</summary>
    public IReadOnlyList<NativeVariant> Variants(string slot) =>
        Property(_root, slot) is { } option
            ? [.. Kinds(option).Select(k => new NativeVariant(Name(k), (string)k["description"]!, (string?)k["x-source"] ?? ""))]
            : [];

    /// <summary>The options of a variant, without those that have variants themselves.</summary>
    public IEnumerable<NativeSetting> Options(string slot, string variant) =>
        Property(_root, slot) is { } option && Kinds(option).FirstOrDefault(k => Name(k) == variant) is { } kind
            ? kind["properties"]!
                .AsObject()
                .Where(p => p.Value!["const"] is null && p.Value["oneOf"] is null)
                .SelectMany(p => Find(new NativePath([(slot, variant), (p.Key, null)])))
            : [];

    /// <summary>The options at a path: several where it stands for several variants, none where there is none.</summary>
    public IEnumerable<NativeSetting> Find(NativePath path) => Find(path, 0, _root, null, []);

    private static IEnumerable<NativeSetting> Find(
        NativePath path,
        int at,
        JsonObject place,
        JsonNode? said,
        IReadOnlyList<(string, string?)> passed
    )
    {
        (string name, string? variant) = path.Steps[at];
        if (Property(place, name) is not { } option)
            yield break;
        // What an option with variants has as its default may say more than the variant itself.
        JsonNode? standard = said?[name] ?? option["default"];
        if (variant is null)
        {
            if (at == path.Steps.Count - 1)
                yield return new NativeSetting(new NativePath([.. passed, (name, null)]), option, standard);
            yield break;
        }
        foreach (JsonObject kind in Kinds(option))
        {
            string title = Name(kind);
            if (variant != NativePath.Every && variant != title)
                continue;
            JsonNode? own = (string?)standard?["name"] == title ? standard : null;
            foreach (NativeSetting found in Find(path, at + 1, kind, own, [.. passed, (name, title)]))
                yield return found;
        }
    }

    private static JsonObject? Property(JsonObject place, string name) => place["properties"]?[name] as JsonObject;

    private static IEnumerable<JsonObject> Kinds(JsonObject option) =>
        ((option["items"] ?? option)["oneOf"] as JsonArray ?? []).Select(k => k!.AsObject());

    private static string Name(JsonObject kind) => (string)kind["title"]!;

    private static OptionsSchema? Load()
    {
        try
        {
            return new OptionsSchema(JtrRuntime.OptionsSchema);
        }
        catch (JtrNativeLibraryException)
        {
            return null;
        }
    }
}
