using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Jtr.Interop.Json;

/// <summary>
/// Compares JSON with the form that it has to have before it is read, for the reader's own messages speak of .NET types. Forms are records
/// of texts, numbers, truth values, words of an enumeration, lists, and dictionaries of these.
/// </summary>
internal static class JsonForm
{
    /// <summary>Checks a document.</summary>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="root">The document.</param>
    /// <param name="form">What it has to be.</param>
    /// <exception cref="JtrFormatException">A key is unknown, or a value is of another kind.</exception>
    public static void Check(string path, JsonElement root, JsonTypeInfo form) => Check(path, "", root, form.Type, form);

    private static void Check(string path, string where, JsonElement value, Type type, JsonTypeInfo root)
    {
        // What is null is not there.
        if (value.ValueKind == JsonValueKind.Null)
            return;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (Expected(plain, value) is string expected)
            throw new JtrFormatException(path, $"{(where.Length == 0 ? "the file" : where)} has to be {expected}, not {Shown(value)}");
        if (IsScalar(plain))
            return;
        JsonTypeInfo form = root.Options.GetTypeInfo(plain);
        switch (form.Kind)
        {
            case JsonTypeInfoKind.Enumerable:
                int index = 0;
                foreach (JsonElement element in value.EnumerateArray())
                    Check(path, $"{where}[{index++}]", element, form.ElementType!, root);
                break;
            case JsonTypeInfoKind.Dictionary:
                foreach (JsonProperty property in value.EnumerateObject())
                    Check(path, Under(where, property.Name), property.Value, form.ElementType!, root);
                break;
            default:
                // Where a form takes further keys, whoever reads them checks them.
                bool takesOthers = form.Properties.Any(p => p.IsExtensionData);
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    JsonPropertyInfo? known = form.Properties.FirstOrDefault(p => p.Name == property.Name && !p.IsExtensionData);
                    if (known is null && takesOthers)
                        continue;
                    if (known is null)
                        throw new JtrFormatException(
                            path,
                            $"{(where.Length == 0 ? "" : $"{where}: ")}there is no key '{property.Name}'; there are "
                                + string.Join(", ", form.Properties.Select(p => p.Name))
                        );
                    Check(path, Under(where, property.Name), property.Value, known.PropertyType, root);
                }
                break;
        }
    }

    private static string Under(string where, string key) => where.Length == 0 ? key : $"{where}.{key}";

    private static bool IsScalar(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string);

    /// <summary>What a value has to be, or null where it is that.</summary>
    private static string? Expected(Type type, JsonElement value)
    {
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        if (type == typeof(string))
            return value.ValueKind == JsonValueKind.String ? null : "a text in quotes";
        if (type == typeof(bool))
            return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "true or false";
        if (type == typeof(int) || type == typeof(long))
            return isNumber && (type == typeof(int) ? value.TryGetInt32(out _) : value.TryGetInt64(out _)) ? null : "a whole number";
        if (type == typeof(uint) || type == typeof(ulong))
            return isNumber && value.TryGetUInt64(out _) ? null : "a whole number of 0 or more";
        if (type.IsPrimitive)
            return isNumber ? null : "a number";
        if (type.IsEnum)
        {
            string[] words = Enum.GetNames(type);
            bool isWord = value.ValueKind == JsonValueKind.String && words.Contains(value.GetString(), StringComparer.OrdinalIgnoreCase);
            return isWord ? null : $"one of {string.Join(", ", words.Select(w => $"\"{w}\""))}";
        }
        if (ElementOf(type) is Type element)
            return value.ValueKind == JsonValueKind.Array ? null : $"a list{Plural(element)}";
        return value.ValueKind == JsonValueKind.Object ? null : "an object { ... }";
    }

    private static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericArguments() is [Type only] ? only
        : null;

    private static string Plural(Type element) =>
        element == typeof(string) ? " of texts, such as [\"sky\", \"road\"]"
        : element.IsPrimitive ? " of numbers, such as [0, 255]"
        : " of objects, such as [{ ... }]";

    private static string Shown(JsonElement value)
    {
        const int most = 40;
        string text = value.ValueKind switch
        {
            JsonValueKind.Object => "an object { ... }",
            JsonValueKind.Array => "a list [ ... ]",
            _ => value.GetRawText(),
        };
        return text.Length <= most ? text : text[..most] + "...";
    }
}
