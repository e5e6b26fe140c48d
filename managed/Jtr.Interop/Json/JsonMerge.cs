using System.Text.Json.Nodes;

namespace Jtr.Interop.Json;

/// <summary>Changes of native options.</summary>
internal static class JsonMerge
{
    // The keys whose value says what an object's other keys mean.
    private static readonly string[] _discriminators = ["name", "kind"];

    /// <summary>
    /// Changes a document as RFC 7396 (JSON merge patch) says: objects key by key, null takes a key out, everything else takes the place of
    /// what is there. An object that is to be of another kind takes the whole place.
    /// </summary>
    public static void Into(JsonObject document, JsonObject patch)
    {
        foreach ((string key, JsonNode? value) in patch)
        {
            if (value is null)
                document.Remove(key);
            else if (value is JsonObject part && document[key] is JsonObject old && !IsOfAnotherKind(old, part))
                Into(old, part);
            else
                document[key] = value.DeepClone();
        }
    }

    private static bool IsOfAnotherKind(JsonObject old, JsonObject patch) =>
        _discriminators.Any(d => old[d] is { } before && patch[d] is { } after && !JsonNode.DeepEquals(before, after));
}
